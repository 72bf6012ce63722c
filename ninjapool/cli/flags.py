"""What can be said on the command line, and the command that answers it."""

from __future__ import annotations

from argparse import BooleanOptionalAction
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ninjapool import __version__
from ninjapool.cli import flags_after, words
from ninjapool.cli.args import Args
from ninjapool.cli.parser import Parser, command, command_of
from ninjapool.errors import UsageError, WrapperError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ninjapool.cli.parser import Commands

ABOUT = "Keeps C and C++ builds from being killed for memory."


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


def _parser() -> Parser:
    parser = Parser(prog="ninjapool", description=ABOUT, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"ninjapool {__version__}")
    parser.add_argument(
        "--cmakedir",
        dest="command",
        action="store_const",
        const=command_of("commands", "cmakedir"),
        help="print the folder of NinjaPool.cmake, for CMAKE_MODULE_PATH or NinjaPool_ROOT",
    )
    kinds = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    _inspect(kinds)
    _configure(kinds)
    _env(kinds)
    _build(kinds)
    _run(kinds)
    flags_after.history(kinds)
    flags_after.report(kinds)
    flags_after.top(kinds)
    flags_after.simulate(kinds)
    flags_after.doctor(kinds)
    return parser


def _inspect(kinds: Commands) -> None:
    parser = command(
        kinds,
        "inspect",
        "Show the machine's limits, what will be built, and the plan with all its reasons.",
        "ninjapool inspect [SOURCE] [-B BUILD] [options] [-- CMAKE-ARGS...]",
    )
    parser.set_defaults(command=command_of("commands", "inspect"))
    parser.add_argument("--json", action="store_true", help="for programs; sizes in bytes")
    _place(parser)
    _plan(parser)
    _remote(parser)


def _configure(kinds: Commands) -> None:
    parser = command(
        kinds,
        "configure",
        "Write the pools for cmake; with CMAKE-ARGS (or just --) run cmake with them.",
        "ninjapool configure [SOURCE] [-B BUILD] [options] [-- CMAKE-ARGS...]",
    )
    parser.set_defaults(command=command_of("commands", "configure"))
    parser.add_argument(
        "--no-presets",
        dest="presets",
        action="store_false",
        help="leave CMakeUserPresets.json alone, even where it is ours",
    )
    parser.add_argument(
        "--govern",
        action=BooleanOptionalAction,
        help="have cmake --build, presets and IDEs start a ninja that is governed; "
        "a build directory stays as it is where nothing is said",
    )
    _place(parser)
    _plan(parser)
    _remote(parser)


def _env(kinds: Commands) -> None:
    parser = command(
        kinds,
        "env",
        "Print the plan as the variables and arguments that other build tools read.",
        "ninjapool env [SOURCE] [--format sh|github|json] [options]",
    )
    parser.set_defaults(command=command_of("commands", "env"))
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
    parser = command(
        kinds,
        "build",
        "Build as cmake --build does, and govern the jobs by the memory they will need.",
        "ninjapool build [DIR] [--target T...] [-j N] [options] [-- NATIVE-ARGS...]",
    )
    parser.set_defaults(command=command_of("building", "build"))
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
    parser = command(
        kinds,
        "run",
        "Run a command and govern the jobs of all builds below it.",
        "ninjapool run [options] -- CMD...",
    )
    parser.set_defaults(command=command_of("building", "run"))
    _governing(parser)


def _governing(parser: Parser) -> None:
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


def _place(parser: Parser) -> None:
    where = parser.add_argument_group("what and where")
    where.add_argument("source", nargs="?", type=Path, metavar="SOURCE", help="default: here")
    where.add_argument("-B", dest="build", type=Path, metavar="BUILD", help="the build directory")
    where.add_argument("--preset", help="the configure preset to start from")
    where.add_argument(
        "--root", type=Path, default=Path("/"), metavar="DIR", help="read a recorded machine"
    )


def _plan(parser: Parser) -> None:
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


def _remote(parser: Parser) -> None:
    parser.add_argument(
        "--remote",
        choices=("auto", "distcc", "icecc", "sccache", "recc", "none"),
        help="have compiles done elsewhere; a build directory stays as it is where nothing is said",
    )
    _remote_jobs(parser)


def _remote_jobs(parser: Parser) -> None:
    parser.add_argument(
        "--remote-jobs", type=int, metavar="N", help="compiles to have elsewhere at once"
    )
