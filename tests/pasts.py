"""Edges and their pasts, for tests."""

from __future__ import annotations

from typing import Any

from ninjapool.history.entry import Entry, Key, Seen, believed
from ninjapool.units import MIB

COMPILER = "g++-12 1000"


def seen(output: str = "a.o", **other: Any) -> Seen:
    """A compile of 100 MiB and 2 seconds, unless something else is said."""
    variant = other.pop("variant", "gcc -O3")
    usual: dict[str, Any] = {
        "job_class": "compile",
        "source": "src/a.cpp",
        "command": "c0ffee",
        "compiler": COMPILER,
        "size": 1000,
        "peak": 100 * MIB,
        "seconds": 2.0,
        "curve": None,
        "expected": 90 * MIB,
        "doubt": 0.1,
        "basis": "class",
        "at": 1_800_000_000,
    }
    return Seen(key=Key(output, variant), **{**usual, **other})


def entry(output: str = "a.o", **other: Any) -> Entry:
    return believed(None, seen(output, **other))
