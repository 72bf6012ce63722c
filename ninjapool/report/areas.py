"""Areas over time, for an SVG that is stretched to any width: memory by job, slots by use. Pure.

All is in a box of WIDE x HIGH. Thousands of areas cannot be told apart: the weightiest jobs have
one of their own, the others share one for each class.
"""

from __future__ import annotations

import itertools
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ninjapool.report.analysis import SLOTS, area, outline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ninjapool.model import JobClass
    from ninjapool.report.analysis import Analysis, Slot

WIDE, HIGH = 1000, 100
BINS = 300
MOST_OWN, LEAST_SHARE = 80, 0.002
"""So many jobs have an area of their own, if it is that part of the whole."""
HEADROOM = 1.08
LABEL_HIGH, LABEL_WIDE = 0.09, 0.0075
"""Parts of the box that a label needs: its height, and the width of a letter."""
FAR_ABOVE = 2.0
"""A budget that many times the use is told, not drawn: the use would be a line at the bottom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One area, with what lies below it taken into account."""

    kind: JobClass
    path: str
    title: str | None
    """The job's name; None for what several share."""
    number: int
    """Of the job in the record; -1 where several share it."""
    odd: bool
    """Every second one, so that neighbours can be told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A job's name within its area, in parts of the box from the left and from the bottom."""

    text: str
    left: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The slots of one kind."""

    slot: Slot
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryChart:
    layers: tuple[Layer, ...]
    use: str
    """The line of the highest use."""
    budget: str | None
    """None where it is far above."""
    top: int
    """Bytes at the upper edge."""
    labels: tuple[Label, ...]
    """Of the areas that have room for one."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Equal parts of a build's time."""

    seconds: float
    bins: int = BINS

    @property
    def width(self) -> float:
        return max(self.seconds, 1e-3) / self.bins

    def at(self, time: float) -> int:
        return min(self.bins - 1, max(0, int(time / self.width)))

    def x(self, place: int) -> float:
        """The middle of a part; the first and the last reach the edges."""
        if place in (0, self.bins - 1):
            return 0.0 if place == 0 else float(WIDE)
        return (place + 0.5) * WIDE / self.bins


def spread(points: Sequence[tuple[float, float]], grid: Grid) -> dict[int, float]:
    """The mean height of a polygon over each part of the time that it touches."""
    found: dict[int, float] = {}
    for (begin, low), (end, high) in itertools.pairwise(points):
        if end <= begin:
            continue
        slope = (high - low) / (end - begin)
        for place in range(grid.at(begin), grid.at(end) + 1):
            left = max(begin, place * grid.width)
            right = min(end, (place + 1) * grid.width)
            if right > left:
                middle = low + slope * ((left + right) / 2 - begin)
                found[place] = found.get(place, 0.0) + middle * (right - left) / grid.width
    return found


# ---------------------------------------------------------------- memory


def memory_chart(analysis: Analysis) -> MemoryChart:
    grid = Grid(analysis.record.seconds)
    uses, budgets = _extremes(analysis, grid)
    most = max(uses, default=0)
    line = min(budgets, default=0)
    shown = line < FAR_ABOVE * max(most, 1)
    drawn = max(budgets, default=0) if shown else 0
    top = int(HEADROOM * max(most, min(drawn, FAR_ABOVE * most), 1))
    labels: list[Label] = []
    return MemoryChart(
        layers=tuple(_layers(analysis, grid, top, labels)),
        use=_line(uses, grid, top),
        budget=_line(budgets, grid, top) if shown and budgets else None,
        top=top,
        labels=tuple(labels),
    )


def _extremes(analysis: Analysis, grid: Grid) -> tuple[list[float], list[float]]:
    """The highest use and the lowest budget of each part; as before where nobody looked."""
    frame = analysis.record.frame
    uses: list[float | None] = [None] * grid.bins
    budgets: list[float | None] = [None] * grid.bins
    for moment in analysis.record.timeline:
        place = grid.at(moment.at)
        uses[place] = max(uses[place] or 0, moment.use)
        budget = frame.budget(moment)
        known = budgets[place]
        budgets[place] = budget if known is None else min(known, budget)
    return _filled(uses), _filled(budgets)


def _filled(values: Sequence[float | None]) -> list[float]:
    last = next((value for value in values if value is not None), None)
    if last is None:
        return []
    found = []
    for value in values:
        last = last if value is None else value
        found.append(last)
    return found


