"""One run of a build driver under the governor: look, let it decide, do what it said, wait.

Decides nothing itself. Knows nothing of retries: a round ends when the driver ends.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol

from ninjapool.govern.interrupts import Interrupts
from ninjapool.govern.model import Finished, Sample
from ninjapool.govern.watched import end_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ninjapool.govern.jobs import JobTable
    from ninjapool.govern.jobserver import JobServer
    from ninjapool.govern.kernel import SignalReader
    from ninjapool.govern.model import Decision, Forecast
    from ninjapool.govern.watched import Watched
    from ninjapool.model import JobClass

BIRTH_TICK = 0.001
BIRTH_WATCH = 0.015
"""Seconds after a birth or an end in which the next birth is most likely."""
LATE_TICK = 0.005
LATE_WATCH = 0.1
"""A driver with a large graph takes its time to start the next job."""
YOUNG_TICK = 0.01
NEST_TICK = 0.02
SLOWEST_TICK = 0.3
YOUNG_JOB = 0.3
COUNTER_TICK = 0.25
GROWTH = 0.15
"""Jobs that have taken this part of the headroom since the last decision call for the next."""
YOUNG_SHARE = 0.05
QUIET_SHARE = 0.01
"""Of a CPU, for looking at all processes while jobs are young, and else: a machine that has
thousands of processes is looked at less often."""
KILL_PATIENCE = 0.3
"""Seconds from a friendly kill to one that is not."""


class Decider(Protocol):
    """The governor, or whatever stands in for it."""

    def decide(self, sample: Sample, now: float) -> Decision: ...
    def finished(self, job: Finished) -> None: ...


class Knowledge(Protocol):
    """What is known of a job before it begins, and what becomes of it."""

    def forecast(self, key: str, job_class: JobClass) -> Forecast: ...
    def seen(self, key: str, job_class: JobClass, peak: int, seconds: float) -> None: ...
    def learn(self, key: str, job_class: JobClass, peak: int, seconds: float) -> None: ...


Counted = Literal["cgroup", "machine"]


@dataclass(frozen=True, slots=True)
class Senses:
    """The machine, as far as the loop asks it again and again."""

    headroom: Callable[[], int | None]
    """Bytes still free under the tightest limit."""
    oom_kills: Callable[[], int | None]
    """How often the kernel has killed for want of memory, since some time in the past."""
    clock: Callable[[], float] = time.monotonic


@dataclass(slots=True)
class Tally:
    """What is counted over a whole build."""

    peak: int = 0
    least_headroom: int | None = None
    held: dict[str, float] = field(default_factory=dict)
    pauses: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Round:
    """One life of the driver."""

    status: int = 0
    """As subprocess has it: below zero for a signal."""
    interrupted: int | None = None
    ended: list[tuple[Watched, Forecast]] = field(default_factory=list)
    kernel_kills: list[tuple[float, float]] = field(default_factory=list)
    """Between these two moments the kernel's counter has risen."""


