"""Small readings of kernel text: numbers, `key value` tables, names made fit to print.

Knows no file and no meaning; never raises on any text.
"""

from __future__ import annotations

import re

ABSURD = 1 << 62
"""No machine has that many bytes. Cgroup v1 writes about 2^63 where it means "no limit"."""

_WHOLE = re.compile(r"[0-9]{1,19}")


def whole_number(text: str) -> int | None:
    """A plain decimal number of at most 19 digits, else None (no sign, no word)."""
    stripped = text.strip()
    return int(stripped) if _WHOLE.fullmatch(stripped) else None


def table(text: str) -> dict[str, int]:
    """Lines of `key number`, as in memory.stat or vmstat; other lines are passed over."""
    rows = (line.split() for line in text.split("\n"))
    pairs = ((row[0], whole_number(row[1])) for row in rows if len(row) == 2)
    return {key: value for key, value in pairs if value is not None}


def printable(name: str) -> str:
    r"""The name with control characters and undecodable bytes as \x1b: anyone may name a cgroup."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in name)
