"""Who decides, and what is known and sensed: what a build under the governor is given.

Only shapes. They are given, so that tests and the replay can have others.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from ninjapool.govern.model import Decider, Forecast, Knowledge
    from ninjapool.govern.recorder import Publish
    from ninjapool.govern.watched import Watched

Counted = Literal["cgroup", "machine"]


@dataclass(frozen=True, slots=True)
class Senses:
    """The machine, as far as the loop asks it again and again."""

    headroom: Callable[[], int | None]
    """Bytes still free under the tightest limit."""
    oom_kills: Callable[[], int | None]
    """How often the kernel has killed for want of memory, since some time in the past."""
    clock: Callable[[], float] = time.monotonic
    cost: Callable[[], float] = time.process_time
    """CPU seconds that we have taken ourselves."""


class Witness(Protocol):
    """Who looks up each job as it begins, and writes down what it took (`chronicle`)."""

    def begin(self, job: Watched) -> None: ...
    def forget(self, job: Watched) -> None: ...
    def end(self, job: Watched, forecast: Forecast, now: float, *, complete: bool) -> None: ...


class Nobody:
    """Keeps nothing."""

    def begin(self, job: Watched) -> None: ...
    def forget(self, job: Watched) -> None: ...
    def end(self, job: Watched, forecast: Forecast, now: float, *, complete: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Mind:
    """All of it."""

    decider: Callable[[int, int], Decider]
    """Made for a number of cores here, and of compiles elsewhere."""
    knowledge: Knowledge
    senses: Callable[[Counted], Senses]
    """Whose kills count: the machine's, where the build lives in a cgroup that is not ours."""
    say: Callable[[str], object] = str
    """Tells the user, in mid-build, what would else look like a failure."""
    witness: Witness = field(default_factory=Nobody)
    publish: Publish | None = None
    """Shows others every second how the build goes."""
