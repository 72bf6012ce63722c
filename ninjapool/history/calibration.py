"""Forecast against measured: how far off, to which side, and how often beyond what was promised.

Pure. A job whose peak was not seen says nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ninjapool.history.entry import Entry
    from ninjapool.model import JobClass

BOUND = 2.326
"""Deviations above the forecast within which 99 of 100 peaks shall be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Of one job."""

    forecast: int
    spread: float
    """The deviation of ln(peak) that was stated."""
    measured: int

    @property
    def error(self) -> float:
        """As a share of what was measured, without its sign."""
        return abs(self.forecast / self.measured - 1)

    @property
    def is_above(self) -> bool:
        return self.measured > self.forecast * math.exp(BOUND * self.spread)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """Of some jobs."""

    jobs: int
    bias: float
    """Median of measured / forecast: 1.1 where forecasts are a tenth too low."""
    median: float
    """Of the errors, each a share of what was measured."""
    p95: float
    above: int
    """Jobs that took more than the 99 % bound of their forecast."""


def errors(pairs: Iterable[Pair]) -> Errors | None:
    """None where there are none."""
    known = [pair for pair in pairs if pair.measured and pair.forecast]
    if not known:
        return None
    sizes = sorted(pair.error for pair in known)
    return Errors(
        jobs=len(known),
        bias=round(median(pair.measured / pair.forecast for pair in known), 4),
        median=round(median(sizes), 4),
        p95=round(sizes[math.ceil(0.95 * len(sizes)) - 1], 4),
        above=sum(pair.is_above for pair in known),
    )


def pair(entry: Entry) -> Pair | None:
    """Of its last build, where both figures are known."""
    if entry.expected is None or entry.last is None or entry.doubt is None:
        return None
    return Pair(forecast=entry.expected, spread=entry.doubt, measured=entry.last)


def by_class(entries: Iterable[Entry]) -> dict[tuple[JobClass, str], Errors]:
    """Of the last build of each edge, by class and by what the forecast was made from."""
    found: dict[tuple[JobClass, str], list[Pair]] = {}
    for entry in entries:
        one = pair(entry)
        if one is not None:
            found.setdefault((entry.job_class, entry.basis), []).append(one)
    told = {key: errors(pairs) for key, pairs in sorted(found.items())}
    return {key: value for key, value in told.items() if value is not None}
