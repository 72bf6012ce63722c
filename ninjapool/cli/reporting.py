"""The commands that show a build: `report` what is over, `top` what runs."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.cli.streams import can_draw, tell
from ninjapool.errors import FileError, SourceError
from ninjapool.files import write_if_changed
from ninjapool.govern import place
from ninjapool.paths import is_file
from ninjapool.project.graph import read_graph
from ninjapool.record import shelf
from ninjapool.report import chrome, page, terminal
from ninjapool.report.analysis import Analysis, Wiring
from ninjapool.report.live import panel

if TYPE_CHECKING:
    from ninjapool.cli.args import Args
    from ninjapool.record.model import Live, Record

USUAL = Path("report.html")
STDOUT = Path("-")
EVERY = 1.0
"""Seconds between two looks of `top`, as often as a build shows itself."""
WAIT = 3.0
"""Seconds in which a build that has just been started should have shown itself."""


def report(args: Args) -> int:
    """As a page, as text, or as a trace for Perfetto; the page where nothing is said."""
    analysis = analysed(_record(args))
    if args.text:
        sys.stdout.write(printable(terminal.page(analysis)))
    if args.trace is not None:
        _write(args.trace, chrome.trace(analysis.record))
    if args.output is not None or not (args.text or args.trace):
        _write(args.output or USUAL, page.page(analysis))
    return 0


def analysed(record: Record) -> Analysis:
    graph = read_graph(Path(record.frame.folder))
    wiring = Wiring(needs=graph.needs, pools=graph.pools, depths=graph.depths)
    return Analysis(record, wiring)


def _record(args: Args) -> Record:
    where = args.directory or place.usual(Path())
    if is_file(where):
        found = shelf.read(where)
        if found is None:
            raise FileError(where, "no record of a build, or one of a newer ninjapool")
        return found
    names = shelf.names(where, os.environ)
    found = shelf.read(names.before if args.previous else names.last)
    if found is None:
        which = "no record of a build before the last" if args.previous else "no record of a build"
        raise SourceError(f"there is {which} in {where}", hint=f"ninjapool build {where}")
    return found


def printable(text: str) -> str:
    """What the terminal's encoding does not have becomes a question mark."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def _write(path: Path, text: str) -> None:
    if path == STDOUT:
        sys.stdout.write(printable(text))
        return
    write_if_changed(path, text)
    tell(f"Wrote {path}\n")


# ---------------------------------------------------------------- top


def top(args: Args) -> int:
    """Until the build ends; once where nobody looks."""
    where = args.directory or place.usual(Path())
    names = shelf.names(where, os.environ)
    live = _first_look(names.live)
    if live is None:
        raise SourceError(f"no build runs in {where}", hint=f"ninjapool build {where}")
    if args.once or not can_draw(sys.stdout):
        sys.stdout.write(printable("\n".join(panel(live, 120, 40)) + "\n"))
        return 0
    drawn = 0
    while live is not None:
        drawn = _draw(live, drawn)
        time.sleep(EVERY)
        live = shelf.read_live(names.live)
    sys.stdout.write(f"The build is over: ninjapool report {where}\n")
    return 0


def _first_look(file: Path) -> Live | None:
    end = time.monotonic() + WAIT
    while (live := shelf.read_live(file)) is None and time.monotonic() < end:
        time.sleep(0.1)
    return live


def _draw(live: Live, drawn: int) -> int:
    """Over what was drawn before; the number of lines."""
    columns, rows = os.get_terminal_size(sys.stdout.fileno())
    lines = panel(live, columns, rows - 2)
    up = f"\x1b[{drawn}A" if drawn else ""
    sys.stdout.write(up + "\x1b[J" + printable("".join(f"{line}\n" for line in lines)))
    sys.stdout.flush()
    return len(lines)
