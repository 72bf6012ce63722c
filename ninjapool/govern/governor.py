"""Which of the jobs that were born may run now, so that the memory of all stays inside the limit.

Given a sample and the time, it answers with actions. It knows no processes, no clock and no
build driver: the same object runs in a build and in the simulator.

Two rules work together. *Admission* looks ahead: what the running jobs are expected to hold at
each instant of a grid, and the newcomer on top, must stay inside the budget. The *guard* looks at
the next moments: where forecasts were wrong and the line comes near, some go on and the others
wait, and never is a state entered in which none could end (the banker's rule).
"""

from __future__ import annotations

from itertools import takewhile
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from ninjapool.govern.foresight import FASTEST, SLOW, SLOWEST, Foresight
from ninjapool.govern.ledger import OVERRUN, Ledger
from ninjapool.govern.model import Action, Decision
from ninjapool.units import GIB, format_size

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from typing import Literal

    from ninjapool.govern.banker import Claim
    from ninjapool.govern.ledger import Stake
    from ninjapool.govern.model import Finished, Job, Sample
    from ninjapool.model import Forecast

RISK = 1.6
"""Standard deviations of the sum of all forecasts that must fit as well."""
RESUME = 0.65
"""Share of the risk at which a paused job goes on: it holds memory, so it should not wait long."""
SHED = 0.6
"""Share of the risk at which those that run are too many: at half of this, a third more are killed
where nothing is known. Not above RESUME, or who was just let go on would be stopped again."""
TIGHT = 0.1
"""Seconds between looks at most while jobs wait for memory."""
MANY = 40
"""Live jobs from which on looks come less often while jobs wait: each takes longer."""
OTHERS = 2 * GIB
"""Bytes a second that any other program may take: with so little time the next look is late."""
LINE, LAST = 0.3, 0.1
"""Shares of the reserve: the guard acts at the first, and kills for want of it at the second."""
STOPPING = 0.5
"""Share of the growth to keep room for that a job takes before a pause has effect on it."""
PATIENCE = 30
"""Times the cores: so many started jobs may pass one that does not fit; then room is kept."""
ROOMY = 0.6
"""Where all that is expected stays below this part of the budget, nothing depends on how fresh
it is."""
LAZIEST = 2.0
"""Seconds between looks at most there, if others could not take half of what is free meanwhile;
elsewhere SLOWEST."""
UNSEEN = 2
"""Newborns that may be growing unseen at a look, each by what those held kept on the average."""


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


