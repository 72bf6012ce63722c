"""One run of a build driver under the governor: look, let it decide, do what it said, wait.

Decides nothing itself. Knows nothing of retries: a round ends when the driver ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING

from ninjapool.govern.ends import Ends
from ninjapool.govern.foreseen import Foreseen
from ninjapool.govern.hands import Hands
from ninjapool.govern.hidden import Hidden
from ninjapool.govern.interrupts import Interrupts
from ninjapool.govern.kernel import spare_descriptors
from ninjapool.govern.meter import Meter
from ninjapool.govern.model import Sample
from ninjapool.govern.pace import CALM_TICK, SHORT_TICK, Expected, Pace
from ninjapool.govern.partings import Partings
from ninjapool.govern.rounds import Round
from ninjapool.govern.summary import NOT_JOINED
from ninjapool.govern.victims import Stretch, is_told_at_once

if TYPE_CHECKING:
    from ninjapool.govern.jobs import JobTable
    from ninjapool.govern.jobserver import JobServer
    from ninjapool.govern.kernel import SignalReader
    from ninjapool.govern.mind import Senses, Witness
    from ninjapool.govern.model import Action, Decider, Decision, Knowledge
    from ninjapool.govern.procfs import Processes
    from ninjapool.govern.recorder import Recorder
    from ninjapool.govern.rounds import Retries
    from ninjapool.govern.senses import KillCounter
    from ninjapool.govern.tally import Tally
    from ninjapool.govern.watched import Watched

GROWTH = 0.15
"""Jobs that have taken this part of the headroom since the last decision call for the next."""
LEFTOVERS = 1.0
"""Seconds that an interrupted build's other processes have to end after the outermost has."""