def _layers(analysis: Analysis, grid: Grid, top: int, labels: list[Label]) -> Iterator[Layer]:
    """The shared ones first, at the bottom; then each job, the eldest first. Adds the labels."""
    own = _own(analysis)
    heights: list[tuple[JobClass, str | None, int, dict[int, float]]] = []
    shared: dict[JobClass, dict[int, float]] = {}
    for number, job in enumerate(analysis.record.jobs):
        parts = spread(outline(job), grid)
        if number in own:
            heights.append((job.job_class, job.key, number, parts))
        else:
            others = shared.setdefault(job.job_class, {})
            for place, height in parts.items():
                others[place] = others.get(place, 0.0) + height
    heights.sort(key=lambda one: analysis.record.jobs[one[2]].born)
    rest = [(kind, None, -1, parts) for kind, parts in sorted(shared.items())]
    base = [0.0] * grid.bins
    for index, (kind, title, number, parts) in enumerate([*rest, *heights]):
        if parts:
            if title is not None:
                labels += _label(title, parts, base, grid, top)
            path = area_over(parts, base, grid, top)
            yield Layer(kind=kind, path=path, title=title, number=number, odd=bool(index % 2))


def _label(
    name: str, parts: dict[int, float], base: list[float], grid: Grid, top: float
) -> Iterator[Label]:
    """In the middle of the part where it is high, if that is high and wide enough."""
    most = max(parts.values())
    text = posixpath.basename(name)
    high = [place for place, height in parts.items() if height >= 0.7 * most]
    wide = (max(high) - min(high)) / grid.bins
    if most >= LABEL_HIGH * top and wide >= LABEL_WIDE * len(text):
        place = (max(high) + min(high)) // 2
        middle = base[place] + parts.get(place, 0.0) / 2
        yield Label(text=text, left=(place + 0.5) / grid.bins, bottom=middle / top)


def _own(analysis: Analysis) -> set[int]:
    areas = [area(job) for job in analysis.record.jobs]
    least = LEAST_SHARE * sum(areas)
    heaviest = sorted(range(len(areas)), key=lambda number: -areas[number])[:MOST_OWN]
    return {number for number in heaviest if areas[number] >= least}


def area_over(parts: dict[int, float], base: list[float], grid: Grid, top: float) -> str:
    """From its first to its last part, on what is below it, which it raises."""
    places = range(min(parts), max(parts) + 1)
    lower = [(place, base[place]) for place in places]
    for place in places:
        base[place] += parts.get(place, 0.0)
    upper = [(place, base[place]) for place in places]
    if len(upper) == 1:  # too short for a width of its own: it gets that of its part
        place = upper[0][0]
        left, right = place * WIDE / grid.bins, (place + 1) * WIDE / grid.bins
        low, high = _y(lower[0][1], top), _y(upper[0][1], top)
        return f"M{left:.1f} {low:.2f}V{high:.2f}H{right:.1f}V{low:.2f}Z"
    there = "L".join(f"{grid.x(place):.1f} {_y(height, top):.2f}" for place, height in upper)
    back = "L".join(f"{grid.x(place):.1f} {_y(height, top):.2f}" for place, height in lower[::-1])
    return f"M{there}L{back}Z"


def _line(values: Sequence[float], grid: Grid, top: float) -> str:
    points = (f"{grid.x(i):.1f} {_y(value, top):.2f}" for i, value in enumerate(values))
    return "M" + "L".join(points)


def _y(value: float, top: float) -> float:
    return HIGH - HIGH * min(value, top) / top


# ---------------------------------------------------------------- slots


def slot_bands(analysis: Analysis) -> tuple[Band, ...]:
    """From the busy ones at the bottom to those for which nothing was ready."""
    grid = Grid(analysis.record.seconds)
    sums: dict[Slot, dict[int, float]] = {slot: {} for slot in SLOTS}
    for moment, span in analysis.spans:
        for slot, number in analysis.slots(moment).items():
            if number > 0:
                points = [(moment.at, number), (moment.at + span, number)]
                for place, height in spread(points, grid).items():
                    sums[slot][place] = sums[slot].get(place, 0.0) + height
    base = [0.0] * grid.bins
    top = float(analysis.record.frame.cores)
    everywhere = dict.fromkeys(range(grid.bins), 0.0)
    return tuple(
        Band(slot=slot, path=area_over(everywhere | parts, base, grid, top))
        for slot, parts in sums.items()
        if parts
    )
