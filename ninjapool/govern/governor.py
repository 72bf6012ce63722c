"""Which of the jobs that were born may run now, so that the memory of all stays inside the limit.

Given a sample and the time, it answers with actions. It knows no processes, no clock and no
build driver: the same object runs in a build and in the simulator.

Two rules work together. *Admission* looks ahead: what the running jobs are expected to hold at
each instant of a grid, and the newcomer on top, must stay inside the budget. The *guard* looks at
the next moments: where forecasts were wrong and the line comes near, some go on and the others
wait, and never is a state entered in which none could end (the banker's rule).
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ninjapool.govern.ledger import Ledger, Stake
from ninjapool.govern.model import Action, Decision
from ninjapool.govern.outlook import GRID, fates, outlook
from ninjapool.units import MIB, format_size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from ninjapool.govern.model import Finished, Job, Sample
    from ninjapool.govern.outlook import Fate, Outlook
    from ninjapool.model import Forecast

RISK = 1.7
"""Standard deviations of the sum of all forecasts that must fit as well."""
RESUME = 0.65
"""Share of the risk at which a paused job goes on: it holds memory, so it should not wait long."""
SHED = 0.3
"""Share of the risk at which those that run are too many."""
SOON = 0.06
"""Seconds of growth that the guard keeps room for: some looks and the time that an action takes.
Where looks come later than they were asked for, it is more."""
FASTEST, TIGHT, SLOWEST = 0.01, 0.1, 0.3
"""Seconds between looks: the least, the most while jobs wait, the most."""
LINE, LAST = 0.3, 0.1
"""Shares of the reserve: the guard acts at the first, and kills for want of it at the second."""
OVERRUN = 0.05
"""Share of what a job holds that it may yet need beyond what it is counted on to need."""
PATIENCE = 30
"""Times the cores: so many started jobs may pass one that does not fit; then room is kept."""
UNSEEN = 2
"""Newborns that may be growing unseen at a look, each by what those held kept on the average."""
REMEMBERED = 500
"""Forecasts whose outlook at birth is kept: jobs of a kind share theirs."""


class _Room(NamedTuple):
    """The bytes of one look."""

    used: float
    """What all jobs hold."""
    budget: float
    """What they may hold later on."""
    line: float
    """What they may hold in the next moments."""
    last: float
    """Where nothing helps any more but to kill."""


class _Known:
    """What is remembered of a job from look to look."""

    __slots__ = ("admitted", "at", "born", "fates", "forecast", "memory", "outlook", "progress",
                 "slope", "then")  # fmt: skip

    def __init__(self, job: Job, born: int) -> None:
        self.forecast: Forecast | None = None
        self.fates: tuple[Fate, ...] = ()
        self.outlook: Outlook
        self.born = born
        """How many jobs had been started before it was born."""
        self.at, self.then = -math.inf, 0
        """When the outlook was made, and what the job held then."""
        self.memory, self.progress, self.slope = 0, 0.0, 0.0
        self.admitted = not job.can_stop


class Governor:
    """Decides, look by look; remembers of each job only what it needs for the next look."""

    def __init__(self, *, cores: int, reserve: int, risk: float = RISK) -> None:
        """`cores` jobs may run; `reserve` bytes are left free."""
        self._cores, self._reserve, self._risk = max(1, cores), float(reserve), risk
        self._known: dict[int, _Known] = {}
        self._newborn: dict[Forecast, tuple[tuple[Fate, ...], Outlook]] = {}
        self._rate = 1.0
        """Seconds of progress per second of a running job: below 1 where CPUs are contended."""
        self._now: float | None = None
        self._asked, self._late, self._soon = SLOWEST, 0.0, SOON
        self._starts = 0
        self._killed: int | None = None
        self._short = False

    def finished(self, job: Finished) -> None:
        """A job has ended."""
        self._known.pop(job.id, None)

    def decide(self, sample: Sample, now: float) -> Decision:
        """`now` is in seconds and must not go backwards from call to call."""
        self._observe(sample, now)
        running, paused, held = self._sorted(sample.jobs)
        room = self._measure(sample, held)
        stakes = {job.id: self._stake(job, room) for job in [*running, *paused]}
        ledger = Ledger(room.used, stakes.values())
        ledger.take(*[stakes[job.id] for job in running])
        self._short = bool(stakes) and not ledger.holds(room.line)
        if self._short:
            ledger, actions = self._guard(room, stakes, running, paused)
        elif running and ledger.exceeds(room.budget, self._risk * SHED):
            self._short = True
            ledger, actions = self._shed(room, stakes, running)
        elif any(job.alone for job in running):
            self._short, actions = True, []  # it has all the memory, nobody joins it
        else:
            actions = self._admit(ledger, room, stakes, paused, held)
        self._asked = self._next_look(ledger, room, len(sample.jobs))
        return Decision(
            actions=(*actions, *self._hold_back(held)),
            next_look=self._asked,
            held_for=self._held_for(ledger, len(sample.jobs)),
        )

    # ------------------------------------------------------------ seeing

    def _sorted(self, jobs: Sequence[Job]) -> tuple[list[Job], list[Job], list[Job]]:
        """Running, paused, and held or newborn ones, each from the eldest to the youngest."""
        rooms: tuple[list[Job], list[Job], list[Job]] = [], [], []
        for job in sorted(jobs, key=lambda job: job.id):
            admitted = self._known[job.id].admitted
            place = 1 if job.state == "paused" else 0 if job.state == "running" and admitted else 2
            rooms[place].append(job)
        return rooms

    def _measure(self, sample: Sample, held: list[Job]) -> _Room:
        used = float(sum(job.memory for job in sample.jobs))
        unseen = UNSEEN * sum(job.memory for job in held) / max(1, len(held))
        total = used + sample.headroom - unseen
        return _Room(
            used=used,
            budget=total - self._reserve,
            line=total - self._reserve * LINE,
            last=total - self._reserve * LAST,
        )

    def _observe(self, sample: Sample, now: float) -> None:
        span = now - self._now if self._now is not None else 0.0
        self._now = now
        late = max(0.0, span - self._asked)
        self._late += (late - self._late) * (0.3 if late > self._late else 0.03)
        self._soon = max(SOON, 2.5 * (FASTEST + self._late))
        gained = lived = 0.0
        for job in sample.jobs:
            known = self._known.get(job.id)
            if known is None:
                known = self._known[job.id] = _Known(job, self._starts)
            elif span > 0 and job.state == "running":
                gained += max(0.0, job.cpu_seconds - known.progress)
                lived += span
                fresh = min(1.0, span / 0.15)
                known.slope += ((job.memory - known.memory) / span - known.slope) * fresh
            known.memory, known.progress = job.memory, job.cpu_seconds
        self._forget(sample)
        if lived > 0:
            rate = min(1.0, max(0.05, gained / lived))
            self._rate += (rate - self._rate) * min(1.0, lived / 10)

    def _forget(self, sample: Sample) -> None:
        if len(self._known) > len(sample.jobs):
            alive = {job.id for job in sample.jobs}
            self._known = {job: known for job, known in self._known.items() if job in alive}

    # ------------------------------------------------------------ foreseeing

    def _stake(self, job: Job, room: _Room) -> Stake:
        """The job's part in the sums; its outlook is made anew when it is old or was wrong."""
        known = self._known[job.id]
        self._look_ahead(job, known)
        look = known.outlook
        climbs = (look.mean[1] - known.then) / GRID[1]
        return Stake(
            job=job.id,
            holds=float(job.memory),
            # Each job fits alone, or it is lost anyway: nobody can need more than there is.
            need=max(0.0, min(look.peak, room.line) - job.memory),
            soon=max(known.slope, climbs, 0.0) * self._soon,
            gain=tuple([mean - known.then for mean in look.mean]),
            variance=look.variance,
            common=look.common,
        )

    def _look_ahead(self, job: Job, known: _Known) -> None:
        if not known.admitted or job.cpu_seconds <= 0 or job.state == "held":
            if known.forecast != job.forecast:
                known.forecast = job.forecast
                known.fates, known.outlook = self._unborn(job)
        elif self._is_stale(job, known):
            if known.forecast != job.forecast:
                known.forecast, known.fates = job.forecast, self._unborn(job)[0]
            known.at, known.then = self._now or 0.0, job.memory
            known.outlook = outlook(job, known.fates, self._rate)

    def _unborn(self, job: Job) -> tuple[tuple[Fate, ...], Outlook]:
        """Fates and outlook of a job that has shown nothing yet; many jobs share a forecast."""
        found = self._newborn.get(job.forecast)
        if found is None:
            if len(self._newborn) > REMEMBERED:
                self._newborn.clear()
            blank = replace(job, memory=0, peak=0, cpu_seconds=0.0)
            begun = fates(job.forecast)
            found = self._newborn[job.forecast] = begun, outlook(blank, begun, self._rate)
        return found

    def _is_stale(self, job: Job, known: _Known) -> bool:
        """Old, for a job that runs, or wrong."""
        if abs(job.memory - known.then) > 0.05 * (job.memory + 50 * MIB):
            return True
        age = (self._now or 0.0) - known.at
        return job.state == "running" and age >= min(3.0, 0.08 * (job.cpu_seconds + 0.5))

    # ------------------------------------------------------------ the guard

    def _guard(
        self, room: _Room, stakes: dict[int, Stake], running: list[Job], paused: list[Job]
    ) -> tuple[Ledger, list[Action]]:
        """Who may go on when the line is near: the first in the safe order, then whoever fits."""
        ledger, actions = Ledger(room.used, stakes.values()), list[Action]()
        first = min((stake.claim for stake in stakes.values()), default=None)
        for job in self._by_right(first.job if first else None, stakes, running, paused):
            stake = stakes[job.id]
            free = room.line - ledger.used - ledger.growth - stake.soon
            goes_on = job.state == "running" and free >= 0 and ledger.safe_with(stake, room.line)
            if not ledger.running or not job.can_stop or goes_on:
                ledger.take(stake)
                if job.state == "paused":
                    actions.append(_act("resume", job, "it needs least to end"))
            elif job.state == "running":
                actions.append(_act("pause", job, "memory runs short, others go first"))
        if first and ledger.running <= 1:  # nobody but the first
            to_end = min(ledger.growth, first.need + OVERRUN * first.holds)
            if ledger.used + to_end > room.last:
                actions += self._last_resort(first.job, paused)
        return ledger, actions

    def _shed(
        self, room: _Room, stakes: dict[int, Stake], running: list[Job]
    ) -> tuple[Ledger, list[Action]]:
        """Forecasts have risen and the line will be met: the youngest stop while they are small.

        Who already holds most of what he will need goes on: he would hold it standing as well.
        """
        ledger, actions = Ledger(room.used, stakes.values()), list[Action]()
        for job in sorted(running, key=lambda job: (-job.cpu_seconds, job.id)):
            stake = stakes[job.id]
            small = stake.holds < stake.need and job.can_stop
            if (
                small
                and ledger.running
                and not ledger.fits(stake, room.line, room.budget, self._risk * SHED)
            ):
                actions.append(_act("pause", job, "memory will run short, it is small yet"))
            else:
                ledger.take(stake)
        return ledger, actions

    def _by_right(
        self,
        first: int | None,
        stakes: dict[int, Stake],
        running: list[Job],
        paused: list[Job],
    ) -> list[Job]:
        """The first in the safe order, though it be paused; unstoppable ones; by what they need."""
        chosen = [job for job in [*running, *paused] if job.id == first]
        rest = [job for job in running if job.id != first]
        return chosen + sorted(rest, key=lambda job: (job.can_stop, stakes[job.id].need, job.id))

    def _last_resort(self, first: int | None, paused: list[Job]) -> list[Action]:
        """Kills the stopped job that loses least work; the next only when this one is gone."""
        if self._killed in self._known:
            return []
        stopped = [job for job in paused if job.id != first and job.can_stop]
        if not stopped:
            return []
        victim = min(stopped, key=lambda job: (job.cpu_seconds, job.id))
        self._killed = victim.id
        return [_act("kill", victim, f"nobody can end; it frees {format_size(victim.memory)}")]

    # ------------------------------------------------------------ admission

    def _admit(
        self,
        ledger: Ledger,
        room: _Room,
        stakes: dict[int, Stake],
        paused: list[Job],
        held: list[Job],
    ) -> list[Action]:
        """Paused ones first, for they hold memory; then the held ones."""
        actions = list[Action]()
        for job in sorted(paused, key=lambda job: (stakes[job.id].need, job.id)):
            stake = stakes[job.id]
            if ledger.running and not self._may_run(ledger, stake, room, RESUME):
                self._short = True
                return actions
            ledger.take(stake)
            actions.append(_act("resume", job, "what it still needs fits now"))
        return actions + self._start(ledger, room, held)

    def _may_run(self, ledger: Ledger, stake: Stake, room: _Room, part: float = 1.0) -> bool:
        if ledger.running >= self._cores:
            return False
        return ledger.fits(stake, room.line, room.budget, self._risk * part)

    def _start(self, ledger: Ledger, room: _Room, held: list[Job]) -> list[Action]:
        """Whoever fits; once room is kept for one, whoever leaves it."""
        actions, booked = list[Action](), False
        refused: set[Forecast] = set()
        for job in self._by_turn(held):
            if ledger.running >= self._cores or (job.alone and ledger.running):
                break  # a job that must have all the memory waits, and lets none by
            if job.forecast in refused:
                continue
            stake = self._stake(job, room)
            if not ledger.running or self._may_run(ledger, stake, room):
                ledger.take(stake)
                actions += self._begin(job)
                if job.alone:
                    break
                continue
            refused.add(job.forecast)
            self._short = True
            if not booked and self._was_passed_often(job):
                ledger.book(stake, room.budget)
                booked = True
        return actions

    def _by_turn(self, held: list[Job]) -> list[Job]:
        """Who was passed too often; then long ones first, or they are left over at the end."""
        passed = {job.id for job in held if self._was_passed_often(job)}
        return sorted(
            held,
            key=lambda job: (not job.alone, job.id not in passed, -job.forecast.seconds, job.id),
        )

    def _was_passed_often(self, job: Job) -> bool:
        return self._starts - self._known[job.id].born > PATIENCE * self._cores

    def _begin(self, job: Job) -> list[Action]:
        """A newborn that nobody has stopped needs no start."""
        self._known[job.id].admitted = True
        self._starts += 1
        return [] if job.state == "running" else [_act("start", job, "its forecast fits")]

    def _hold_back(self, held: list[Job]) -> list[Action]:
        return [
            _act("pause", job, "held back at birth")
            for job in held
            if job.state == "running" and not self._known[job.id].admitted
        ]

    # ------------------------------------------------------------ the next look

    def _next_look(self, ledger: Ledger, room: _Room, alive: int) -> float:
        """A quarter of the time in which the line could be reached, at the speed of now."""
        if not alive:
            return 2 * FASTEST
        slowest = TIGHT if self._short else SLOWEST
        if ledger.growth <= 0:
            return slowest
        seconds = (room.line - ledger.used) / ledger.growth * self._soon / 4
        return max(FASTEST, min(slowest, seconds))

    def _held_for(self, ledger: Ledger, alive: int) -> Literal["memory", "cpus", "nothing"]:
        if ledger.running >= alive:
            return "nothing"
        return "memory" if self._short and ledger.running < self._cores else "cpus"


def _act(verb: Literal["start", "pause", "resume", "kill"], job: Job, why: str) -> Action:
    return Action(verb=verb, job=job.id, why=why)
