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
from typing import TYPE_CHECKING

from ninjapool.govern import grid
from ninjapool.govern.ledger import Ledger, Stake
from ninjapool.govern.model import Action, Decision
from ninjapool.units import MIB, format_size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from ninjapool.govern.grid import Fate, Outlook
    from ninjapool.govern.model import Finished, Job, Sample
    from ninjapool.model import Forecast

BRIEF = 0.1
"""Seconds: who lived no longer was looked at too seldom, his peak is not known."""
SOON = 0.06
"""Seconds of growth that the guard keeps room for: some looks and the time that an action takes.
Where looks come later than they were asked for, it is more."""
FASTEST, TIGHT, SLOWEST = 0.01, 0.1, 0.3
"""Seconds between looks: the least, the most while jobs are held for memory, the most."""
RAMP = 4
"""Slots open beyond the jobs that were seen: so many may be born unseen between two looks."""
LINE, LAST = 0.4, 0.1
"""Shares of the reserve: the guard acts at the first, and kills for want of it at the second."""
RESUME = 0.5
"""Share of the risk at which a paused job goes on: it holds memory, so it should not wait long."""
PATIENCE = 6
"""Times the cores: so many started jobs may pass the eldest, then its need is booked for it."""
UNSEEN = 2
"""Newborns that may be growing unseen at a look, each by what those held kept on the average."""
KEPT = 0.02
"""Share of the memory that jobs stopped at birth may keep between them."""
CALM = 10.0
"""Seconds without anyone held for memory after which no jobs are kept waiting in reserve."""


class _Known:
    """What is remembered of a job from look to look."""

    __slots__ = ("admitted", "at", "born", "fates", "memory", "outlook", "progress", "slope",
                 "then")  # fmt: skip

    def __init__(self, fates: tuple[Fate, ...], outlook: Outlook, born: int) -> None:
        self.fates, self.outlook = fates, outlook
        self.born = born
        """How many jobs had been started before it was born."""
        self.at, self.then = -math.inf, 0
        """When the outlook was made, and what the job held then."""
        self.memory, self.progress, self.slope = 0, 0.0, 0.0
        self.admitted = False


