"""What stands around a governor: the user's own limit, and a word when it first holds jobs back.

Both decide nothing: they change what it sees, or tell what it did. Pure: time is given.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ninjapool.units import format_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from ninjapool.govern.model import Decider, Decision, Finished, Sample

WORTH_A_WORD = 2.0
"""Seconds held back for memory before it is said: less, nobody would notice."""


@dataclass(slots=True)
class Ceiling:
    """Lets the governor see no more room than is left of `memory`, the user's own limit."""

    inner: Decider
    memory: int

    def decide(self, sample: Sample, now: float) -> Decision:
        left = self.memory - sum(job.memory for job in sample.jobs)
        return self.inner.decide(replace(sample, headroom=min(sample.headroom, left)), now)

    def finished(self, job: Finished) -> None:
        self.inner.finished(job)


@dataclass(slots=True)
class Herald:
    """Says once in a build that jobs are held back for memory, so that nobody wonders."""

    inner: Decider
    say: Callable[[str], None]
    _held: float = field(default=0.0)
    _since: float | None = field(default=None)
    _said: bool = field(default=False)

    def decide(self, sample: Sample, now: float) -> Decision:
        decision = self.inner.decide(sample, now)
        if self._since is not None:
            self._held += now - self._since
        self._since = now if decision.held_for == "memory" else None
        if self._held >= WORTH_A_WORD and not self._said:
            self._said = True
            self.say(held_back(sample))
        return decision

    def finished(self, job: Finished) -> None:
        self.inner.finished(job)


def held_back(sample: Sample) -> str:
    """How many run and how many wait, in a sentence."""
    running = sum(job.state == "running" for job in sample.jobs)
    waiting = len(sample.jobs) - running
    return (
        f"holding jobs back for memory: {running} run, {waiting} wait, "
        f"{format_size(max(0, sample.headroom))} free"
    )
