"""Jobs that have ended: what each took teaches the decider, the forecasts and the history.

That takes a while, so it is done when there is time for it: whoever was born in their place is
stopped first. Does not know how an end was noticed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ninjapool.govern.model import Finished

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ninjapool.govern.foreseen import Foreseen
    from ninjapool.govern.interrupts import Interrupts
    from ninjapool.govern.mind import Witness
    from ninjapool.govern.model import Decider, Forecast, Knowledge
    from ninjapool.govern.senses import KillCounter
    from ninjapool.govern.watched import Watched


@dataclass(slots=True, kw_only=True)
class Partings:
    """Of one round."""

    foreseen: Foreseen
    kills: KillCounter
    decider: Decider
    knowledge: Knowledge
    witness: Witness
    interrupts: Interrupts
    ended: list[tuple[Watched, Forecast]]
    """All that have been taken stock of, with what was forecast as they began."""
    _waiting: list[Watched] = field(default_factory=list)

    def add(self, jobs: Iterable[Watched]) -> None:
        """They have ended."""
        self._waiting += jobs

    def settle(self, now: float) -> None:
        """Takes stock of those that wait for it."""
        for job in self._waiting:
            self._take_stock(job, now)
            self.foreseen.forget(job)
        self._waiting.clear()

    def _take_stock(self, job: Watched, now: float) -> None:
        at = now if job.ended is None else job.ended
        forecast = self.foreseen.at_start(job)
        if job.loss is not None:
            self.kills.look(now)
        self.ended.append((job, forecast))
        if job.nested:
            return  # its jobs are the jobs; who held whom is for the verdict
        well = job.killed is None and not self.kills.lately(now)
        complete = well and job.is_peak_known(at)
        if job.hidden is None:
            self.tell_the_decider(job, at, complete=complete)
        if self.interrupts.received is not None:
            return  # of what a signal has cut short nothing is learned
        if well:
            self.witness.end(job, forecast, at, complete=complete)
        if complete:
            identity = job.identity
            self.knowledge.learn(identity.key, identity.job_class, job.peak, job.progress(at))

    def tell_the_decider(self, job: Watched, now: float, *, complete: bool) -> None:
        self.decider.finished(
            Finished(
                id=job.id,
                job_class=job.identity.job_class,
                peak=job.peak,
                cpu_seconds=job.progress(now),
                forecast=self.foreseen.at_start(job),
                complete=complete,
            )
        )
