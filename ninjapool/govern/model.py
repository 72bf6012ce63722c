"""The frozen values between the governor and its two worlds, real processes and simulation.

Knows neither: a sample goes in, actions come out. Bytes, seconds of one monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ninjapool.model import JobClass

State = Literal["held", "running", "paused"]
"""held: stopped at birth, has no memory to speak of; paused: stopped in mid-life, holds memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a job is expected to need, with its spread, before it began."""

    peak: int
    """Median of the expected peak, in bytes (anonymous + shmem, the whole job)."""
    peak_spread: float
    """Standard deviation of ln(peak): 0.03 with a history of its own, about 0.6 from a class."""
    seconds: float
    """Median of the expected CPU seconds."""
    seconds_spread: float
    """Standard deviation of ln(seconds)."""
    curve: tuple[float, ...]
    """Memory as a share of the peak at equal steps over the job's life, first to last moment."""
    at_least: int = 0
    """A kill has shown that the peak is more than this."""
    source: str = "profile"
    """`history`, `log` (durations only), `class` (learned in this build), `profile`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One live job, as seen in a sample."""

    id: int
    """Unique in a build: never reused, though its pid may be."""
    job_class: JobClass
    state: State
    memory: int
    """Anonymous + shmem bytes that the job's processes hold now."""
    peak: int
    """The highest `memory` so far."""
    cpu_seconds: float
    """CPU time used so far by all its processes: progress, which the clock is not."""
    forecast: Forecast
    can_stop: bool = True
    """False for console edges and others whose group may not be signalled."""
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
    slots: int
    """How many jobs the build driver may have born in all (running, held and paused)."""
    next_look: float
    """Seconds until the next sample is wanted."""
    held_for: Literal["memory", "cpus", "nothing"]
    """Why jobs are held back now, for the summary."""
