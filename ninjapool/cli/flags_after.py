"""What can be said to the commands that look at a build that is over, or at one that could be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.cli import words
from ninjapool.cli.parser import command, command_of

if TYPE_CHECKING:
    from ninjapool.cli.parser import Commands, Parser


def history(kinds: Commands) -> None:
    parser = command(
        kinds,
        "history",
        "Show what earlier builds of a source have taught, or share it.",
        "ninjapool history [show|export|import|prune|path] [SOURCE] [options]",
    )
    parser.epilog = None
    parser.set_defaults(command=command_of("history", "history"))
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


def report(kinds: Commands) -> None:
    parser = command(
        kinds,
        "report",
        "Show a governed build that is over: memory, slots, jobs, and what limited it.",
        "ninjapool report [DIR] [-o FILE] [--text] [--trace FILE] [--previous]",
    )
    parser.epilog = None
    parser.set_defaults(command=command_of("reporting", "report"))
    _built(parser, "the build directory, or the file of a record")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="the page; default: report.html; - prints"
    )
    parser.add_argument("--text", action="store_true", help="print it as text, for logs")
    parser.add_argument(
        "--trace", type=Path, metavar="FILE", help="write events for Perfetto or chrome://tracing"
    )
    parser.add_argument("--previous", action="store_true", help="the build before the last")


def top(kinds: Commands) -> None:
    parser = command(
        kinds,
        "top",
        "Show a governed build that runs: what its jobs hold, and what is held back and why.",
        "ninjapool top [DIR] [--once]",
    )
    parser.epilog = None
    parser.set_defaults(command=command_of("reporting", "top"))
    _built(parser, "the build directory")
    parser.add_argument("--once", action="store_true", help="one look, then end")


def simulate(kinds: Commands) -> None:
    parser = command(
        kinds,
        "simulate",
        "Show what the build would take on other machines, and what would limit it there.",
        "ninjapool simulate [DIR|TRACE] [--cpus 4,8] [--memory 8G,16G] [options]",
    )
    parser.set_defaults(command=command_of("simulating", "simulate"))
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
    parser.add_argument(
        "--remote-jobs",
        dest="remote_list",
        metavar="LIST",
        help="so many compiles elsewhere at once: 50,200,1000",
    )
    parser.add_argument(
        "--wire",
        type=float,
        default=1.0,
        metavar="N",
        help="Gbit/s to there; default: 1",
    )
    parser.add_argument("--jobs", "-j", type=int, metavar="N", help="jobs to run at once")
    parser.add_argument("--profile", help="figures for jobs that nothing is known of")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it as a page")
    parser.add_argument("--json", action="store_true", help="for programs; sizes in bytes")


def _built(parser: Parser, about: str) -> None:
    parser.add_argument("directory", nargs="?", type=Path, metavar="DIR", help=about)


def doctor(kinds: Commands) -> None:
    parser = command(
        kinds,
        "doctor",
        "Say why a build died, by its output and the kernel's log, and what to do now.",
        "ninjapool doctor [LOG...] [-B BUILD] [options]",
    )
    parser.set_defaults(command=command_of("doctoring", "doctor"))
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
