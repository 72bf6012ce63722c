"""The marks along an axis: round numbers, not too many, each with its place in percent. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ninjapool.units import format_seconds, format_size

if TYPE_CHECKING:
    from collections.abc import Iterator

_MINUTE = 60
_TIMES = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, *(m * _MINUTE for m in (1, 2, 5, 10, 15, 30, 60, 120,
          240, 480, 1440)))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One label and where it stands."""

    text: str
    place: str
    """`12.50%` of the axis."""
    minor: bool = False
    """May be left out where there is little room."""


def percent(part: float) -> str:
    return f"{100 * min(1.0, max(0.0, part)):.2f}%"


def time_marks(seconds: float, most: int = 8) -> tuple[Mark, ...]:
    """From 0, without one at the very end: it would stand beyond the edge."""
    step = next((step for step in _TIMES if seconds / step <= most), seconds / most)
    return tuple(_times(seconds, step))


def _times(seconds: float, step: float) -> Iterator[Mark]:
    for number in range(int(seconds / step) + 1):
        if number * step <= 0.94 * seconds or not number:
            place = percent(number * step / seconds if seconds else 0.0)
            text = "0" if not number else _time(number * step)
            yield Mark(text=text, place=place, minor=bool(number % 2))


def _time(seconds: float) -> str:
    """Without the seconds of whole minutes: `5 min`, not `5 min 00 s`."""
    return format_seconds(seconds).replace(" 00 s", "").replace(" 00 min", "").replace(".0 ", " ")


def upward_time_marks(top: float) -> tuple[Mark, ...]:
    """For an axis of times that goes up."""
    return tuple(time_marks(top, most=5))


def size_marks(top: int) -> tuple[Mark, ...]:
    """From the bottom up."""
    step = round_size(top / 4)
    return tuple(
        Mark(
            text=format_size(step * number).replace(".0 ", " ") if number else "0",
            place=percent(step * number / top),
        )
        for number in range(int(0.99 * top / step) + 1)
    )


def round_size(size: float) -> int:
    """1, 2 or 5 (2.5 for powers of 1024: 256, 512) of the unit that fits, and not less."""
    power = 2 ** max(10, math.floor(math.log2(max(size, 1024))))
    return int(power if size <= power else 2 * power)


def count_marks(top: int) -> tuple[Mark, ...]:
    step = max(1, 2 ** math.ceil(math.log2(max(1.0, top / 4))))
    numbers = range(0, top + 1, step)
    return tuple(Mark(text=str(n), place=percent(n / max(1, top))) for n in numbers)
