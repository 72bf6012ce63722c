"""A build as it really goes: what each job holds and for how long, and what it waits for.

Knows no policy and no machine; where a trace comes from, and how it is kept in a file, is the
business of whoever makes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ninjapool.model import JobClass

Curve = tuple[float, ...]
"""Memory as a share of the peak at equal steps of a job's life, joined by straight lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceJob:
    """One job as it will behave, whatever anyone forecasts."""

    name: str
    """Its output: what others need."""
    job_class: JobClass
    peak: int
    """Bytes, at the highest point of the curve."""
    seconds: float
    """CPU seconds, alone on its core."""
    curve: Curve
    needs: tuple[str, ...] = ()
    """Names of the jobs that must end before; a trace names them first."""
    size: int | None = None
    """Bytes of its source, where it has one."""
    pool: str | None = None
    """Ninja's job pool."""

    @property
    def area(self) -> float:
        """Byte-seconds."""
        return self.peak * self.seconds * mean(self.curve)

    def memory(self, progress: float) -> float:
        """Bytes held after `progress` CPU seconds."""
        return self.peak * share(self.curve, progress / self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A build, in the order in which its build file names the jobs."""

    name: str
    source: str
    """Where the figures come from, one sentence."""
    jobs: tuple[TraceJob, ...]

    def scaled(self, *, time: float = 1.0, memory: float = 1.0) -> Trace:
        """The same build, quicker or smaller; no job gets below 64 KiB."""
        jobs = tuple(
            replace(job, peak=max(int(job.peak * memory), 1 << 16), seconds=job.seconds * time)
            for job in self.jobs
        )
        return replace(self, jobs=jobs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """No schedule can be faster than the largest of these three, in seconds."""

    cpu: float
    """All CPU time, spread evenly over the cores."""
    memory: float
    """All bytes times seconds, spread evenly over the memory."""
    path: float
    """The longest chain of jobs that wait for each other."""

    @property
    def seconds(self) -> float:
        return max(self.cpu, self.memory, self.path)


def lower_bound(trace: Trace, *, cores: int, limit: int) -> Bound:
    """The bound for a build on so many cores (jobs of one CPU each) and bytes."""
    return Bound(
        cpu=sum(job.seconds for job in trace.jobs) / cores,
        memory=sum(job.area for job in trace.jobs) / limit,
        path=longest_chain(trace.jobs),
    )


def longest_chain(jobs: Sequence[TraceJob]) -> float:
    """Seconds of the slowest chain."""
    ends: dict[str, float] = {}
    for job in jobs:
        ends[job.name] = job.seconds + max((ends[need] for need in job.needs), default=0.0)
    return max(ends.values(), default=0.0)


def mean(curve: Curve) -> float:
    """The mean of a curve over the whole life."""
    if len(curve) == 1:
        return curve[0]
    return (sum(curve) - (curve[0] + curve[-1]) / 2) / (len(curve) - 1)


def share(curve: Curve, place: float) -> float:
    """The curve at a part of the life, from 0 to 1 (its last value beyond)."""
    at = place * (len(curve) - 1)
    if at >= len(curve) - 1:
        return curve[-1]
    index = int(at)
    low = curve[index]
    return low + (curve[index + 1] - low) * (at - index)
