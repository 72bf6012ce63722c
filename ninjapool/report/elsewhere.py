"""The other side of a build: what was compiled elsewhere, what its stubs took here, what came home.

Pure sums over the record. Where nothing was sent away there is no other side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ninjapool.report.analysis import outline
from ninjapool.report.areas import Grid, area_over, spread
from ninjapool.report.inspection import count, percent
from ninjapool.units import format_seconds, format_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ninjapool.record.model import JobRecord
    from ninjapool.report.analysis import Analysis


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The jobs of one side."""

    jobs: tuple[JobRecord, ...]
    seconds: float
    """Of all, from when each was let go, or came home, to its end; pauses left out."""
    most: int
    """At once."""
    memory: int
    """What all of them held here when that was most."""

    @property
    def count(self) -> int:
        """One that was killed and run again is one job."""
        return len({job.key for job in self.jobs})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """A build of which some was done elsewhere, or was to be."""

    here: Side
    away: Side
    home: Side
    """Sent away and compiled here after all; they are among those here, too."""
    slots: int | None
    """Compiles that could be elsewhere at once; None where an older record does not tell."""
    busy: float | None
    """Part of the time of these slots in which a compile was there."""


def sides(analysis: Analysis) -> Sides | None:
    """None where all was built here."""
    jobs = analysis.record.jobs
    away = [job for job in jobs if job.job_class == "remote"]
    home = [job for job in jobs if job.home is not None]
    if not (away or home):
        return None
    there = _side(away, analysis)
    slots = analysis.record.frame.away or None
    return Sides(
        here=_side([job for job in jobs if job.job_class != "remote"], analysis),
        away=there,
        home=_side(home, analysis),
        slots=slots,
        busy=there.seconds / (slots * analysis.record.seconds) if slots else None,
    )


def _side(jobs: Sequence[JobRecord], analysis: Analysis) -> Side:
    grid = Grid(analysis.record.seconds)
    return Side(
        jobs=tuple(jobs),
        seconds=sum(min(job.ran, job.ended - _begin(job)) for job in jobs),
        most=_most_at_once(jobs),
        memory=int(max(summed((outline(job) for job in jobs), grid).values(), default=0)),
    )


def _begin(job: JobRecord) -> float:
    """On the side where it ended."""
    return _let_go(job) if job.home is None else job.home


def _let_go(job: JobRecord) -> float:
    return job.ended if job.begun is None else job.begun


def _most_at_once(jobs: Iterable[JobRecord]) -> int:
    # Who ends when another begins has made room for it: -1 comes before +1.
    steps = sorted(step for job in jobs for step in ((_begin(job), 1), (job.ended, -1)))
    alive = most = 0
    for _, step in steps:
        alive += step
        most = max(most, alive)
    return most


def summed(shapes: Iterable[Sequence[tuple[float, float]]], grid: Grid) -> dict[int, float]:
    """The sum of polygons in each part of the time."""
    sums: dict[int, float] = {}
    for shape in shapes:
        for place, height in spread(shape, grid).items():
            sums[place] = sums.get(place, 0.0) + height
    return sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Compiles elsewhere over time, as far as is known, and above them those that came home."""

    away: str
    home: str
    top: int
    """Compiles at the upper edge."""


def chart(both: Sides, seconds: float) -> Chart:
    grid = Grid(seconds)
    base = [0.0] * grid.bins
    top = max(both.slots or 0, both.away.most + both.home.most, 1)
    gone = [_alive(_let_go(job), job.ended) for job in both.away.jobs]
    gone += [_alive(_let_go(job), _begin(job)) for job in both.home.jobs]
    back = [_alive(_begin(job), job.ended) for job in both.home.jobs]
    sums = [summed(shapes, grid) for shapes in (gone, back)]
    away, home = (area_over(parts, base, grid, top) if parts else "" for parts in sums)
    return Chart(away=away, home=home, top=top)


def _alive(begin: float, end: float) -> list[tuple[float, float]]:
    return [(begin, 1.0), (end, 1.0)]


# ---------------------------------------------------------------- in words


def table(both: Sides) -> list[tuple[str, str, int, str, str, str]]:
    """Class of the mark, name, jobs, seconds of all, most at once, what they held here then."""
    named = [("slot-used", "here", both.here), ("remote", "elsewhere", both.away)]
    if both.home.jobs:
        named.append(("compile", "came home", both.home))
    return [
        (
            mark,
            name,
            side.count,
            format_seconds(side.seconds),
            str(side.most),
            format_size(side.memory),
        )
        for mark, name, side in named
    ]


def sentence(both: Sides) -> str:
    """What it comes to."""
    away = both.away
    slots = f" of {both.slots} slots" if both.slots else ""
    busy = f", which were busy {percent(both.busy)} of the time" if both.busy is not None else ""
    home = f"; {count(both.home.count, 'job')} came home" if both.home.jobs else ""
    return (
        f"{count(away.count, 'job')} compiled elsewhere, at most {away.most} at once{slots}"
        f"{busy}: here they held at most {format_size(away.memory)} together{home}."
    )
