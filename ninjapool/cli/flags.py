"""What can be said on the command line, and the command that answers it."""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ninjapool import __version__
from ninjapool.cli import words
from ninjapool.cli.args import Args
from ninjapool.errors import NinjapoolError, UsageError, WrapperError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ABOUT = "Keeps C and C++ builds from being killed for memory."
SIZES = "sizes: 6G, 1500M, or 50% of the memory there is"


class _Parser(argparse.ArgumentParser):
    """argparse, with its errors in our form: one line, one hint, one exit."""

    refusal: type[NinjapoolError] = UsageError

    def error(self, message: str) -> NoReturn:
        raise self.refusal(message, hint=f"{self.prog} --help")


def _command_of(module: str, name: str) -> Callable[[Args], int]:
    """Imported only when it is called: a build that has nothing to do shall not wait for jinja."""

    def command(args: Args) -> int:
        if module == "building" and os.name != "posix":
            hint = "ninjapool configure sizes the pools on every system"
            raise WrapperError("this system's processes cannot be governed", hint=hint)
        code: int = getattr(import_module(f"ninjapool.cli.{module}"), name)(args)
        return code

    return command


def parse(argv: Sequence[str]) -> Args:
    """The command line, split at the first `--`, since what follows is another program's."""
    own, rest = words.split(argv)
    args, unknown = _parser().parse_known_args(
        words.spelled_out(own), namespace=Args(command=_no_command)
    )
    if unknown:
        words.refuse(own, unknown)
    args.rest, args.has_rest = list(rest or ()), rest is not None
    return args


def _no_command(_: Args) -> NoReturn:
    raise UsageError("a command is needed: inspect, configure, ...", hint="ninjapool --help")


def _parser() -> _Parser:
    parser = _Parser(prog="ninjapool", description=ABOUT, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"ninjapool {__version__}")
    parser.add_argument(
        "--cmakedir",
        dest="command",
        action="store_const",
        const=_command_of("commands", "cmakedir"),
        help="print the folder of NinjaPool.cmake, for CMAKE_MODULE_PATH or NinjaPool_ROOT",
    )
    kinds = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    _inspect(kinds)
    _configure(kinds)
    _env(kinds)
    _build(kinds)
    _run(kinds)
    _history(kinds)
    _report(kinds)
    _top(kinds)
    _simulate(kinds)
    _doctor(kinds)
    return parser


if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[_Parser]  # noqa: SLF001  # argparse has no public name


def _command(kinds: Commands, name: str, about: str, usage: str) -> _Parser:
    return kinds.add_parser(
        name,
        help=about,
        description=about,
        usage=usage,
        epilog=SIZES,
        allow_abbrev=False,
    )


def _inspect(kinds: Commands) -> None:
    parser = _command(
        kinds,
        "inspect",
        "Show the machine's limits, what will be built, and the plan with all its reasons.",
        "ninjapool inspect [SOURCE] [-B BUILD] [options] [-- CMAKE-ARGS...]",
    )
    parser.set_defaults(command=_command_of("commands", "inspect"))
    parser.add_argument("--json", action="store_true", help="for programs; sizes in bytes")
    _place(parser)
    _plan(parser)
    _remote(parser)


def _configure(kinds: Commands) -> None:
    parser = _command(
        kinds,
        "configure",
        "Write the pools for cmake; with CMAKE-ARGS (or just --) run cmake with them.",
        "ninjapool configure [SOURCE] [-B BUILD] [options] [-- CMAKE-ARGS...]",
    )
    parser.set_defaults(command=_command_of("commands", "configure"))
    parser.add_argument(
        "--no-presets",
        dest="presets",
        action="store_false",
        help="leave CMakeUserPresets.json alone, even where it is ours",
    )
    parser.add_argument(
        "--govern",
        action=argparse.BooleanOptionalAction,
        help="have cmake --build, presets and IDEs start a ninja that is governed; "
        "a build directory stays as it is where nothing is said",
    )
    _place(parser)
    _plan(parser)
    _remote(parser)


def _env(kinds: Commands) -> None:
    parser = _command(
        kinds,
        "env",
        "Print the plan as the variables and arguments that other build tools read.",
        "ninjapool env [SOURCE] [--format sh|github|json] [options]",
    )
    parser.set_defaults(command=_command_of("commands", "env"))
    parser.add_argument(
        "--format",
        dest="form",
        choices=("sh", "github", "json"),
        default="sh",
        help="shell, lines for $GITHUB_ENV, or JSON",
    )
    _place(parser)
    _plan(parser)