class Governor:
    """Decides, look by look; remembers of each job only what it needs for the next look."""

    def __init__(
        self,
        *,
        cores: int,
        reserve: int,
        heaviest: int | None = None,
        away: int = 0,
        tight: float = TIGHT,
    ) -> None:
        """`cores` jobs may run here and `away` compiles elsewhere; `reserve` bytes are left free.

        `heaviest`: bytes that hardly any job exceeds; None where too many may be born at a time.
        `tight`: seconds between looks at most while jobs wait for memory.
        """
        self._heaviest, self._tight = heaviest, tight
        self._cores, self._reserve = max(1, cores), float(reserve)
        self._away = away
        self._foresight = Foresight()
        self._asked = SLOWEST
        self._killed: int | None = None
        self._short = self._calm = self._roomy = False

    def finished(self, job: Finished) -> None:
        """A job has ended."""
        self._foresight.forget(job.id)

    def decide(self, sample: Sample, now: float) -> Decision:
        """`now` is in seconds and must not go backwards from call to call."""
        self._foresight.observe(sample, now, self._asked, roomy=self._roomy)
        running, paused, held = self._sorted(sample.jobs)
        room = self._measure(sample, held)
        stakes = {job.id: self._foresight.stake(job, room.line) for job in [*running, *paused]}
        ledger = Ledger(room.used, stakes.values())
        ledger.take(*[stakes[job.id] for job in running])
        self._short = bool(stakes) and not ledger.holds(room.line)
        if self._short:
            ledger, actions = self._guard(room, stakes, running, paused)
        elif running and ledger.exceeds(room.budget, RISK * SHED):
            self._short = True
            ledger, actions = self._shed(room, stakes, running)
        elif any(job.alone for job in running):
            self._short, actions = True, []  # it has all the memory, nobody joins it
        else:
            actions = self._admit(ledger, room, stakes, paused, held)
        self._calm = self._is_calm(sample, stakes.values())
        self._roomy = self._calm or self._is_roomy(ledger, room)
        self._asked = self._next_look(ledger, room, len(sample.jobs))
        return Decision(
            actions=(*actions, *self._hold_back(held)),
            next_look=self._asked,
            held_for=self._held_for(ledger, len(sample.jobs)),
            roomy=self._roomy,
            calm=self._calm,
        )

    # ------------------------------------------------------------ seeing

    def _sorted(self, jobs: Sequence[Job]) -> tuple[list[Job], list[Job], list[Job]]:
        """Running, paused, and held or newborn ones, each from the eldest to the youngest."""
        rooms: tuple[list[Job], list[Job], list[Job]] = [], [], []
        for job in sorted(jobs, key=attrgetter("id")):
            admitted = self._foresight.is_admitted(job)
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

    # ------------------------------------------------------------ the guard

    def _guard(
        self, room: _Room, stakes: dict[int, Stake], running: list[Job], paused: list[Job]
    ) -> tuple[Ledger, list[Action]]:
        """When the line is near: who will not grow, the first of the others, then whoever fits."""
        ledger, actions = Ledger(room.used, stakes.values()), list[Action]()
        first = _first(stakes.values())
        stopping = STOPPING * sum(stakes[job.id].soon for job in running)
        for job in self._by_right(first.job if first else None, stakes, running, paused):
            stake = stakes[job.id]
            own = STOPPING * stake.soon if job.state == "running" else 0.0
            free = room.line - ledger.used - ledger.growth - stake.soon - (stopping - own)
            fits = free >= 0 and ledger.safe_with(stake, room.line)
            goes_on = stake.is_settled or (job.state == "running" and fits)
            if ledger.is_idle(stake) or not job.can_stop or goes_on:
                ledger.take(stake)
                stopping -= own
                if job.state == "paused":
                    actions.append(self._resume(job, "it needs least to end"))
            elif job.state == "running":
                actions.append(_act("pause", job, "memory runs short, others go first"))
        if first and not self._can_end(first, ledger, room, stakes):
            lost = [job for job in paused if not stakes[job.id].is_settled]
            actions += self._last_resort(first.job, lost)
        return ledger, actions

    def _can_end(self, first: Claim, ledger: Ledger, room: _Room, stakes: dict[int, Stake]) -> bool:
        """Alone, once all who will not grow have ended; beside others it is not asked yet."""
        at_rest = [stake.claim for stake in stakes.values() if stake.is_settled]
        # Where nobody works, who waits counts: it may be the others' place that it waits for.
        if (ledger.growing or ledger.running - len(at_rest)) > 1:
            return True
        to_rest = min(ledger.growth, _to_end(*at_rest))
        if to_rest > 0 and ledger.used + to_rest > room.last:
            return False
        to_end = _to_end(first) if at_rest else min(ledger.growth, _to_end(first))
        return ledger.used - sum(claim.holds for claim in at_rest) + to_end <= room.last

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
                and not ledger.is_idle(stake)
                and not ledger.fits(stake, room.line, room.budget, RISK * SHED)
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
        """Who will not grow; the first in the safe order; unstoppable ones; by what they need.

        Of the first two also who is paused.
        """
        ahead = [j for j in [*running, *paused] if j.id == first or stakes[j.id].is_settled]
        rest = [job for job in running if job not in ahead]
        return [
            *sorted(ahead, key=lambda job: (job.id == first, job.id)),
            *sorted(rest, key=lambda job: (job.can_stop, stakes[job.id].need, job.id)),
        ]

    def _last_resort(self, first: int | None, paused: list[Job]) -> list[Action]:
        """Kills the stopped job that loses least work; the next only when this one is gone."""
        if self._killed in self._foresight:
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
        """Paused ones first, for they hold memory; then the held ones.

        Room is kept for a paused one that does not fit yet: nobody else shall take it.
        """
        actions = list[Action]()
        for job in sorted(paused, key=lambda job: (stakes[job.id].need, job.id)):
            stake = stakes[job.id]
            if ledger.is_idle(stake) or self._may_run(ledger, stake, room, RESUME):
                ledger.take(stake)
                actions.append(self._resume(job, "what it still needs fits now"))
            else:
                self._short = True
                ledger.book(stake, room.budget)
        return actions + self._start(ledger, room, held)

    def _may_run(self, ledger: Ledger, stake: Stake, room: _Room, part: float = 1.0) -> bool:
        if not self._has_seat(ledger, away=stake.away):
            return False
        return ledger.fits(stake, room.line, room.budget, RISK * part)

    def _has_seat(self, ledger: Ledger, *, away: bool) -> bool:
        """Without any slots elsewhere, every job takes a core here."""
        if not self._away:
            return ledger.running < self._cores
        return ledger.away < self._away if away else ledger.here < self._cores

    def _start(self, ledger: Ledger, room: _Room, held: list[Job]) -> list[Action]:
        """Whoever fits; once room is kept for one, whoever leaves it."""
        actions, booked = list[Action](), False
        if ledger.running >= self._cores + self._away:
            return actions
        refused: set[Forecast] = set()
        for job in self._by_turn(held):
            if ledger.running >= self._cores + self._away or (job.alone and ledger.running):
                break  # a job that must have all the memory waits, and lets none by
            away = job.job_class == "remote"
            if job.forecast in refused or not self._has_seat(ledger, away=away):
                continue
            stake = self._foresight.stake(job, room.line)
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
        """Who was passed too often; then long ones first, or they are left over at the end.

        The eldest were passed most often.
        """
        passed = {job.id for job in takewhile(self._was_passed_often, held)}
        return sorted(
            held,
            key=lambda job: (not job.alone, job.id not in passed, -job.forecast.seconds, job.id),
        )

    def _was_passed_often(self, job: Job) -> bool:
        return self._foresight.passed(job) > PATIENCE * self._cores

    def _begin(self, job: Job) -> list[Action]:
        """A newborn that nobody has stopped needs no start."""
        self._foresight.admit(job)
        return [] if job.state == "running" else [_act("start", job, "its forecast fits")]

    def _resume(self, job: Job, why: str) -> Action:
        """One that was seen late, and stopped when it had grown, was not let in before."""
        self._foresight.admit(job)
        return _act("resume", job, why)

    def _hold_back(self, held: list[Job]) -> list[Action]:
        return [
            _act("pause", job, "held back at birth")
            for job in held
            if job.state == "running" and not self._foresight.is_admitted(job)
        ]

    # ------------------------------------------------------------ the next look

    def _next_look(self, ledger: Ledger, room: _Room, alive: int) -> float:
        """A quarter of the time in which the line could be reached, at the speed of now."""
        if not alive:
            return 2 * FASTEST
        free = room.line - ledger.used
        tight = self._tight * max(1.0, alive / MANY)
        slowest = max(SLOW, min(SLOWEST, free / OTHERS))
        if self._roomy:
            slowest = max(slowest, min(LAZIEST, free / OTHERS / 2))
        seconds = min(slowest, tight) if self._short else slowest
        if ledger.growth > 0:
            seconds = min(seconds, free / ledger.growth * self._foresight.soon / 4)
        return max(FASTEST, seconds)

    def _is_calm(self, sample: Sample, stakes: Iterable[Stake]) -> bool:
        """Even if all that run reach their peaks and each core gets a heavy job on top."""
        most = self._cores + self._away
        if self._heaviest is None or self._short or len(sample.jobs) > most:
            return False
        to_come = sum(stake.need for stake in stakes) + most * self._heaviest
        return to_come <= sample.headroom - self._reserve

    def _is_roomy(self, ledger: Ledger, room: _Room) -> bool:
        return not self._short and not ledger.exceeds(ROOMY * room.budget, RISK)

    def _held_for(self, ledger: Ledger, alive: int) -> Literal["memory", "cpus", "nothing"]:
        if ledger.running >= alive:
            return "nothing"
        return "memory" if self._short and ledger.running < self._cores + self._away else "cpus"


def _first(stakes: Collection[Stake]) -> Claim | None:
    """Who needs least to end, of those who will grow.

    Not who waits, while anybody does not: others may keep the place that he needs.
    """
    growing = [stake for stake in stakes if not stake.is_settled]
    working = [stake for stake in growing if not stake.waits]
    return min((stake.claim for stake in working or growing), default=None)


def _to_end(*claims: Claim) -> float:
    """Bytes that they may yet take."""
    return sum(claim.need + OVERRUN * claim.holds for claim in claims)


def _act(verb: Literal["start", "pause", "resume", "kill"], job: Job, why: str) -> Action:
    return Action(verb=verb, job=job.id, why=why)