class Loop:
    """Drives one round."""

    def __init__(  # noqa: PLR0913 - all that a round consists of, each given once
        self,
        driver: int,
        *,
        table: JobTable,
        decider: Decider,
        knowledge: Knowledge,
        senses: Senses,
        signals: SignalReader,
        server: JobServer | None,
        alone: Mapping[str, int],
        tally: Tally,
    ) -> None:
        """`alone`: jobs that were killed before, by key, with the bytes that they need at least."""
        self._driver, self._table, self._server = driver, table, server
        self._decider, self._knowledge, self._senses = decider, knowledge, senses
        self._signals, self._alone, self._tally = signals, alone, tally
        self._interrupts = Interrupts(driver, table, signals)
        self._poll = select.epoll()
        self._poll.register(signals.descriptor, select.EPOLLIN)
        self._watches: dict[int, Watched] = {}
        self._forecasts: dict[int, Forecast] = {}
        self._dying: dict[int, float] = {}
        self._status: int | None = None
        self._round = Round()
        self._held_then = self._room_then = 0
        self._decide_at = 0.0
        self._look_at = 0.0
        self._counted: tuple[float, int | None] = (senses.clock(), senses.oom_kills())
        self._last_event = senses.clock()
        self._cost, self._nest_at, self._measure_at = 0.0, 0.0, 0.0
        self._last_decision: tuple[float, str] | None = None
        self._blind_ends = not hasattr(os, "pidfd_open")

    def run(self) -> Round:
        """Returns once the driver has ended and nothing of it is left stopped."""
        try:
            while self._status is None:
                ready = self._poll.poll(self._patience(self._senses.clock()))
                now = self._senses.clock()
                self._receive(now)
                self._look([self._watches[fd] for fd, _ in ready if fd in self._watches], now)
                if now >= self._decide_at and self._interrupts.received is None:
                    self._decide(now)
        finally:
            self._leave()
        self._round.status = self._status
        self._round.interrupted = self._interrupts.received
        return self._round

    # ------------------------------------------------------------ waiting

    def _patience(self, now: float) -> float:
        """Seconds until the next look: short while jobs are being born."""
        since = now - self._last_event
        if self._interrupts.received is not None:
            return YOUNG_TICK
        if since < BIRTH_WATCH:
            return BIRTH_TICK
        if since < LATE_WATCH or self._table.waits_for_births():
            return LATE_TICK
        nest_at = self._nest_at if self._table.nests() else self._look_at
        due = min(self._decide_at, self._look_at, self._measure_at, nest_at)
        return max(0.0, due - now)

    def _look_interval(self, now: float) -> float:
        """Seconds until all processes are looked at again."""
        jobs = self._table.jobs.values()
        young = any(job.state == "running" and now - job.born < YOUNG_JOB for job in jobs)
        if young or self._blind_ends or self._dying:
            return max(YOUNG_TICK, self._cost / YOUNG_SHARE)
        return max(SLOWEST_TICK, self._cost / QUIET_SHARE)

    def _receive(self, now: float) -> None:
        for received in self._signals.read():
            if received.number == signal.SIGCHLD:
                self._reap()
            else:
                self._interrupts.handle(received, now)
        self._interrupts.follow_up(now)

    def _reap(self) -> None:
        """Collects the driver, and the orphans that fell to us."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self._driver:
                    self._status = os.waitstatus_to_exitcode(status)

    # ------------------------------------------------------------ looking

    def _look(self, exited: list[Watched], now: float) -> None:
        self._read_processes(exited, now)
        table = self._table
        if exited or table.born or table.ended:
            self._last_event = self._decide_at = now
        for job in table.born:
            self._welcome(job)
        table.born.clear()
        for job in table.ended:
            self._part_from(job, now)
        table.ended.clear()

    def _read_processes(self, exited: list[Watched], now: float) -> None:
        table = self._table
        for job in exited:
            self._unwatch(job)
            table.check_leader(job, now)
        if now >= self._look_at:
            table.look(now)
            self._cost += 0.2 * (self._senses.clock() - now - self._cost)
            self._look_at = now + self._look_interval(now)
            self._kill_the_stubborn(now)
        elif now - self._last_event < LATE_WATCH or table.waits_for_births():
            table.look_quickly(now)
        if now >= self._nest_at:
            begin = self._senses.clock()
            table.look_down(now)
            took = self._senses.clock() - begin
            self._nest_at = now + max(NEST_TICK, took / QUIET_SHARE)
        if now >= self._measure_at:
            self._measure_growing(now)
        for process in table.stragglers:
            if process.job is not None:
                process.job.stop_straggler(process)
        table.stragglers.clear()

    def _measure_growing(self, now: float) -> None:
        begin = self._senses.clock()
        due = self._table.measure_growing(now)
        took = self._senses.clock() - begin
        self._measure_at = max(due, now + took / YOUNG_SHARE)
        if self._table.held() - self._held_then > GROWTH * self._room_then:
            self._decide_at = now

    def _welcome(self, job: Watched) -> None:
        identity = job.identity
        forecast = self._knowledge.forecast(identity.key, identity.job_class)
        if identity.key in self._alone:
            forecast = replace(forecast, at_least=max(forecast.at_least, self._alone[identity.key]))
        self._forecasts[job.id] = forecast
        if job.can_stop and self._interrupts.received is None:
            job.state = "held"
        with contextlib.suppress(OSError, AttributeError):
            handle = os.pidfd_open(job.leader.pid)
            self._watches[handle] = job
            self._poll.register(handle, select.EPOLLIN)

    def _unwatch(self, job: Watched) -> None:
        for handle in [fd for fd, watched in self._watches.items() if watched is job]:
            del self._watches[handle]
            self._poll.unregister(handle)
            os.close(handle)

    def _part_from(self, job: Watched, now: float) -> None:
        self._unwatch(job)
        self._dying.pop(job.id, None)
        forecast = self._forecasts.pop(job.id)
        if job.nested:
            return
        if job.loss is not None:
            self._count_kernel_kills(now)
        self._round.ended.append((job, forecast))
        well = job.killed is None and not self._killed_lately(now)
        complete = well and job.is_peak_known(now)
        identity, seconds = job.identity, job.progress(now)
        self._decider.finished(
            Finished(
                id=job.id,
                job_class=identity.job_class,
                peak=job.peak,
                cpu_seconds=seconds,
                forecast=forecast,
                complete=complete,
            )
        )
        if complete and self._interrupts.received is None:
            self._knowledge.learn(identity.key, identity.job_class, job.peak, seconds)

    def _count_kernel_kills(self, now: float) -> None:
        before, count = self._counted
        new = self._senses.oom_kills()
        if new is not None and count is not None and new > count:
            self._round.kernel_kills.append((before, now))
        self._counted = (now, new)

    def _killed_lately(self, now: float) -> bool:
        return bool(self._round.kernel_kills) and now - self._round.kernel_kills[-1][1] < 1.0

    # ------------------------------------------------------------ deciding

    def _decide(self, now: float) -> None:
        total = self._table.measure(now)
        if now - self._counted[0] >= COUNTER_TICK:
            self._count_kernel_kills(now)
        headroom = self._senses.headroom()
        self._keep_the_tally(total, headroom, now)
        self._held_then, self._room_then = total, headroom or 0
        governed = self._table.governed()
        seen = tuple(
            job.as_job(now, self._forecasts[job.id], alone=job.identity.key in self._alone)
            for job in governed
        )
        room = headroom if headroom is not None else total
        decision = self._decider.decide(Sample(jobs=seen, headroom=room), now)
        self._apply(decision, now)
        self._last_decision = (now, decision.held_for)
        self._decide_at = now + min(decision.next_look, SLOWEST_TICK)
        if self._server is not None:
            self._server.adjust(self._table.extra_slots_in_use(), decision.slots, now)
        for watched, job in zip(governed, seen, strict=True):
            if job.state == "running":
                key = watched.identity.key
                self._knowledge.seen(key, job.job_class, job.peak, job.cpu_seconds)

    def _keep_the_tally(self, total: int, headroom: int | None, now: float) -> None:
        tally = self._tally
        tally.peak = max(tally.peak, total)
        if headroom is not None:
            tally.least_headroom = min(headroom, tally.least_headroom or headroom)
        if self._last_decision is not None:
            since, reason = self._last_decision
            tally.held[reason] = tally.held.get(reason, 0.0) + now - since

    def _apply(self, decision: Decision, now: float) -> None:
        for action in decision.actions:
            job = self._table.jobs.get(action.job)
            if job is None:
                continue
            self._table.refresh(job, now)
            if action.verb in ("start", "resume"):
                job.go_on(now)
            elif action.verb == "pause":
                self._tally.pauses += job.stop(now, "paused")
            else:
                job.killed = action.why
                job.kill(now)
                self._dying[job.id] = now + KILL_PATIENCE
        for job in self._table.governed():
            if job.state == "held" and job.stopped_at is None and not job.stop(now, "held"):
                job.state = "running"

    def _kill_the_stubborn(self, now: float) -> None:
        for job_id, moment in list(self._dying.items()):
            job = self._table.jobs.get(job_id)
            if job is None:
                del self._dying[job_id]
            elif now >= moment:
                self._table.refresh(job, now)
                job.kill_all()

    # ------------------------------------------------------------ the end

    def _leave(self) -> None:
        """Nothing stays stopped; of a build that was ended from outside nothing stays at all."""
        now = self._senses.clock()
        self._count_kernel_kills(now)
        jobs = list(self._table.jobs.values())
        violent = self._status is None or self._status < 0 or self._interrupts.received is not None
        for job in jobs:
            self._table.refresh(job, now)
        if violent:
            end_all(jobs)
        for job in jobs:
            self._round.ended.append((job, self._forecasts[job.id]))
            if job.stopped_at is not None:
                job.go_on(now)
        for handle in self._watches:
            os.close(handle)
        self._poll.close()
        self._table.close()
