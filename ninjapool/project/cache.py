"""Reads a build directory's CMakeCache.txt. Does not know what the variables mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# The two forms of an entry: a name with odd characters is quoted; a value with spaces at its
# ends stands in single quotes.
_ENTRY = re.compile(r'(?:"(?P<quoted>[^"]*)"|(?P<name>[^=:"#/]+?)):(?P<type>[^=]*)=(?P<value>.*)')
_OURS = re.compile(r"Set to (.*) by ninjapool")
_ADVANCED = "-ADVANCED"
_STRINGS = "-STRINGS"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheEntry:
    """A variable as the cache keeps it; `help` is the text of the lines above it."""

    value: str
    type: str
    help: str = ""

    @property
    def ours(self) -> bool:
        """True where ninjapool itself set the value, so that it is no wish of the user's.

        An editor of caches changes a value and leaves the help text, which names ours.
        """
        named = _OURS.search(self.help)
        return named[1] == self.value if named else "ninjapool" in self.help.lower()


def read_cache(build: Path) -> dict[str, str]:
    """The variables of a build directory; empty where there is no cache that can be read."""
    return {name: entry.value for name, entry in read_entries(build).items()}


def parse_cache(text: str) -> dict[str, str]:
    """The variables in the text of a CMakeCache.txt; lines that are no entry are skipped."""
    return {name: entry.value for name, entry in parse_entries(text).items()}


def read_entries(build: Path) -> dict[str, CacheEntry]:
    """As `read_cache`, with type and help text."""
    file = build / "CMakeCache.txt"
    try:
        state = file.stat()
        return dict(_read(file, (state.st_ino, state.st_mtime_ns, state.st_size)))
    except OSError:
        return {}


@lru_cache(maxsize=4)
def _read(file: Path, state: tuple[int, ...]) -> dict[str, CacheEntry]:  # noqa: ARG001 - the key
    """Once for each `state` of the file: five ask for it before a build may begin."""
    return parse_entries(file.read_text(encoding="utf-8", errors="replace"))


def unreadable(build: Path) -> str | None:
    """Why a cache that is there cannot be read; None where it can, or where there is none."""
    try:
        with (build / "CMakeCache.txt").open("rb"):
            return None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return error.strerror


def parse_entries(text: str) -> dict[str, CacheEntry]:
    """As `parse_cache`, with type and help text."""
    entries = {}
    help_lines: list[str] = []
    for line in (raw.strip(" \t\r") for raw in text.split("\n")):
        if line.startswith("//"):
            help_lines.append(line[2:])
        elif match := _ENTRY.fullmatch(line):
            name = match["quoted"] if match["quoted"] is not None else match["name"]
            if not name.endswith((_ADVANCED, _STRINGS)):
                entries[name] = _entry(match, " ".join(help_lines))
            help_lines = []
        elif line:
            help_lines = []
    return entries


def _entry(match: re.Match[str], text: str) -> CacheEntry:
    return CacheEntry(value=unquote(match["value"]), type=match["type"], help=text)


def unquote(value: str) -> str:
    """A value without the single quotes that keep spaces at its ends."""
    if len(value) >= 2 and value.startswith("'") and value.endswith("'"):
        return value[1:-1]
    return value