def _build(kinds: Commands) -> None:
    parser = _command(
        kinds,
        "build",
        "Build as cmake --build does, and govern the jobs by the memory they will need.",
        "ninjapool build [DIR] [--target T...] [-j N] [options] [-- NATIVE-ARGS...]",
    )
    parser.set_defaults(command=_command_of("building", "build"))
    parser.add_argument(
        "directory",
        nargs="?",
        type=Path,
        metavar="DIR",
        help="the build directory; default: this folder, build, or the only one below",
    )
    parser.add_argument("--preset", metavar="P", help="the build preset, instead of DIR")
    parser.add_argument(
        "-t",
        "--target",
        dest="targets",
        action="extend",
        nargs="+",
        default=[],
        metavar="T",
        help="what to build",
    )
    parser.add_argument("--config", metavar="C", help="for Ninja Multi-Config")
    parser.add_argument("--clean-first", action="store_true", help="build the target clean first")
    parser.add_argument("-v", "--verbose", action="store_true", help="show the commands")
    _governing(parser)


def _run(kinds: Commands) -> None:
    parser = _command(
        kinds,
        "run",
        "Run a command and govern the jobs of all builds below it.",
        "ninjapool run [options] -- CMD...",
    )
    parser.set_defaults(command=_command_of("building", "run"))
    _governing(parser)


def _history(kinds: Commands) -> None:
    parser = _command(
        kinds,
        "history",
        "Show what earlier builds of a source have taught, or share it.",
        "ninjapool history [show|export|import|prune|path] [SOURCE] [options]",
    )
    parser.epilog = None
    parser.set_defaults(command=_command_of("history", "history"))
    parser.add_argument(
        "action", nargs="?", choices=words.HISTORY, default="show", help="default: show"
    )
    parser.add_argument(
        "source",
        nargs="?",
        type=Path,
        metavar="SOURCE",
        help="or a build directory of it; here",
    )
    parser.add_argument("--top", type=int, default=10, metavar="N", help="show: the N heaviest")
    parser.add_argument(
        "--file",
        metavar="FILE",
        help="export, import: instead of SOURCE/.ninjapool/history.jsonl; - is the terminal",
    )
    parser.add_argument(
        "--days", type=int, default=180, metavar="N", help="prune: what was not built for so long"
    )


def _report(kinds: Commands) -> None:
    parser = _command(
        kinds,
        "report",
        "Show a governed build that is over: memory, slots, jobs, and what limited it.",
        "ninjapool report [DIR] [-o FILE] [--text] [--trace FILE] [--previous]",
    )
    parser.epilog = None
    parser.set_defaults(command=_command_of("reporting", "report"))
    _built(parser, "the build directory, or the file of a record")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="the page; default: report.html"
    )
    parser.add_argument("--text", action="store_true", help="print it as text, for logs")
    parser.add_argument(
        "--trace", type=Path, metavar="FILE", help="write events for Perfetto or chrome://tracing"
    )
    parser.add_argument("--previous", action="store_true", help="the build before the last")


def _top(kinds: Commands) -> None:
    parser = _command(
        kinds,
        "top",
        "Show a governed build that runs: what its jobs hold, and what is held back and why.",
        "ninjapool top [DIR] [--once]",
    )
    parser.epilog = None
    parser.set_defaults(command=_command_of("reporting", "top"))
    _built(parser, "the build directory")
    parser.add_argument("--once", action="store_true", help="one look, then end")


def _simulate(kinds: Commands) -> None:
    parser = _command(
        kinds,
        "simulate",
        "Show what the build would take on other machines, and what would limit it there.",
        "ninjapool simulate [DIR|TRACE] [--cpus 4,8] [--memory 8G,16G] [options]",
    )
    parser.set_defaults(command=_command_of("simulating", "simulate"))
    _built(parser, "the build directory, or the file of a trace")
    parser.add_argument("--cpus", dest="cpu_list", metavar="LIST", help="numbers: 4,8,16,32")
    parser.add_argument("--memory", dest="memory_list", metavar="LIST", help="sizes: 4G,8G,16G")
    parser.add_argument(
        "--on", metavar="NAMES", help="machines by name: github, wsl-16gb-pc, or of --prices"
    )
    parser.add_argument(
        "--prices", type=Path, metavar="FILE", help="a list of machines with prices, as TOML"
    )
    parser.add_argument(
        "--within", metavar="TIME", help="the cheapest that builds it in 1h, 45min, 90s"
    )
    parser.add_argument("--jobs", "-j", type=int, metavar="N", help="jobs to run at once")
    parser.add_argument("--profile", help="figures for jobs that nothing is known of")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it as a page")


