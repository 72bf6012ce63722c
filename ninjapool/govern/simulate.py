"""A build in virtual time: ninja, the kernel's OOM killer and whoever decides, over a trace.

The decider is handed the same samples as in a real build and does not know that it is simulated.
Here nothing reads a clock: time is counted. Not modelled: swap, page cache, jobs of many threads.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ninjapool.govern.model import Finished, Job, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ninjapool.govern.model import Action, Decision, Forecast, State
    from ninjapool.govern.trace import Trace, TraceJob

NEVER = float("inf")
SHELL = 2**20
"""Bytes of a job whose compiler has not begun."""


class Decider(Protocol):
    """What a governor and a static policy have in common."""

    def decide(self, sample: Sample, now: float) -> Decision: ...
    def finished(self, job: Finished) -> None: ...


class Knowledge(Protocol):
    """What is known of a job before it begins: `ninjapool.forecast.Forecaster`, or a test's own."""

    def forecast(self, key: str, job_class: str) -> Forecast: ...
    def seen(self, key: str, job_class: str, peak: int, seconds: float) -> None: ...
    def learn(self, key: str, job_class: str, peak: int, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """How the machine and the build driver behave."""

    reaction: float = 0.01
    """Seconds from a look to the effect of what was decided on it."""
    sharing: float | None = None
    """CPUs that the running jobs share; None gives each job one of its own."""
    takes_slots_at_ends: bool = True
    """ninja 1.13 looks for new slots only when one of its jobs ends; newer ones at once."""
    step: float = 0.25
    """The kernel checks the memory at least as often as this, in seconds."""
    retries: bool = True
    """A job that the kernel killed is run again, alone; without, the build has failed there."""
    startup: float = 0.01
    """Seconds from birth in which a job is a shell and a driver of no size."""
    notice: float = 0.005
    """Seconds from the end of a job, and the birth that follows it, to a look at the build."""
    time_limit: float = NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a build went."""

    seconds: float
    finished: bool
    """False: it hung, ran out of time, or ended with a job that never fitted."""
    kernel_kills: int
    kills: int
    pauses: int
    peak: int
    """The highest sum of memory, in bytes."""
    looks: int
    idle: float
    """Core-seconds in which a job was born but not running."""


@dataclass(slots=True)
class _Live:
    """A job between birth and end."""

    id: int
    job: TraceJob
    forecast: Forecast
    alone: bool
    state: State = "running"
    progress: float = 0.0
    memory: float = 0.0
    peak: float = 0.0


class Driver:
    """Ninja: which job is ready, and how it takes slots."""

    def __init__(self, jobs: Sequence[TraceJob]) -> None:
        self._jobs = {job.id: job for job in jobs}
        self._waits = {job.id: len(set(job.needs)) for job in jobs}
        self._dependents: dict[int, list[int]] = {job.id: [] for job in jobs}
        for job in jobs:
            for need in set(job.needs):
                self._dependents[need].append(job.id)
        self._weight = self._critical_weights(jobs)
        self._ready: list[tuple[int, int]] = []
        for job in jobs:
            if not job.needs:
                self.put(job.id)

    def _critical_weights(self, jobs: Sequence[TraceJob]) -> dict[int, int]:
        """Jobs on the longest way to the end, as ninja counts them: each as one."""
        weights: dict[int, int] = {}
        for job in reversed(jobs):
            ways = (weights[other] for other in self._dependents[job.id])
            weights[job.id] = 1 + max(ways, default=0)
        return weights

    def put(self, job: int) -> None:
        heapq.heappush(self._ready, (-self._weight[job], job))

    def take(self) -> TraceJob | None:
        return self._jobs[heapq.heappop(self._ready)[1]] if self._ready else None

    def done(self, job: int) -> None:
        for other in self._dependents[job]:
            self._waits[other] -= 1
            if not self._waits[other]:
                self.put(other)


class Simulation:
    """One build under one decider."""

    def __init__(
        self,
        trace: Trace,
        decider: Decider,
        knowledge: Knowledge,
        world: World | None = None,
        watch: Callable[[Sample, Decision, float], None] | None = None,
    ) -> None:
        self.trace, self.decider, self.knowledge = trace, decider, knowledge
        self.world = world or World()
        self.watch = watch
        self.driver = Driver(trace.jobs)
        self.now = 0.0
        self.alive: dict[int, _Live] = {}
        self.left = len(trace.jobs)
        self.slots = 1
        self.born = self.looks = self.kernel_kills = self.kills = self.pauses = 0
        self.failed = self.hung = False
        self.top = self.idle = 0.0
        self.at_least: dict[int, float] = {}
        self.alone: set[int] = set()
        self._look_at, self._act_at = 0.0, NEVER
        self._actions: tuple[Action, ...] = ()
        self._still = 0

    def run(self) -> Run:
        self._look()
        self._spawn()
        while self.left and not self.hung and self.now < self.world.time_limit:
            self._move_to(self._next_event())
            self._kernel()
            self._end_finished()
            if self.now >= self._act_at:
                self._act()
            if self.now >= self._look_at:
                self._look()
        return self._report()

    def _report(self) -> Run:
        return Run(
            seconds=self.now,
            finished=not (self.left or self.failed),
            kernel_kills=self.kernel_kills,
            kills=self.kills,
            pauses=self.pauses,
            peak=int(self.top),
            looks=self.looks,
            idle=self.idle,
        )

    # ------------------------------------------------------------ time

    def _rate(self) -> float:
        """CPU seconds per second of each running job."""
        if self.world.sharing is None:
            return 1.0
        running = sum(live.state == "running" for live in self.alive.values())
        return min(1.0, self.world.sharing / running) if running else 1.0

    def _next_event(self) -> float:
        rate = self._rate()
        ends = (
            live.job.seconds - live.progress
            for live in self.alive.values()
            if live.state == "running"
        )
        end = self.now + max(0.0, min(ends, default=NEVER)) / rate
        return min(end, self._look_at, self._act_at, self.now + self.world.step)

    def _move_to(self, time: float) -> None:
        gain, held = (time - self.now) * self._rate(), 0
        for live in self.alive.values():
            if live.state == "running":
                live.progress += gain
                live.memory = live.job.memory(live.progress) if live.progress > 0 else SHELL
                live.peak = max(live.peak, live.memory)
            else:
                held += 1
        self.idle += held * (time - self.now)
        self.now = time

    # ------------------------------------------------------------ the kernel

    def _used(self) -> float:
        return sum(live.memory for live in self.alive.values())

    def _kernel(self) -> None:
        """Kills the largest job while the sum is above the limit."""
        used = self._used()
        self.top = max(self.top, used)
        while used > self.trace.limit:
            victim = max(self.alive.values(), key=lambda live: live.memory)
            used -= victim.memory
            self.kernel_kills += 1
            self.failed = self.hung = not self.world.retries
            self.alone.add(victim.job.id)
            self._kill(victim)

    def _kill(self, victim: _Live) -> None:
        """Ends a job before its time; it is run again, alone, unless it was alone when it died."""
        del self.alive[victim.id]
        self._finish(victim, complete=False)
        if victim.alone and not any(live.memory for live in self.alive.values()):
            self.failed = True
            self._done(victim)
        else:
            if victim.job.id in self.at_least:
                self.alone.add(victim.job.id)
            self.at_least[victim.job.id] = max(victim.peak, self.at_least.get(victim.job.id, 0))
            self.driver.put(victim.job.id)
        self._spawn()

    # ------------------------------------------------------------ ninja

    def _spawn(self) -> None:
        while len(self.alive) < max(1, self.slots):
            job = self.driver.take()
            if job is None:
                return
            self.born += 1
            self.alive[self.born] = _Live(
                id=self.born,
                job=job,
                forecast=self.knowledge.forecast(job.name, job.job_class),
                alone=job.id in self.alone,
                progress=-self.world.startup,
            )

    def _end_finished(self) -> None:
        ended = [
            live
            for live in self.alive.values()
            if live.state == "running" and live.progress >= live.job.seconds - 1e-9
        ]
        for live in ended:
            del self.alive[live.id]
            job = live.job
            self.knowledge.learn(job.name, job.job_class, int(live.peak), live.progress)
            self._finish(live, complete=True)
            self._done(live)
        if ended:
            self._spawn()
            self._look_at = min(self._look_at, self.now + self.world.notice)

    def _finish(self, live: _Live, *, complete: bool) -> None:
        self.decider.finished(
            Finished(
                id=live.id,
                job_class=live.job.job_class,
                peak=int(live.peak),
                cpu_seconds=live.progress,
                forecast=live.forecast,
                complete=complete,
            )
        )

    def _done(self, live: _Live) -> None:
        self.left -= 1
        self.driver.done(live.job.id)

    # ------------------------------------------------------------ the decider

    def _sample(self) -> Sample:
        return Sample(
            jobs=tuple(self._seen(live) for live in self.alive.values()),
            headroom=int(self.trace.limit - self._used()),
        )

    def _seen(self, live: _Live) -> Job:
        return Job(
            id=live.id,
            job_class=live.job.job_class,
            state=live.state,
            memory=int(live.memory),
            peak=int(live.peak),
            cpu_seconds=max(0.0, live.progress),
            forecast=live.forecast,
            alone=live.alone,
        )

    def _look(self) -> None:
        self.looks += 1
        sample = self._sample()
        decision = self.decider.decide(sample, self.now)
        if self.watch:
            self.watch(sample, decision, self.now)
        for live in self.alive.values():
            job = live.job
            self.knowledge.seen(job.name, job.job_class, int(live.peak), live.progress)
        self._actions = (*self._actions, *decision.actions)
        self._act_at = self.now + self.world.reaction if self._actions else NEVER
        self._look_at = self.now + max(decision.next_look, self.world.reaction * 1.01)
        self._set_slots(decision.slots)
        self._notice_standstill(decision)

    def _set_slots(self, slots: int) -> None:
        grown, self.slots = slots > self.slots, slots
        if grown and not (self.world.takes_slots_at_ends and self.alive):
            self._spawn()

    def _notice_standstill(self, decision: Decision) -> None:
        """Nothing runs, nothing is to happen, look after look: the build hangs."""
        running = any(live.state == "running" for live in self.alive.values())
        self._still = 0 if running or decision.actions or not self.alive else self._still + 1
        self.hung = self._still > 1000

    def _act(self) -> None:
        actions, self._actions, self._act_at = self._actions, (), NEVER
        for action in actions:
            live = self.alive.get(action.job)
            if live is None:
                continue
            if action.verb == "kill":
                self.kills += 1
                self._kill(live)
            elif action.verb == "pause":
                self._pause(live)
            else:
                live.state = "running"

    def _pause(self, live: _Live) -> None:
        """A newborn has nothing to lose yet: it is held, not paused."""
        newborn = live.progress <= 2 * self.world.reaction or live.memory < 2**22
        live.state = "held" if newborn else "paused"
        self.pauses += not newborn


def simulate(
    trace: Trace, decider: Decider, knowledge: Knowledge, world: World | None = None
) -> Run:
    """Runs the whole trace under the decider; the same arguments give the same run."""
    return Simulation(trace, decider, knowledge, world).run()
