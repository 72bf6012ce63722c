"""One trace on one machine: the governor of a real build, the simulated rest, and what limited it.

Pure. The forecasts are those of the next build there, which knows what this one took.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ninjapool.forecast import GROWING, Forecaster
from ninjapool.govern.governor import TIGHT, Governor
from ninjapool.govern.recorder import Recorder, pauses
from ninjapool.govern.simulate import Simulation, World
from ninjapool.model import Forecast
from ninjapool.record.model import Frame, JobRecord, Record
from ninjapool.whatif.model import Cell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ninjapool.forecast import Prior
    from ninjapool.govern.model import Decider, Decision, Finished, Sample
    from ninjapool.govern.trace import Trace
    from ninjapool.model import JobClass
    from ninjapool.whatif.model import Limit, Setting, Took

BUSY = 0.85
"""Share of the slot time from which on the CPUs are what limits."""
LARGE = 2000
"""Jobs of a trace from which on it is simulated with fewer looks ..."""
COARSE = 0.3
"""... each so many seconds while jobs wait: half the work, and within 2 % of the time (LLVM, 10,552
jobs, 4 and 8 GiB)."""
PEAK_SPREAD, SECONDS_SPREAD = 0.08, 0.15
"""As a real build takes its history (`govern.learned`)."""
SPREADS = {"log": 0.16, "class": 0.4, "profile": 0.6}
"""Of ln(peak) where a forecast rests on less: by the figures of `forecast`."""


@dataclass(slots=True)
class Diary:
    """Stands between the simulator and the governor, and shows a recorder what a build would."""

    inner: Decider
    recorder: Recorder

    def decide(self, sample: Sample, now: float) -> Decision:
        decision = self.inner.decide(sample, now)
        self.recorder.look(sample, decision, now)
        return decision

    def finished(self, job: Finished) -> None:
        self.inner.finished(job)


class FullDiary(Diary):
    """A diary that also writes down each job's life."""

    def __init__(self, inner: Decider, recorder: Recorder) -> None:
        super().__init__(inner, recorder)
        self.simulation: Simulation
        self.jobs: list[JobRecord] = []
        self._begun: dict[int, float] = {}

    def decide(self, sample: Sample, now: float) -> Decision:
        for job in sample.jobs:
            if job.id not in self.recorder.trails:
                key = self.simulation.alive[job.id].job.name
                self.recorder.meet(job.id, key, job.job_class, now)
            if job.state == "running":
                self._begun.setdefault(job.id, now)
        return super().decide(sample, now)

    def finished(self, job: Finished) -> None:
        super().finished(job)
        now, trail = self.simulation.now, self.recorder.trails.get(job.id)
        if trail is None:
            return
        began, begun = self.recorder.began or 0.0, self._begun.get(job.id, now)
        self.jobs.append(
            JobRecord(
                key=trail.key,
                job_class=job.job_class,
                source=job.forecast.source,
                born=trail.born - began,
                begun=begun - began,
                ended=now - began,
                seconds=max(0.0, job.cpu_seconds),
                forecast=job.forecast.peak,
                peak=job.peak,
                killed=None if job.complete else "governor",
                again=trail.key in self.simulation.lost,
                pauses=pauses(trail, begun, now, began),
                times=tuple(time - began for time in trail.times),
                memory=tuple(trail.memory),
            )
        )


def knowledge(known: Mapping[str, Took], priors: Mapping[JobClass, Prior]) -> Forecaster:
    """What a build knows before it begins."""
    history = {
        key: Forecast(
            peak=took.peak,
            peak_spread=PEAK_SPREAD,
            seconds=max(took.seconds, 0.01),
            seconds_spread=SECONDS_SPREAD,
            curve=took.curve or GROWING,
            source="history",
        )
        for key, took in known.items()
        if took.peak is not None
    }
    durations = {key: took.seconds for key, took in known.items()}
    return Forecaster(priors, history=history.get, durations=durations)


def recorded(trace: Trace, setting: Setting, forecaster: Forecaster) -> Record:
    """The record that this build would leave: a report can be made of it."""
    frame = Frame(
        folder=trace.name,
        cores=setting.width,
        cpus=setting.cpus,
        slots="simulated",
        reserve=setting.reserve,
    )
    recorder = Recorder(frame)
    diary = FullDiary(governor(trace, setting), recorder)
    simulation = Simulation(trace, world(setting), diary, forecaster)
    diary.simulation = simulation
    done = simulation.run()
    return Record(
        frame=frame,
        seconds=done.seconds,
        rounds=done.rounds,
        jobs=tuple(diary.jobs),
        timeline=tuple(recorder.timeline),
        used=recorder.used,
        unused=dict(recorder.unused),
    )


def as_it_was(jobs: Mapping[str, JobRecord], priors: Mapping[JobClass, Prior]) -> Forecaster:
    """What a recorded build thought of its jobs when they began; their seconds as they came."""
    thought = {
        key: Forecast(
            peak=max(job.forecast, 1),
            peak_spread=SPREADS.get(job.source, PEAK_SPREAD),
            seconds=max(job.ran, 0.01),
            seconds_spread=SECONDS_SPREAD,
            curve=GROWING,
            source=job.source,
        )
        for key, job in jobs.items()
    }
    return Forecaster(priors, history=thought.get)


def run(trace: Trace, setting: Setting, forecaster: Forecaster) -> Cell:
    """The whole build on that machine."""
    recorder = Recorder(Frame(folder=trace.name, cores=min(setting.width, setting.cpus)))
    diary = Diary(governor(trace, setting), recorder)
    done = Simulation(trace, world(setting), diary, forecaster).run()
    return Cell(
        cpus=setting.cpus,
        memory=setting.memory,
        seconds=done.seconds,
        limit=_limit(recorder) if done.finished else "too small",
        kills=done.kills + done.kernel_kills,
        peak=done.peak,
    )


def governor(trace: Trace, setting: Setting) -> Governor:
    """The one of a real build; of a large trace it looks less often."""
    return Governor(
        cores=setting.width,
        reserve=setting.reserve,
        heaviest=max((job.peak for job in trace.jobs), default=0),
        away=setting.remote,
        tight=COARSE if len(trace.jobs) > LARGE else TIGHT,
    )


def world(setting: Setting) -> World:
    return World(
        cores=setting.cpus,
        limit=setting.memory,
        slots=setting.width + setting.remote + setting.window,
        contended=True,
        pace=setting.pace,
        pools=setting.pools,
    )


def _limit(recorder: Recorder) -> Limit:
    memory, order = recorder.unused.get("memory", 0.0), recorder.unused.get("nothing", 0.0)
    whole = recorder.used + memory + order
    if not whole or recorder.used >= BUSY * whole:
        return "CPUs"
    return "memory" if memory > order else "order"
