"""What the simulator runs: jobs with their needs, and builds made of measured or invented jobs.

Pure: rows of a file come in as mappings, chance comes from a seed. Does not know who governs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ninjapool.units import MIB

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ninjapool.model import JobClass

STEPS = 20
"""A curve has this many steps: 21 points from birth to end."""


class Chance:
    """A small repeatable source of random figures (splitmix64), the same on every machine."""

    def __init__(self, seed: int) -> None:
        self._state = seed & 0xFFFFFFFFFFFFFFFF

    def uniform(self) -> float:
        """In [0, 1)."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
        bits = self._state
        bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        return (bits ^ (bits >> 31)) / 2**64

    def below(self, count: int) -> int:
        return int(self.uniform() * count)

    def normal(self) -> float:
        """Of mean 0 and deviation 1 (Box and Muller)."""
        radius = math.sqrt(-2 * math.log(1 - self.uniform()))
        return radius * math.cos(2 * math.pi * self.uniform())

    def shuffled(self, items: Sequence[Any]) -> list[Any]:
        return sorted(items, key=lambda _: self.uniform())


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceJob:
    """One job as it will really behave, whatever anyone forecasts."""

    id: int
    name: str
    job_class: JobClass
    peak: int
    """Bytes, at the highest point of the curve."""
    seconds: float
    """CPU seconds, alone on its core."""
    curve: tuple[float, ...]
    """Memory as a share of the peak at equal steps of its CPU time."""
    needs: tuple[int, ...] = ()
    """Ids of the jobs that must end before."""

    def memory(self, progress: float) -> float:
        """Bytes held after `progress` CPU seconds."""
        steps = len(self.curve) - 1
        place = progress / self.seconds * steps
        if place >= steps:
            return self.peak * self.curve[-1]
        index = int(place)
        low = self.curve[index]
        return self.peak * (low + (self.curve[index + 1] - low) * (place - index))

    @property
    def area(self) -> float:
        """Byte-seconds."""
        inner = sum(self.curve) - (self.curve[0] + self.curve[-1]) / 2
        return self.peak * self.seconds * inner / (len(self.curve) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A build: its jobs in the build driver's order, and the machine it must fit."""

    name: str
    jobs: tuple[TraceJob, ...]
    cores: int
    limit: int
    """Bytes; above it the kernel kills."""

    def scaled(self, seconds: float) -> Trace:
        """The same build with every job `seconds` times as long: shorter means faster growth."""
        jobs = tuple(replace(job, seconds=job.seconds * seconds) for job in self.jobs)
        return replace(self, jobs=jobs)


def critical_path(jobs: Sequence[TraceJob]) -> float:
    """Seconds of the longest chain."""
    ends: dict[int, float] = {}
    for job in jobs:  # needs come before those who need them
        ends[job.id] = job.seconds + max((ends[need] for need in job.needs), default=0.0)
    return max(ends.values(), default=0.0)


def lower_bound(trace: Trace) -> float:
    """Seconds that no schedule can beat: by the cores, by memory x time, by the longest chain."""
    cpu = sum(job.seconds for job in trace.jobs) / trace.cores
    memory = sum(job.area for job in trace.jobs) / trace.limit
    return max(cpu, memory, critical_path(trace.jobs))


# ---------------------------------------------------------------- measured builds


def resampled(points: Sequence[tuple[float, float]], steps: int = STEPS) -> tuple[float, ...]:
    """Shares of the highest value at equal steps of the first column, by straight lines."""
    last, top = points[-1][0], max(value for _, value in points)
    curve, index = [], 0
    for step in range(steps + 1):
        at = last * step / steps
        while index + 2 < len(points) and points[index + 1][0] < at:
            index += 1
        (left, low), (right, high) = points[index], points[index + 1]
        share = (at - left) / (right - left) if right > left else 1.0
        curve.append((low + (high - low) * min(1.0, max(0.0, share))) / top)
    return tuple(curve)


def curves_from_rows(rows: Iterable[Mapping[str, Any]], config: str) -> list[tuple[float, ...]]:
    """Anonymous memory against CPU seconds, of each measured job of one configuration."""
    return [
        resampled([(row_cpu, anon) for row_cpu, anon, _ in row["samples"]])
        for row in rows
        if row["config"] == config
    ]


def weighted_rows(
    rows: Sequence[Mapping[str, Any]], count: int, chance: Chance
) -> list[Mapping[str, Any]]:
    """`count` rows, each as often as its sampling weight says (systematic sampling)."""
    total = sum(row.get("weight") or 1.0 for row in rows)
    step, place, chosen = total / count, 0.0, list[Any]()
    mark = step * chance.uniform()
    for row in rows:
        place += row.get("weight") or 1.0
        while mark < place and len(chosen) < count:
            chosen.append(row)
            mark += step
    return chosen


def trace_from_edges(  # noqa: PLR0913  # each is a choice of the experimenter
    rows: Iterable[Mapping[str, Any]],
    seed: int,
    *,
    curves: Sequence[tuple[float, ...]],
    count: int = 414,
    config: str = "gcc:release",
    cores: int = 16,
    limit: int = 3500 * MIB,
    by_path: bool = False,
) -> Trace:
    """A sample of measured compile edges, in random order or, as ninja has them, by path.

    Fields of a row: `kind`, `config`, `source`, `peak_kib`, `cpu_s`, `weight`.
    """
    chance = Chance(seed)
    pool = [row for row in rows if row["kind"] == "compile" and row["config"] == config]
    chosen = weighted_rows(chance.shuffled(pool), count, chance)
    if by_path:
        chosen.sort(key=lambda row: str(row["source"]))
    else:
        chosen = chance.shuffled(chosen)
    jobs = tuple(
        TraceJob(
            id=index,
            name=str(row["source"]),
            job_class="compile",
            peak=int(row["peak_kib"]) * 1024,
            seconds=max(0.05, float(row["cpu_s"])),
            curve=curves[chance.below(len(curves))],
        )
        for index, row in enumerate(chosen)
    )
    return Trace(name="llvm", jobs=jobs, cores=cores, limit=limit)
