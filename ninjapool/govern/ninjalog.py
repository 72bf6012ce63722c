"""What ninja wrote down: which outputs it finished since a moment, and which command writes which.

Only reads. Format: version 5 and later of .ninja_log, five columns with tabs.
"""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path


_BUILDDIR = re.compile(rb"^builddir\s*=\s*(\S+)", re.MULTILINE)


class LogMark(NamedTuple):
    """Where a log ended at some moment."""

    inode: int
    size: int


def mark(log: Path) -> LogMark:
    try:
        found = log.stat()
    except OSError:
        return LogMark(0, 0)
    return LogMark(found.st_ino, found.st_size)


def finished_since(log: Path, since: LogMark) -> frozenset[str] | None:
    """Outputs that were written down since; all of them where ninja has made the file anew.

    None where the log cannot be read. Ninja makes it only when something has succeeded.
    """
    text = _text_since(log, since)
    return None if text is None else parse_log(text)


def edges_since(log: Path, since: LogMark) -> int:
    """How many commands were finished since; one that has written several outputs is one.

    0 where ninja has made the file anew: it then has those of earlier builds, too.
    """
    if since.inode not in (0, mark(log).inode):
        return 0
    rows = (line.split("\t") for line in (_text_since(log, since) or "").splitlines())
    return len({(row[0], row[1], row[4]) for row in rows if len(row) == 5})


def _text_since(log: Path, since: LogMark) -> str | None:
    try:
        with log.open("rb") as file:
            if mark(log).inode == since.inode:
                file.seek(since.size)
            return file.read().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""
    except OSError:
        return None


def log_of(folder: Path, file: str | None) -> Path:
    """Where ninja keeps its log: in the `builddir` of its file, else in its working folder."""
    try:
        with (folder / (file or "build.ninja")).open("rb") as text:
            found = _BUILDDIR.search(text.read(1 << 16))
    except OSError:
        found = None
    return folder / (found[1].decode("utf-8", "surrogateescape") if found else ".") / ".ninja_log"


def parse_log(text: str) -> frozenset[str]:
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return frozenset(row[3] for row in rows if len(row) == 5)


def rows(log: Path) -> dict[str, tuple[int, int]]:
    """When each output was last begun and done, in milliseconds; empty where there is no log."""
    try:
        return parse_rows(log.read_text(encoding="utf-8", errors="surrogateescape"))
    except OSError:
        return {}


def parse_rows(text: str) -> dict[str, tuple[int, int]]:
    found = {}
    for line in text.splitlines():
        row = line.split("\t")
        if len(row) == 5 and row[0].isdecimal() and row[1].isdecimal():
            found[row[3]] = (int(row[0]), int(row[1]))
    return found


def outputs_of(commands: Collection[int], query: Iterable[str]) -> dict[int, str]:
    """The first output of each of these commands, by `hash()` of its text, from `QUERY -t compdb`.

    Read line by line: the whole is tens of megabytes for LLVM.
    """
    found: dict[int, str] = {}
    try:
        process = subprocess.Popen(
            [*query, "-t", "compdb"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="surrogateescape",
        )
    except OSError:
        return found
    with process:
        assert process.stdout is not None
        pending: int | None = None
        for line in process.stdout:
            name, value = parse_compdb_line(line)
            if name == "command":
                pending = hash(value) if hash(value) in commands else None
            elif name == "output" and pending is not None:
                found.setdefault(pending, value)
    return found


def parse_compdb_line(line: str) -> tuple[str, str]:
    """`"output": "a.o"` -> ("output", "a.o"); two empty strings for anything else."""
    name, colon, value = line.strip().rstrip(",").partition(": ")
    if not colon or not name.startswith('"'):
        return "", ""
    try:
        return str(json.loads(name)), str(json.loads(value))
    except ValueError:
        return "", ""
