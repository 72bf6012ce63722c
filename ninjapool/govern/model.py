"""The frozen values between the governor and its two worlds, real processes and simulation.

Knows neither: a sample goes in, actions come out. Bytes, seconds of one monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from ninjapool.model import Forecast

if TYPE_CHECKING:
    from ninjapool.model import JobClass

# Forecast stands in the lower model, because forecast.py makes it and knows nothing of governing.
__all__ = [
    "Action",
    "Decider",
    "Decision",
    "Finished",
    "Forecast",
    "Job",
    "Knowledge",
    "Sample",
    "State",
]

State = Literal["held", "running", "paused"]
"""held: stopped at birth, has no memory to speak of; paused: stopped in mid-life, holds memory.

A newborn may come as `held` (stopped by whoever saw it first) or as `running` (not yet stopped):
the governor answers the first with `start` or nothing, the second with `pause` or nothing.
"""


class Job(NamedTuple):
    """One live job, as seen in a sample: many are made at each look."""

    id: int
    """Unique in a build and never reused, though its pid may be; rising in the order in which they
    were seen, which is that of their births but for those of one moment."""
    job_class: JobClass
    state: State
    memory: int
    """Anonymous + shmem bytes that the job's processes hold now."""
    peak: int
    """The highest `memory` so far."""
    cpu_seconds: float
    """Progress, which the clock is not: seconds in which its processes ran, or slept of their own
    accord, but not those in which they were stopped or waited for a CPU (Linux: schedstat's
    run delay). Where that cannot be told: the CPU time used so far by all of them."""
    forecast: Forecast
    can_stop: bool = True
    """False for console edges and others whose group may not be signalled."""
    waits: bool = False
    """It has asked others to compile, who have not begun here: they have only so many places, and
    one that is stopped keeps its own."""
    alone: bool = False
    """A retry of a job that was killed: it must run with nothing beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One look at the build."""

    jobs: tuple[Job, ...]
    headroom: int
    """Bytes still free under the tightest limit, now, for anyone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A job that ended, for the governor to learn from within the build."""

    id: int
    job_class: JobClass
    peak: int
    cpu_seconds: float
    forecast: Forecast
    complete: bool = True
    """False for a job that failed or was killed: it would have needed at least that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What to do to one job. `start` and `resume` continue it, `pause` stops it."""

    verb: Literal["start", "pause", "resume", "kill"]
    job: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The governor's answer to a sample."""

    actions: tuple[Action, ...]
    next_look: float
    """Seconds until the next sample is wanted."""
    held_for: Literal["memory", "cpus", "nothing"]
    """Why jobs are held back now, for the summary."""
    roomy: bool = False
    """All that run could take much more than is expected of them: they may be read seldom."""
    calm: bool = False
    """Whoever is born until the next look may run: there is room for heavy ones on all cores."""


class Decider(Protocol):
    """What a governor and a static policy have in common."""

    def decide(self, sample: Sample, now: float) -> Decision: ...
    def finished(self, job: Finished) -> None: ...


class Knowledge(Protocol):
    """What is known of a job before it begins, and what becomes of it (`ninjapool.forecast`)."""

    def forecast(self, key: str, job_class: JobClass, size: int | None = None) -> Forecast: ...
    def seen(self, key: str, job_class: JobClass, peak: int, seconds: float) -> None: ...
    def learn(self, key: str, job_class: JobClass, peak: int, seconds: float) -> None: ...
    def lost(self, key: str, job_class: JobClass, peak: int) -> None: ...