def _built(parser: _Parser, about: str) -> None:
    parser.add_argument("directory", nargs="?", type=Path, metavar="DIR", help=about)


def _doctor(kinds: Commands) -> None:
    parser = _command(
        kinds,
        "doctor",
        "Say why a build died, by its output and the kernel's log, and what to do now.",
        "ninjapool doctor [LOG...] [-B BUILD] [options]",
    )
    parser.set_defaults(command=_command_of("doctoring", "doctor"))
    parser.epilog = "Exits with 10 where memory is why, with 0 where it shows no sign of that."
    parser.add_argument(
        "logs",
        nargs="*",
        type=Path,
        metavar="LOG",
        help="what a build or the kernel has printed, .gz too; - is stdin",
    )
    parser.add_argument("-B", "--build", type=Path, metavar="BUILD", help="the build directory")
    parser.add_argument(
        "--since", metavar="WHEN", help="2h, 3d, yesterday, 2026-11-26: look at no older kills"
    )
    parser.add_argument(
        "--logs-only", action="store_true", help="for a log of another machine: read no other"
    )
    parser.add_argument("--json", action="store_true", help="for programs; sizes in bytes")
    parser.add_argument(
        "--root", type=Path, default=Path("/"), metavar="DIR", help="read a recorded machine"
    )


def _governing(parser: _Parser) -> None:
    parser.refusal = WrapperError
    parser.add_argument(
        "-j", "--jobs", "--parallel", dest="jobs", type=int, metavar="N", help="jobs to run at once"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="not a word but errors")
    parser.add_argument(
        "--json", dest="json_file", type=Path, metavar="FILE", help="write the summary as JSON"
    )
    parser.add_argument(
        "--explain", action="store_true", help="show the numbers to govern by, and build nothing"
    )
    parser.add_argument(
        "--watch", action="store_true", help="show the jobs in the last lines of the terminal"
    )
    parser.add_argument("--memory", metavar="SIZE", help="memory to share out")
    parser.add_argument("--reserve", metavar="SIZE", help="memory to keep from the build")
    parser.add_argument("--cpus", type=int, metavar="N", help="CPUs to fill")
    parser.add_argument("--profile", help="figures for jobs that nothing is known of")
    _remote_jobs(parser)


def _place(parser: _Parser) -> None:
    where = parser.add_argument_group("what and where")
    where.add_argument("source", nargs="?", type=Path, metavar="SOURCE", help="default: here")
    where.add_argument("-B", dest="build", type=Path, metavar="BUILD", help="the build directory")
    where.add_argument("--preset", help="the configure preset to start from")
    where.add_argument(
        "--root", type=Path, default=Path("/"), metavar="DIR", help="read a recorded machine"
    )


def _plan(parser: _Parser) -> None:
    plan = parser.add_argument_group("instead of what is found")
    plan.add_argument("--memory", metavar="SIZE", help="memory to share out")
    plan.add_argument("--reserve", metavar="SIZE", help="memory to keep from the build")
    plan.add_argument("--available", action="store_true", help="share out what is free now")
    plan.add_argument("--cpus", type=int, metavar="N", help="CPUs to fill")
    plan.add_argument("--jobs", type=int, metavar="N", help="for tools that know one number")
    for job_class in ("compile", "link", "tablegen"):
        plan.add_argument(f"--{job_class}-jobs", type=int, metavar="N", help="depth of that pool")
    for job_class in ("compile", "link"):
        plan.add_argument(f"--{job_class}-memory", metavar="SIZE", help="what each such job takes")
    plan.add_argument("--profile", help="figures to use: llvm, clang, generic, ... or a TOML file")


def _remote(parser: _Parser) -> None:
    parser.add_argument(
        "--remote",
        choices=("auto", "distcc", "icecc", "sccache", "recc", "none"),
        help="have compiles done elsewhere; a build directory stays as it is where nothing is said",
    )
    _remote_jobs(parser)


def _remote_jobs(parser: _Parser) -> None:
    parser.add_argument(
        "--remote-jobs", type=int, metavar="N", help="compiles to have elsewhere at once"
    )
