"""What a command says in passing, and of which source tree it speaks. Light: builds import it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.cli.streams import can_draw, tell
from ninjapool.errors import SourceError
from ninjapool.govern.summary import NAME
from ninjapool.paths import normal
from ninjapool.project.cache import read_cache
from ninjapool.project.tree import find_source
from ninjapool.report.live import plain

if TYPE_CHECKING:
    from ninjapool.cli.args import Args

LINE_START = "\r\x1b[K"
"""Takes ninja's status line away on a terminal; ninja draws it again below ours."""


def say(args: Args, text: str) -> None:
    """A line of ours, unless the user wants none."""
    if not args.quiet:
        start = LINE_START if can_draw(sys.stderr) else ""
        tell(f"{start}{NAME}: {plain(text)}\n")


def source_of(folder: Path) -> Path:
    """The source of a build directory; the folder itself where it is none of CMake's."""
    home = normal(Path(read_cache(folder).get("CMAKE_HOME_DIRECTORY") or folder))
    try:
        return find_source(home)
    except SourceError:
        return home
