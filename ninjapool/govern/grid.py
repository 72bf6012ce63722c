"""A fixed set of future instants, and values told for each of them.

What is near is known well: near instants stand close together. Knows no jobs and no clock.
"""

from __future__ import annotations

from functools import lru_cache

GRID = tuple(0.12 * 1.3**step for step in range(27))
"""Seconds from now, 0.12 to 110."""
STEP = 0.03
"""Seconds: values are moved on by whole steps."""

Values = tuple[float, ...]
"""One for each instant."""


def moved(values: Values, steps: int) -> Values:
    """The same, so many steps later: what was told for a later instant is now nearer."""
    return tuple(
        [values[low] + (values[high] - values[low]) * part for low, high, part in _places(steps)]
    )


def told(values: Values, now: float, seconds: float) -> float:
    """What they say for a time between two instants; `now` is the value at once."""
    low, high, part = _place(seconds)
    if seconds <= GRID[0]:
        return now + (values[0] - now) * seconds / GRID[0]
    return values[low] + (values[high] - values[low]) * part


@lru_cache(maxsize=1024)
def _places(steps: int) -> tuple[tuple[int, int, float], ...]:
    return tuple([_place(instant + steps * STEP) for instant in GRID])


def _place(seconds: float) -> tuple[int, int, float]:
    """Between which two instants, and at which part of the way; the last one holds on."""
    high = next((index for index, instant in enumerate(GRID) if instant >= seconds), None)
    if high is None:
        return len(GRID) - 1, len(GRID) - 1, 0.0
    if high == 0:
        return 0, 0, 0.0
    low = high - 1
    return low, high, (seconds - GRID[low]) / (GRID[high] - GRID[low])
