"""The history as a file that a team commits or a CI caches: `.ninjapool/history.jsonl`.

Reads and writes that file; its form is `lines`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninjapool.errors import FileError
from ninjapool.history.lines import LineError, parse

if TYPE_CHECKING:
    from pathlib import Path

    from ninjapool.history.entry import Entry

SHARED_NAME = "history.jsonl"
SHARED = f".ninjapool/{SHARED_NAME}"
"""Below the source."""


def read(path: Path) -> dict[tuple[str, str], Entry]:
    """Raises FileError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(path, f"cannot be read: {reason}") from error
    return parse_file(path, text)


def parse_file(path: Path, text: str) -> dict[tuple[str, str], Entry]:
    """Raises FileError."""
    try:
        return parse(text)
    except LineError as error:
        hint = "it is written by `ninjapool history export`"
        raise FileError(path, str(error), line=error.number, hint=hint) from error