class Governor:
    """Decides, look by look; remembers of each job only what it needs for the next look."""

    def __init__(self, *, cores: int, window: int, reserve: int, risk: float = 1.1) -> None:
        """`cores` jobs may run, `window` more may wait; `reserve` bytes are left free.

        `risk` is how many standard deviations of the sum of all forecasts must fit.
        """
        self._cores, self._window = max(1, cores), max(0, window)
        self._reserve, self._risk = float(reserve), risk
        self._known: dict[int, _Known] = {}
        self._newborn: dict[Forecast, tuple[tuple[Fate, ...], Outlook]] = {}
        self._rate = 1.0
        """Seconds of progress per second of a running job: below 1 where CPUs are contended."""
        self._last: float | None = None
        self._asked, self._late, self._soon = SLOWEST, 0.0, SOON
        self._short = -math.inf
        """When somebody was last held for memory."""
        self._starts = 0
        self._kept = 0.0
        self._killed: int | None = None
        self._errors = (0, 0.0)
        """Jobs with a history that ended, and the sum of ln(measured / forecast) of their peaks."""

    def finished(self, job: Finished) -> None:
        """A job has ended: where all own histories err to one side, the next are corrected."""
        self._known.pop(job.id, None)
        if (
            job.complete
            and job.cpu_seconds > BRIEF
            and job.forecast.source == "history"
            and min(job.peak, job.forecast.peak)
        ):
            count, total = self._errors
            self._errors = count + 1, total + math.log(job.peak / job.forecast.peak)

    def decide(self, sample: Sample, now: float) -> Decision:
        """`now` is in seconds and must not go backwards from call to call."""
        self._observe(sample, now)
        used = float(sum(job.memory for job in sample.jobs))
        running, paused, held = self._sorted(sample.jobs)
        self._kept = sum(job.memory for job in held) / max(1, len(held))
        total = used + sample.headroom - UNSEEN * self._kept
        stakes = {job.id: self._stake(job, total) for job in [*running, *paused]}
        ledger = Ledger(used, (stake.claim for stake in stakes.values()))
        ledger.take_all([stakes[job.id] for job in running])
        if ledger.holds(total - self._reserve * LINE):
            actions = self._admit(ledger, total, paused, held)
        else:
            ledger, actions = self._guard(ledger, total, running, paused)
        self._asked = self._next_look(ledger, total, len(sample.jobs))
        return Decision(
            actions=(*actions, *self._hold_back(held)),
            slots=self._slots(len(sample.jobs), total),
            next_look=self._asked,
            held_for=self._held_for(ledger, sample.jobs, now),
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

    def _observe(self, sample: Sample, now: float) -> None:
        span = now - self._last if self._last is not None else 0.0
        self._last = now
        late = max(0.0, span - self._asked)
        self._late += (late - self._late) * (0.3 if late > self._late else 0.03)
        self._soon = max(SOON, 2.5 * (FASTEST + self._late))
        gained = lived = 0.0
        for job in sample.jobs:
            known = self._known.get(job.id)
            if known is None:
                known = self._known[job.id] = _Known(*self._unborn(job), self._starts)
                known.admitted = not job.can_stop
            elif span > 0 and job.state == "running":
                gained += max(0.0, job.cpu_seconds - known.progress)
                lived += span
                fresh = min(1.0, span / 0.15)
                known.slope += ((job.memory - known.memory) / span - known.slope) * fresh
            known.memory, known.progress = job.memory, job.cpu_seconds
        if len(self._known) > len(sample.jobs):
            alive = {job.id for job in sample.jobs}
            self._known = {job: known for job, known in self._known.items() if job in alive}
        if lived > 0:
            rate = min(1.0, max(0.05, gained / lived))
            self._rate += (rate - self._rate) * min(1.0, lived / 10)

    def _unborn(self, job: Job) -> tuple[tuple[Fate, ...], Outlook]:
        """Fates and outlook of a job that has shown nothing yet; many jobs share a forecast."""
        found = self._newborn.get(job.forecast)
        if found is None:
            if len(self._newborn) > 500:
                self._newborn.clear()
            fates = grid.fates(self._corrected(job.forecast))
            blank = replace(job, memory=0, peak=0, cpu_seconds=0.0)
            found = self._newborn[job.forecast] = fates, grid.outlook(blank, fates, self._rate)
        return found

    def _corrected(self, forecast: Forecast) -> Forecast:
        count, total = self._errors
        if forecast.source != "history" or not count:
            return forecast
        return replace(forecast, peak=int(forecast.peak * math.exp(total / (count + 5))))

    def _stake(self, job: Job, total: float) -> Stake:
        """The job's part in the sums; its outlook is made anew when it is old or was wrong."""
        known = self._known[job.id]
        if self._is_stale(job, known):
            known.at, known.then = self._last or 0.0, job.memory
            known.outlook = grid.outlook(job, known.fates, self._rate)
        look = known.outlook
        climbs = (look.mean[3] - known.then) / grid.GRID[3]
        return Stake(
            job=job.id,
            holds=float(job.memory),
            # Each job fits alone, or it is lost anyway: nobody can need more than there is.
            need=max(0.0, min(look.peak, total - self._reserve * LINE) - job.memory),
            soon=max(known.slope, climbs, 0.0) * self._soon,
            gain=tuple([mean - known.then for mean in look.mean]),
            variance=look.variance,
        )

    def _is_stale(self, job: Job, known: _Known) -> bool:
        """Old, for a job that runs, or wrong; who was stopped at birth has shown nothing yet."""
        if job.state == "held" or job.cpu_seconds <= 0:
            return False
        if job.state == "running" and not known.admitted:
            return False
        if abs(job.memory - known.then) > 0.03 * (job.memory + 50 * MIB):
            return True
        age = (self._last or 0.0) - known.at
        return job.state == "running" and age >= min(1.0, 0.08 * (job.cpu_seconds + 0.5))

    # ------------------------------------------------------------ the guard

    def _guard(
        self, before: Ledger, total: float, running: list[Job], paused: list[Job]
    ) -> tuple[Ledger, list[Action]]:
        """Who may go on when the line is near: the first in the safe order, then whoever fits."""
        stakes = {job.id: self._stake(job, total) for job in [*running, *paused]}
        claims = [stake.claim for stake in stakes.values()]
        first = min(claims).job if claims else None
        ledger, line = Ledger(before.used, claims), total - self._reserve * LINE
        actions = []
        for job in self._by_right(first, running, paused):
            stake = stakes[job.id]
            must = not ledger.running or not job.can_stop
            if must or ledger.fits(stake, line, 0.0):
                ledger.take(stake)
                if job.state == "paused":
                    actions.append(self._resume(job, "it needs least to end"))
            elif job.state == "running":
                actions.append(_act("pause", job, "memory runs short, others go first"))
        short = ledger.used + ledger.growth > total - self._reserve * LAST
        if short and ledger.running <= 1:
            actions += self._last_resort(first, paused)
        return ledger, actions

    def _by_right(self, first: int | None, running: list[Job], paused: list[Job]) -> list[Job]:
        """The first in the safe order, though it be paused; unstoppable ones; the most advanced."""
        chosen = [job for job in [*running, *paused] if job.id == first]
        rest = [job for job in running if job.id != first]
        return chosen + sorted(rest, key=lambda job: (job.can_stop, -job.cpu_seconds))

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
        self, ledger: Ledger, total: float, paused: list[Job], held: list[Job]
    ) -> list[Action]:
        """Paused ones first, for they hold memory; the held ones in the build's own order."""
        budget, actions = total - self._reserve, list[Action]()
        stakes = {job.id: self._stake(job, total) for job in paused}
        for job in sorted(paused, key=lambda job: (stakes[job.id].thrift, job.id)):
            stake = stakes[job.id]
            if ledger.running and not self._may_run(ledger, stake, budget, RESUME):
                return actions
            ledger.take(stake)
            actions.append(self._resume(job, "what it still needs fits now"))
        return actions + self._start(ledger, total, held)

    def _resume(self, job: Job, why: str) -> Action:
        self._known[job.id].admitted = True
        return _act("resume", job, why)

    def _may_run(self, ledger: Ledger, stake: Stake, budget: float, part: float) -> bool:
        return ledger.running < self._cores and ledger.fits(stake, budget, self._risk * part)

    def _start(self, ledger: Ledger, total: float, held: list[Job]) -> list[Action]:
        budget, actions, booked = total - self._reserve, list[Action](), list[float]()
        refused: set[Forecast] = set()
        for job in held:
            if ledger.running >= self._cores or self._is_alone(ledger, job):
                break
            if job.forecast in refused:
                continue
            stake = self._stake(job, total)
            if not ledger.running or ledger.fits(stake, budget, self._risk, booked):
                ledger.take(stake)
                self._known[job.id].admitted = True
                self._starts += 1
                actions.append(_act("start", job, "its forecast fits"))
                continue
            refused.add(job.forecast)
            self._short = self._last or 0.0
            if not booked and self._starts - self._known[job.id].born > PATIENCE * self._cores:
                booked = ledger.promise(stake, budget)
        return [action for action in actions if not self._runs(action.job, held)]

    def _is_alone(self, ledger: Ledger, job: Job) -> bool:
        """A job that must have all the memory waits till the others are gone, and lets none by."""
        return job.alone and bool(ledger.running)

    def _runs(self, job: int, held: list[Job]) -> bool:
        """A newborn that nobody stopped needs no start."""
        return any(other.id == job and other.state == "running" for other in held)

    def _hold_back(self, held: list[Job]) -> list[Action]:
        return [
            _act("pause", job, "held back at birth")
            for job in held
            if job.state == "running" and not self._known[job.id].admitted
        ]

    # ------------------------------------------------------------ slots and the next look

    def _slots(self, alive: int, total: float) -> int:
        """Waiting jobs are wanted only where memory binds: there the light can pass the heavy.

        They are stopped a moment after birth and keep what they took in it, so where that
        moment is long they must be few.
        """
        if not self._is_tight():
            return self._cores
        window = self._window
        if self._kept > 0:
            window = min(window, int(KEPT * max(0.0, total) / self._kept))
        return min(self._cores + window, max(self._cores, alive + RAMP))

    def _is_tight(self) -> bool:
        return (self._last or 0.0) - self._short < CALM

    def _next_look(self, ledger: Ledger, total: float, alive: int) -> float:
        """A quarter of the time in which the line could be reached, at the speed of now."""
        if not alive:
            return 2 * FASTEST
        slowest = TIGHT if self._is_tight() else SLOWEST
        room = total - self._reserve * LINE - ledger.used
        seconds = room / ledger.growth * self._soon / 4 if ledger.growth > 0 else slowest
        return max(FASTEST, min(slowest, seconds))

    def _held_for(
        self, ledger: Ledger, jobs: Sequence[Job], now: float
    ) -> Literal["memory", "cpus", "nothing"]:
        if ledger.running >= len(jobs):
            return "nothing"
        if ledger.running >= self._cores and self._short < now:
            return "cpus"
        return "memory"


def _act(verb: Literal["start", "pause", "resume", "kill"], job: Job, why: str) -> Action:
    return Action(verb=verb, job=job.id, why=why)
