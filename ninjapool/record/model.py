"""The frozen values of a build's record, and of a look at a build that runs.

Seconds count from the build's begin; bytes. What is not known is None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ninjapool.model import JobClass

Why = Literal["memory", "cpus", "nothing"]
"""For what jobs are held back: memory, a free CPU, or none is."""
State = Literal["held", "running", "paused"]
Killer = Literal["governor", "kernel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A time in mid-life in which a job stood still."""

    begin: float
    end: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """One job, from birth to end; one that was killed and run again has a record for each life."""

    key: str
    """Its output, relative to the build directory."""
    job_class: JobClass
    source: str
    """What its forecast rested on: `history`, `log`, `class`, `profile`."""
    born: float
    begun: float | None
    """When it was let go; None where it never was."""
    ended: float
    seconds: float
    """That it could use: neither stopped nor waiting for a CPU."""
    forecast: int
    """The peak that was expected when it began."""
    peak: int | None
    """The highest that was seen; None where it was over too soon to be seen."""
    killed: Killer | None = None
    again: bool = False
    """A life after a kill."""
    home: float | None = None
    """When it, which had been sent elsewhere, was compiled here after all; else None."""
    size: int | None = None
    """Bytes of its source."""
    pauses: tuple[Pause, ...] = ()
    times: tuple[float, ...] = ()
    memory: tuple[int, ...] = ()
    """What it held at these times: a few points, not every look."""

    @property
    def held(self) -> float:
        """Seconds from its birth until it was let go."""
        return max(0.0, (self.ended if self.begun is None else self.begun) - self.born)

    @property
    def paused(self) -> float:
        return sum(pause.end - pause.begin for pause in self.pauses)

    @property
    def ran(self) -> float:
        """Seconds by the clock in which it was not stopped."""
        return max(0.0, self.ended - self.born - self.held - self.paused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The whole build at one time."""

    at: float
    use: int
    """What all jobs hold."""
    free: int
    """Headroom under the tightest limit of the machine."""
    running: int
    """Here; where a job is done elsewhere, it counts as `away`."""
    held: int
    paused: int
    why: Why
    pace: float = 1.0
    """Seconds of progress per second of a running job: below 1 they wait for CPUs."""
    away: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a build had to go by."""

    folder: str
    began: float | None = None
    """Wall clock, seconds since 1970."""
    cores: int
    """Jobs that may run at once on this machine."""
    away: int = 0
    """Compiles that may be elsewhere beside them."""
    cpus: int | None = None
    """CPUs of the machine that the build could use."""
    slots: str = ""
    """How the driver got its width, in words."""
    limit: int | None = None
    """The user's own limit of memory."""
    reserve: int = 0

    def budget(self, moment: Moment) -> int:
        """What all jobs may hold then."""
        total = moment.use + moment.free
        return max(0, (total if self.limit is None else min(total, self.limit)) - self.reserve)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A build that is over."""

    frame: Frame
    seconds: float
    exit_code: int = 0
    rounds: int = 1
    jobs: tuple[JobRecord, ...] = ()
    timeline: tuple[Moment, ...] = ()
    used: float = 0.0
    """Slot-seconds in which a job ran."""
    unused: Mapping[Why, float] = field(default_factory=dict)
    """Slot-seconds in which none did, by what for."""

    @property
    def pace(self) -> float:
        """Seconds of progress per second in which a job was not stopped: the rest they waited."""
        here = [job for job in self.jobs if job.job_class != "remote"]
        ran = sum(job.ran for job in here)
        return min(1.0, sum(job.seconds for job in here) / ran) if ran > 0 else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveJob:
    """A job at the time of the look."""

    key: str
    job_class: JobClass
    state: State
    memory: int
    forecast: int
    seconds: float
    """Since its birth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A look at a build that runs."""

    frame: Frame
    moment: Moment
    jobs: tuple[LiveJob, ...]
    done: int
    over: bool = False
