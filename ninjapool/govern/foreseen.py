"""What is forecast for each live job: now, and when it began.

Asks the knowledge again only now and then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninjapool.govern.pace import REFORECAST

if TYPE_CHECKING:
    from ninjapool.govern.model import Forecast, Knowledge
    from ninjapool.govern.watched import Watched


class Foreseen:
    """The forecasts of the jobs of one round."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._latest: dict[int, Forecast] = {}
        self._at_start: dict[int, Forecast] = {}
        self._due = 0.0

    def begin(self, job: Watched) -> None:
        self._latest[job.id] = self._at_start[job.id] = self._ask(job)

    def refresh(self, jobs: list[Watched], now: float) -> None:
        if now < self._due:
            return
        self._due = now + REFORECAST
        for job in jobs:
            self._latest[job.id] = forecast = self._ask(job)
            if job.state == "held":  # it is held to what was said of it when it began
                self._at_start[job.id] = forecast

    def latest(self, job: Watched) -> Forecast:
        return self._latest[job.id]

    def at_start(self, job: Watched) -> Forecast:
        return self._at_start[job.id]

    def forget(self, job: Watched) -> None:
        del self._latest[job.id], self._at_start[job.id]

    def __contains__(self, job: Watched) -> bool:
        return job.id in self._latest

    def _ask(self, job: Watched) -> Forecast:
        identity = job.identity
        return self._knowledge.forecast(identity.key, identity.job_class, job.source_size)
