"""Hand-made jobs, forecasts and samples for tests of the policy, and builds to simulate it on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ninjapool.forecast import GROWING
from ninjapool.govern.model import Decision, Job, Sample
from ninjapool.govern.trace import Trace, TraceJob
from ninjapool.model import Forecast
from ninjapool.units import MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ninjapool.govern.model import State
    from ninjapool.model import JobClass

LINEAR = (0.0, 1.0)


def forecast(
    peak: float = 300,
    seconds: float = 3.0,
    *,
    spread: float = 0.03,
    seconds_spread: float = 0.1,
    shared: float = 0.0,
    curve: tuple[float, ...] = GROWING,
    at_least: float = 0,
) -> Forecast:
    """Sizes in MiB."""
    return Forecast(
        peak=int(peak * MIB),
        peak_spread=spread,
        shared=shared,
        seconds=seconds,
        seconds_spread=seconds_spread,
        curve=curve,
        at_least=int(at_least * MIB),
        source="history",
    )


def job(
    number: int,
    state: State = "running",
    *,
    holds: float = 0.0,
    progress: float = 0.0,
    peak: float | None = None,
    expected: Forecast | None = None,
    can_stop: bool = True,
    alone: bool = False,
    kind: JobClass = "compile",
    waits: bool = False,
) -> Job:
    """Sizes in MiB."""
    return Job(
        id=number,
        job_class=kind,
        state=state,
        memory=int(holds * MIB),
        peak=int((holds if peak is None else peak) * MIB),
        cpu_seconds=progress,
        forecast=expected or forecast(),
        can_stop=can_stop,
        alone=alone,
        waits=waits,
    )


def sample(*jobs: Job, free: float) -> Sample:
    """`free`: MiB."""
    return Sample(jobs=jobs, headroom=int(free * MIB))


def verbs(decision: Decision) -> dict[int, str]:
    """By job."""
    assert len({action.job for action in decision.actions}) == len(decision.actions)
    return {action.job: action.verb for action in decision.actions}


def states_after(looked: Sample, decision: Decision) -> dict[int, State]:
    """By job, once the actions have had their effect; who was killed is gone."""
    to: dict[str, State] = {"start": "running", "resume": "running", "pause": "paused"}
    found: dict[int, State] = {each.id: each.state for each in looked.jobs}
    for action in decision.actions:
        if action.verb == "kill":
            del found[action.job]
        else:
            found[action.job] = to[action.verb]
    return found


# ---------------------------------------------------------------- builds to simulate


def trace_job(
    name: str,
    peak: float,
    seconds: float = 1.0,
    *,
    curve: tuple[float, ...] = GROWING,
    needs: Sequence[str] = (),
    job_class: JobClass = "compile",
) -> TraceJob:
    """`peak`: MiB."""
    return TraceJob(
        name=name,
        job_class=job_class,
        peak=int(peak * MIB),
        seconds=seconds,
        curve=curve,
        needs=tuple(needs),
    )


def trace(*jobs: TraceJob) -> Trace:
    return Trace(name="made", source="made by hand", jobs=jobs)


@dataclass(frozen=True)
class Told:
    """Knowledge that is given, job by job, and learns nothing but what a kill has shown."""

    forecasts: dict[str, Forecast]
    at_least: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, jobs: Iterable[TraceJob], make: Callable[[TraceJob], Forecast]) -> Told:
        return cls({each.name: make(each) for each in jobs})

    def forecast(self, key: str, job_class: JobClass, size: int | None = None) -> Forecast:
        del job_class, size
        found = self.forecasts[key]
        least = self.at_least.get(key, 0)
        return replace(found, at_least=least) if least else found

    def seen(self, key: str, job_class: JobClass, peak: int, seconds: float) -> None: ...
    def learn(self, key: str, job_class: JobClass, peak: int, seconds: float) -> None: ...

    def lost(self, key: str, job_class: JobClass, peak: int) -> None:
        del job_class
        self.at_least[key] = max(peak, self.at_least.get(key, 0))


def truth(each: TraceJob) -> Forecast:
    """What the job will do, exactly."""
    return Forecast(
        peak=each.peak,
        peak_spread=0.001,
        seconds=each.seconds,
        seconds_spread=0.001,
        curve=each.curve,
        source="history",
    )