class Loop:
    """Drives one round."""

    def __init__(  # noqa: PLR0913 - all that a round consists of, each given once
        self,
        driver: int,
        *,
        table: JobTable,
        processes: Processes,
        decider: Decider,
        knowledge: Knowledge,
        senses: Senses,
        kills: KillCounter,
        witness: Witness,
        signals: SignalReader,
        server: JobServer | None,
        retries: Retries,
        tally: Tally,
        recorder: Recorder,
    ) -> None:
        """`kills`: from before the driver was started, for its jobs may be killed at once."""
        self._driver, self._table, self._server = driver, table, server
        self._decider, self._knowledge, self._senses = decider, knowledge, senses
        self._signals, self._retries, self._tally = signals, retries, tally
        self._witness = witness
        self._recorder = recorder
        self._hands = Hands(table)
        self._hidden = Hidden(table, self._hands)
        self._interrupts = Interrupts(driver, table, self._hands, signals, processes)
        spare = spare_descriptors()
        self._meter = Meter(table, processes, most_open=spare // 3)
        self._ends = Ends(signals.descriptor, most_open=spare // 2)
        now = senses.clock()
        self._pace = Pace(now)
        self._kills = kills
        self._foreseen = Foreseen(knowledge)
        self._status: int | None = None
        self._round = Round(kernel_kills=kills.kills)
        self._partings = Partings(
            foreseen=self._foreseen,
            kills=self._kills,
            decider=decider,
            knowledge=knowledge,
            witness=witness,
            interrupts=self._interrupts,
            ended=self._round.ended,
        )
        self._held_then = self._room_then = 0
        self._calm = False
        """Newborns need not be stopped."""
        self._asked = 0.0
        """Seconds after which the decider wanted to see the next sample."""
        self._last_decision: tuple[float, str] | None = None
        self._expected = Expected(births=True, first=True)
        table.at_birth = self._hold

    def run(self) -> Round:
        """Returns once the driver has ended and nothing of it is left stopped."""
        try:
            while self._status is None:
                self._step()
            end = self._senses.clock() + LEFTOVERS
            while self._interrupts.received and self._table.around() and end > self._step():
                pass
        finally:
            self._leave()
        self._round.status = self._status
        self._round.interrupted = self._interrupts.received
        return self._round

    def _step(self) -> float:
        exited, signalled = self._ends.wait(self._patience(), self._together())
        now = self._senses.clock()
        if signalled:
            self._partings.settle(now)
            self._receive(now)
        self._interrupts.follow_up(now)
        self._look(exited, now)
        if now >= self._pace.decide_at and self._interrupts.received is None:
            self._decide(now)
        return now

    @property
    def _others_wait(self) -> bool:
        """Then a newborn is not the one for whom there is room at once."""
        return self._last_decision is not None and self._last_decision[1] != "nothing"

    # ------------------------------------------------------------ waiting

    def _patience(self) -> float:
        if self._interrupts.received is not None:
            return SHORT_TICK
        now = self._senses.clock()
        return min(self._pace.seconds(self._expected, now), self._hidden.patience(now))

    def _together(self) -> float:
        """Where any job may run, nobody waits for another's end: many may be met at once."""
        return CALM_TICK if self._calm and self._interrupts.received is None else 0.0

    def _what_to_expect(self) -> Expected:
        table = self._table
        first = table.waits_for_births()
        return Expected(
            births=first or not table.is_full(),
            first=first,
            drivers=table.drivers(),
            nests=bool(table.nests()),
            unseen_ends=self._hands.wait_for_the_dying or self._ends.any_unseen,
            returns=table.may_come_home(),
            calm=self._calm,
        )

    def _receive(self, now: float) -> None:
        for received in self._signals.read():
            if received.number == signal.SIGCHLD:
                self._reap()
            else:
                self._interrupts.handle(received, now)

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
        table = self._table
        for job in exited:
            self._ends.unwatch(job)
            table.check_leader(job, now)
        looked = self._look_at_processes(now)
        self._hands.stop_stragglers()
        self._hands.wake_strays()
        self._hands.kill_the_stubborn(now)
        if exited or table.born or table.ended:
            self._pace.happened(now, calm=self._calm)
        self._take_note(now)
        if looked or exited:
            self._expected = self._what_to_expect()

    def _take_note(self, now: float) -> None:
        """Of those who were born, ended, or hold nothing any more."""
        table = self._table
        if not self._calm:
            self._call_for_a_decision(now)
        for job in table.born:
            self._welcome(job, now)
        table.born.clear()
        for job in table.came_home:
            self._take_home(job, now)
        table.came_home.clear()
        for job in table.ended:
            self._ends.unwatch(job)
        self._partings.add(table.ended)
        table.ended.clear()
        if self._calm:
            self._partings.settle(now)
        for job in self._hidden.look(now):
            self._partings.tell_the_decider(job, now, complete=False)
            self._pace.decide_soon(now)

    def _call_for_a_decision(self, now: float) -> None:
        table, pace = self._table, self._pace
        pace.born(len(table.born), now)
        if table.born and not self._others_wait:
            pace.decide_soon(now)
        if table.ended:
            pace.ended(len(table.ended), now)

    def _look_at_processes(self, now: float) -> bool:
        """Whether anything can have been found that is to be expected."""
        table, pace, cost = self._table, self._pace, self._senses.cost
        begin = cost()
        looked = now >= pace.look_at
        if looked:
            table.look(now)
            pace.looked(self._expected, cost() - begin, now)
        elif pace.is_birth_near(self._expected, now):
            looked = True
            table.look_quickly(now)
            pace.looked_quickly(now)
        if self._expected.nests and now >= pace.nest_at:
            looked, begin = True, cost()
            table.look_down(now)
            pace.looked_down(cost() - begin, now)
        if now >= pace.measure_at:
            begin = cost()
            due = self._meter.measure_growing(now)
            pace.measured(due, cost() - begin, now)
            held = self._meter.held()
            self._tally.look(held, None)
            running = [job for job in table.governed() if job.state == "running"]
            self._recorder.glance(((job.id, job.memory) for job in running), held, now)
            if held - self._held_then > GROWTH * self._room_then:
                pace.decide_now(now)
        return looked

    def _hold(self, job: Watched) -> None:
        """At its birth; the first decision may let it go."""
        if self._calm and job.identity.key not in self._retries.again:
            job.begun = job.born
        elif self._interrupts.received is None:
            self._hands.hold(job, job.born)

    def _welcome(self, job: Watched, now: float) -> None:
        if job.stopped_at is not None:
            self._hands.tie_up(job, now)
        self._meter.begin(job)
        self._witness.begin(job)
        self._foreseen.begin(job)
        self._recorder.meet(job.id, job.identity.key, job.identity.job_class, job.born)
        self._ends.watch(job)
        holder = self._table.jobs.get(job.within or 0)
        if holder is not None and holder.stopped_at is not None:
            # It was stopped as a job; now its jobs are the jobs, and nobody decides about it.
            self._hands.go_on(holder, now)

    def _take_home(self, job: Watched, now: float) -> None:
        """What was known of it was known of a job that goes away."""
        if job in self._foreseen:
            self._witness.forget(job)
            self._foreseen.begin(job)
            self._recorder.becomes(job.id, job.identity.job_class)
            self._pace.decide_soon(now)

    # ------------------------------------------------------------ deciding

    def _decide(self, now: float) -> None:
        begin = self._senses.cost()
        self._partings.settle(now)
        self._kills.look_if_due(now)
        self._meter.measure(now, self._asked, stopped=self._kills.lately(now))
        headroom = self._senses.headroom()
        total = self._meter.agreed(headroom, now)
        self._tally.look(total, headroom)
        self._held_then, self._room_then = total, headroom or 0
        jobs = self._table.governed()
        self._hands.wake_the_forgotten(list(self._table.jobs.values()), now)
        sample = self._sample(jobs, total if headroom is None else headroom, now)
        decision = self._decider.decide(sample, now)
        self._count_time_held(decision, now)
        self._recorder.look(sample, decision, now)
        for action in decision.actions:
            self._do(action, now)
        if decision.actions or decision.calm != self._calm:
            self._calm = decision.calm
            self._expected = self._what_to_expect()
        self._asked, self._meter.roomy = decision.next_look, decision.roomy
        self._adjust_slots(now)
        for watched, job in zip(jobs, sample.jobs, strict=True):
            if watched.measured == now and job.state == "running" and watched.killed is None:
                key = watched.identity.key
                self._knowledge.seen(key, job.job_class, job.peak, job.cpu_seconds)
        self._pace.decided(decision.next_look, self._senses.cost() - begin, now)

    def _adjust_slots(self, now: float) -> None:
        if self._server is None:
            return
        self._server.adjust(self._table.extra_slots_in_use(), now)
        if self._server.overdrawn and NOT_JOINED not in self._tally.notes:
            self._tally.notes.append(NOT_JOINED)

    def _sample(self, jobs: list[Watched], headroom: int, now: float) -> Sample:
        alone, foreseen = self._retries.alone, self._foreseen
        foreseen.refresh(jobs, now)
        seen = [
            job.as_job(now, foreseen.latest(job), alone=job.identity.key in alone) for job in jobs
        ]
        return Sample(jobs=tuple(seen), headroom=headroom)

    def _count_time_held(self, decision: Decision, now: float) -> None:
        if self._last_decision is not None:
            since, reason = self._last_decision
            self._tally.held[reason] = self._tally.held.get(reason, 0.0) + now - since
        self._last_decision = (now, decision.held_for)

    def _do(self, action: Action, now: float) -> None:
        job = self._table.jobs.get(action.job)
        if job is None or job in self._hidden:
            return
        if action.verb in ("start", "resume"):
            self._hands.go_on(job, now)
        elif action.verb == "pause":
            self._tally.pauses += self._hands.pause(job, now)
        else:
            self._kill(job, action.why, now)

    def _kill(self, job: Watched, why: str, now: float) -> None:
        if job.killed is None:
            self._knowledge.lost(job.identity.key, job.identity.job_class, job.peak)
        if not self._hidden.hide(job, why, now, told=self._is_told_at_once(job, now)):
            self._hands.kill(job, why, now)

    def _is_told_at_once(self, job: Watched, now: float) -> bool:
        """Not a nested driver, which would fail what holds it, nor one that then ends for good."""
        if job.within is not None or not self._retries.possible:
            return False
        others = [self._stretch(one, now) for one in self._table.governed() if one is not job]
        return is_told_at_once(self._stretch(job, now), others)

    def _stretch(self, job: Watched, now: float) -> Stretch:
        return Stretch(self._foreseen.latest(job).seconds, job.progress(now))

    # ------------------------------------------------------------ the end

    def _leave(self) -> None:
        """Nothing stays stopped; of a build that was ended from outside nothing stays at all."""
        now = self._senses.clock()
        self._partings.settle(now)
        self._kills.look(now)
        violent = self._status is None or self._status < 0 or self._interrupts.received is not None
        if violent:
            self._table.look(now)
        jobs = list(self._table.jobs.values())
        if violent:
            self._hands.end_all(jobs, now)
            self._hands.end_others(self._table.around())
        for job in jobs:
            if job in self._foreseen:
                forecast = self._foreseen.at_start(job)
                self._round.ended.append((job, forecast))
                if self._status == 0 and not job.nested and job.killed is None:
                    # A driver that succeeded may end before the end of its last job was seen.
                    self._witness.end(job, forecast, now, complete=job.is_peak_known(now))
            if job.stopped_at is not None:
                self._hands.go_on(job, now)
        self._hands.wake_strays()
        self._ends.close()
        self._meter.close()
