"""A build in virtual time: ninja, the kernel's OOM killer and whoever decides, over a trace.

The decider is handed the same samples as in a real build and does not know that it is simulated.
Here nothing reads a clock: time is counted. Not modelled: swap, page cache, jobs of many threads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ninjapool.govern.model import Finished, Job, Sample
from ninjapool.govern.pace import REFORECAST
from ninjapool.govern.ready import ReadyJobs
from ninjapool.govern.victims import Stretch, is_told_at_once

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ninjapool.govern.model import Action, Decider, Decision, Forecast, Knowledge, State
    from ninjapool.govern.trace import Trace, TraceJob

NEVER = float("inf")
SHELL = 2**18
"""Bytes of a job whose compiler has not begun: a stopped `sh -c` charges its cgroup 166 KiB."""
STANDSTILL = 1000
"""Looks in a row at which nothing ran and nothing was done: the build hangs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The machine, and how it and the build driver behave."""

    cores: int
    """Jobs that the machine runs at full speed."""
    limit: int
    """Bytes; above it the kernel kills."""
    slots: int
    """The driver's own width: jobs that it has born at a time, running or held."""
    contended: bool = False
    """More jobs than cores share them; else each has one of its own."""
    pace: float = 1.0
    """Progress per second of a running job: below 1 where the machine has other work as well."""
    reaction: float = 0.01
    """Seconds from a look to the effect of what was decided on it."""
    step: float = 0.25
    """The kernel checks the memory at least as often as this, in seconds."""
    retries: int = 20
    """Rounds that the driver is started again after kills; 0: the first kill ends the build."""
    held_at_birth: bool = True
    """Whoever watches stops each job the moment it is born; without, it runs until it is told."""
    kills_hidden: bool = True
    """The driver learns of a job that the decider killed only when it has nothing else to do, but
    at once of one that takes long (`victims`): the compiler's own driver lives on, stopped."""
    restart: float = 0.3
    """Seconds in which ninja reads its files at the start of a round."""
    startup: float = 0.01
    """Seconds from birth in which a job is a shell and a driver of no size."""
    notice: float = 0.005
    """Seconds from the end of a job, and the birth that follows it, to a look at the build."""
    pools: Mapping[str, int] = field(default_factory=dict)
    """Depths of ninja's job pools; a pool that is not named has no limit."""
    time_limit: float = NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a build went."""

    seconds: float
    finished: bool
    """False: it hung, ran out of time or rounds, or has a job that never fitted."""
    kernel_kills: int
    kills: int
    pauses: int
    peak: int
    """The highest sum of memory, in bytes."""
    looks: int
    rounds: int


@dataclass(slots=True)
class Live:
    """A job between birth and end."""

    id: int
    job: TraceJob
    forecast: Forecast
    alone: bool
    progress: float
    state: State = "running"
    memory: float = 0.0
    peak: float = 0.0
    seen: Job | None = None
    """As it was shown last while it was held: then nothing changes but what is forecast."""

    @property
    def stretch(self) -> Stretch:
        return Stretch(self.forecast.seconds, max(0.0, self.progress))


class Passage(Protocol):
    """How jobs get on while time passes."""

    def next_change(self, running: Sequence[Live]) -> float:
        """Seconds until one of these has ended, or gets on at another speed."""
        ...

    def go_on(self, running: Sequence[Live], seconds: float) -> None:
        """Adds to the progress of each, and changes what it holds."""
        ...


class Here:
    """All work is done on this machine: each job has a core, or they share them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def rate(self, running: int) -> float:
        """CPU seconds per second of each running job."""
        crowded = self._world.contended and running > self._world.cores
        return self._world.pace * (self._world.cores / running if crowded else 1.0)

    def next_change(self, running: Sequence[Live]) -> float:
        left = min([live.job.seconds - live.progress for live in running], default=NEVER)
        return max(0.0, left) / self.rate(len(running))

    def go_on(self, running: Sequence[Live], seconds: float) -> None:
        gain = seconds * self.rate(len(running))
        for live in running:
            live.progress += gain
            live.memory = live.job.memory(live.progress) if live.progress > 0 else SHELL
            live.peak = max(live.peak, live.memory)


