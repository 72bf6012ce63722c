"""What `build` and `run` are asked, and what they answer. Holds no behaviour.

Bytes, seconds; what is not known is None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ninjapool.history.calibration import Errors
    from ninjapool.model import JobClass
    from ninjapool.record.model import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `build` and `run` have in common."""

    environ: Mapping[str, str]
    """The environment of the command; ours is left alone."""
    cores: int
    """CPUs that the build may use: so many jobs run at once, if memory allows."""
    jobs: int | None = None
    """The user's own `-j`: it goes before `cores`."""
    window: int | None = None
    """Jobs that may wait beside those that run, so that there is a choice; None for half as many
    again as run. 0 where memory is plentiful: nobody will have to wait."""
    away: int = 0
    """Compiles that may be done elsewhere at once."""
    launchers: tuple[str, ...] = ()
    """The programs that send them there, by name."""
    fallback_jobs: int = 1
    """The width of a build that cannot be governed: the static plan's."""
    retries: int = 8
    """How often the build may be started again after memory kills while no job gets finished."""
    root: Path
    """The machine's root: `/`, another one in tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """`ninjapool build`: as `cmake --build`, for a directory."""

    directory: Path
    targets: tuple[str, ...] = ()
    config: str | None = None
    verbose: bool = False
    native: tuple[str, ...] = ()
    options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """`ninjapool run -- CMD`."""

    command: tuple[str, ...]
    folder: Path
    options: Options


By = Literal["governor", "kernel"]
Fate = Literal["retried", "too big", "given up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """A job that was killed for memory."""

    key: str
    job_class: JobClass
    by: By
    peak: int
    """What it had at most: it needs more."""
    alone: bool
    """It was the only job that ran."""
    fate: Fate
    output: str | None = None
    """What the driver says that it writes, where the command itself does not."""

    @property
    def name(self) -> str:
        """For people; the key tells them nothing where it is a hash."""
        return self.output or self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Forecast against measured, over the jobs of a class that ended well."""

    job_class: JobClass
    jobs: int
    forecast: int
    """Sum of the forecast peaks, in bytes."""
    measured: int
    """Sum of the measured peaks."""
    under: int
    """Jobs that took more than 1.5 times what was forecast."""
    errors: Errors | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a build went."""

    exit_code: int
    """The build's own; 128+n where signal n ended it."""
    governed: bool
    """False: it ran as it would have without us, `notes` say why."""
    seconds: float
    slots: str
    """How the driver got its width: `ninja -j16`, `jobserver (pipe), 16 slots`, ..."""
    width: int | None = None
    """How many jobs were to run at once; None where nobody saw to that."""
    away: int = 0
    """How many compiles were to be elsewhere beside them."""
    went: int = 0
    """Compiles that were done elsewhere."""
    came_home: int = 0
    """Those that were sent there, and were done here after all."""
    rounds: int = 1
    """How often the driver was started."""
    jobs: int = 0
    """Jobs that ended; of those that were over too soon to be seen only ninja's log tells."""
    peak: int | None = None
    """The highest sum of memory that jobs held at one time."""
    least_headroom: int | None = None
    held_seconds: Mapping[str, float] = field(default_factory=dict)
    """How long jobs waited for `memory`, for `cpus`: the time in which at least one did."""
    pauses: int = 0
    """How often a job was stopped in mid-life."""
    kills: tuple[Kill, ...] = ()
    calibration: tuple[Calibration, ...] = ()
    forecasts: Mapping[str, int] = field(default_factory=dict)
    """How many jobs were forecast by what: `history`, `log`, `class`, `profile`."""
    record: Record | None = None
    """All that was seen; not part of the summary either."""
    own_cpu_seconds: float = 0.0
    own_memory: int | None = None
    """Highest resident memory of the governor itself."""
    interrupted: str | None = None
    """The signal by which the user ended it: `SIGINT`."""
    notes: tuple[str, ...] = ()
