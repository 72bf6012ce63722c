"""Sizes and durations between text and numbers; the only module that knows of GiB."""

from __future__ import annotations

import re

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
TIB = 1024 * GIB

LEAST_SIZE = MIB
"""Below it a size was meant to have a letter: `8` is eight bytes."""

_FACTORS = {"": 1, "B": 1, "K": KIB, "M": MIB, "G": GIB, "T": TIB}
_SIZE = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(?:([KMGT])(?:i?B)?|B)?", re.IGNORECASE)
_SECONDS = {"s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0}
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|m|h)", re.IGNORECASE)
_PERCENT = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*%")


def parse_size(text: str, *, whole: int | None = None) -> int:
    """Bytes from `6G`, `1500M`, `1.5GiB` or a plain number; `50%` is that share of `whole` bytes.

    Letters mean powers of 1024, as in GNU tools. Raises ValueError on anything else.
    """
    stripped = text.strip()
    if match := _PERCENT.fullmatch(stripped):
        if whole is None:
            raise ValueError(f"a percentage has no meaning here: {text!r}")
        return int(float(match[1]) / 100 * whole)
    if match := _SIZE.fullmatch(stripped):
        return int(float(match[1]) * _FACTORS[(match[2] or "").upper()])
    raise ValueError(f"not a size: {text!r} (write 6G, 1500M or 50%)")


def parse_seconds(text: str) -> float:
    """Seconds from `90s`, `45min`, `1.5h`. Raises ValueError on anything else."""
    if match := _TIME.fullmatch(text.strip()):
        return float(match[1]) * _SECONDS[match[2].lower()]
    raise ValueError(f"not a time: {text!r} (write 90s, 45min or 1h)")


def format_size(size: int) -> str:
    """`6.0 GiB`, `572 MiB`, `12 KiB`: the form that all messages use."""
    for factor, unit in ((TIB, "TiB"), (GIB, "GiB")):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    if size >= MIB:
        return f"{size / MIB:.0f} MiB"
    return f"{size / KIB:.0f} KiB"


def format_seconds(seconds: float) -> str:
    """`0.4 s`, `42 s`, `3 min 20 s`, `2 h 05 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"