class Simulation:
    """One build under one decider."""

    def __init__(
        self,
        trace: Trace,
        world: World,
        decider: Decider,
        knowledge: Knowledge,
        watch: Callable[[Sample, Decision, float], None] | None = None,
    ) -> None:
        """`watch` is shown every look."""
        self.world, self.decider, self.knowledge, self.watch = world, decider, knowledge, watch
        self.passage: Passage = Here(world)
        self.ninja = ReadyJobs(trace.jobs, world.pools)
        self.now = 0.0
        self.alive: dict[int, Live] = {}
        self.left = len(trace.jobs)
        self.born = self.looks = self.kernel_kills = self.kills = self.pauses = 0
        self.rounds = 1
        self.over = False
        self.top = 0.0
        self.lost: dict[str, float] = {}
        """What jobs held when they were killed, largest; they run alone after a second time."""
        self._alone: set[str] = set()
        self._killed: list[str] = []
        """In this round: they run again in the next."""
        self._failing = False
        """Ninja has seen a failure: it starts nothing more until it is started again."""
        self._look_at, self._act_at, self._still = 0.0, NEVER, 0
        self._refresh_at = 0.0
        """When forecasts are made anew."""
        self._actions: tuple[Action, ...] = ()

    def run(self) -> Run:
        self._spawn()
        while self.left and not self.over and self.now < self.world.time_limit:
            running = [live for live in self.alive.values() if live.state == "running"]
            if not running and self._look_at == self._act_at == NEVER:
                break  # nothing will ever happen any more
            seconds = self._next_event(running) - self.now
            self.passage.go_on(running, seconds)
            self.now += seconds
            self._kernel()
            self._end_finished(running)
            if self.now >= self._act_at:
                self._act()
            if self.now >= self._look_at:
                self._look()
        return Run(
            seconds=self.now,
            finished=not self.left,
            kernel_kills=self.kernel_kills,
            kills=self.kills,
            pauses=self.pauses,
            peak=int(self.top),
            looks=self.looks,
            rounds=self.rounds,
        )

    # ------------------------------------------------------------ time

    def _next_event(self, running: Sequence[Live]) -> float:
        change = self.now + self.passage.next_change(running)
        return min(change, self._look_at, self._act_at, self.now + self.world.step)

    # ------------------------------------------------------------ kills

    def used(self) -> float:
        return sum([live.memory for live in self.alive.values()])

    def _kernel(self) -> None:
        """Kills the largest job while the sum is above the limit."""
        used = self.used()
        self.top = max(self.top, used)
        while used > self.world.limit:
            victim = max(self.alive.values(), key=lambda live: live.memory)
            used -= victim.memory
            self.kernel_kills += 1
            self._failing = True
            self._kill(victim)

    def _kill(self, victim: Live) -> None:
        """Ends a job before its time: it is run again in the next round, if there is one."""
        del self.alive[victim.id]
        name, job_class = victim.job.name, victim.job.job_class
        self.knowledge.lost(name, job_class, int(victim.peak))
        self._tell_finished(victim, complete=False)
        self._killed.append(name)
        self._failing = self._failing or self._is_told_at_once(victim)
        if name in self.lost:
            self._alone.add(name)
        self.lost[name] = max(victim.peak, self.lost.get(name, 0.0))
        fits_never = victim.alone and not any(live.memory for live in self.alive.values())
        self.over = fits_never or self.rounds > self.world.retries
        self._next_round()

    def _is_told_at_once(self, victim: Live) -> bool:
        others = [live.stretch for live in self.alive.values()]
        return not self.world.kills_hidden or is_told_at_once(victim.stretch, others)

    def _next_round(self) -> None:
        """After a failure ninja waits for what runs, ends, and is started again."""
        if self._killed and not self.alive and not self.over and self._is_out_of_work():
            for name in self._killed:
                self.ninja.leave(name)
                self.ninja.put(name)
            self._killed.clear()
            self._failing = False
            self.rounds += 1
            self.now += self.world.restart
            self._spawn()

    # ------------------------------------------------------------ ninja

    def _spawn(self) -> None:
        while self._driver_has() < self.world.slots and not self._failing:
            job = self.ninja.take()
            if job is None:
                return
            self.born += 1
            self.alive[self.born] = Live(
                id=self.born,
                job=job,
                forecast=self._forecast(job),
                alone=job.name in self._alone,
                progress=-self.world.startup,
                state="held" if self.world.held_at_birth else "running",
                memory=SHELL,
            )

    def _driver_has(self) -> int:
        """Jobs that have not ended for the driver."""
        return len(self.alive) + len(self._killed)

    def _is_out_of_work(self) -> bool:
        return self._failing or not self.ninja.has_more()

    def _forecast(self, job: TraceJob) -> Forecast:
        return self.knowledge.forecast(job.name, job.job_class, job.size)

    def _end_finished(self, running: Sequence[Live]) -> None:
        ended = [
            live
            for live in running
            if live.progress >= live.job.seconds - 1e-9 and live.id in self.alive
        ]
        for live in ended:
            del self.alive[live.id]
            job = live.job
            self.knowledge.learn(job.name, job.job_class, int(live.peak), live.progress)
            self._tell_finished(live, complete=True)
            self.left -= 1
            self.ninja.leave(job.name)
            self.ninja.done(job.name)
        if ended:
            self._next_round()
            self._spawn()
            soon = min(self._look_at, self.now + self.world.notice)
            # Nobody looks between a decision and its effect.
            self._look_at = max(soon, self._act_at) if self._actions else soon

    def _tell_finished(self, live: Live, *, complete: bool) -> None:
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

    # ------------------------------------------------------------ the decider

    def _seen(self, live: Live) -> Job:
        if self.now >= self._refresh_at:  # others have taught something meanwhile
            forecast = self._forecast(live.job)
            live.seen = live.seen if forecast is live.forecast else None
            live.forecast = forecast
        if live.seen is not None and live.state == "held":
            return live.seen
        live.seen = Job(
            id=live.id,
            job_class=live.job.job_class,
            state=live.state,
            memory=int(live.memory),
            peak=int(live.peak),
            cpu_seconds=max(0.0, live.progress),
            forecast=live.forecast,
            alone=live.alone,
        )
        return live.seen

    def _look(self) -> None:
        self.looks += 1
        jobs = tuple([self._seen(live) for live in self.alive.values()])
        if self.now >= self._refresh_at:
            self._refresh_at = self.now + REFORECAST
        sample = Sample(jobs=jobs, headroom=int(self.world.limit - self.used()))
        decision = self.decider.decide(sample, self.now)
        if self.watch:
            self.watch(sample, decision, self.now)
        for live in self.alive.values():
            if live.state == "held":
                continue
            job = live.job
            self.knowledge.seen(job.name, job.job_class, int(live.peak), live.progress)
        self._actions = (*self._actions, *decision.actions)
        self._act_at = self.now + self.world.reaction if self._actions else NEVER
        self._look_at = self.now + max(decision.next_look, self.world.reaction * 1.01)
        self._notice_standstill(decision)

    def _notice_standstill(self, decision: Decision) -> None:
        running = any(live.state == "running" for live in self.alive.values())
        self._still = 0 if running or decision.actions or not self.alive else self._still + 1
        self.over = self.over or self._still > STANDSTILL

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

    def _pause(self, live: Live) -> None:
        """A newborn has nothing to lose yet: it is held, not paused."""
        newborn = live.memory < 2**22
        live.state = "held" if newborn else "paused"
        live.seen = None
        self.pauses += not newborn


def simulate(trace: Trace, world: World, decider: Decider, knowledge: Knowledge) -> Run:
    """Runs the whole trace under the decider; the same arguments give the same run."""
    return Simulation(trace, world, decider, knowledge).run()
