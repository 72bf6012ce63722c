"""What the governor remembers of each job from look to look, and what it expects of it.

Takes in samples, gives stakes: how much a job holds, will need, and may hold at each instant. Knows
no budget and decides nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ninjapool.govern.grid import GRID, STEP, told
from ninjapool.govern.ledger import Stake
from ninjapool.govern.outlook import fates, outlook
from ninjapool.units import MIB

if TYPE_CHECKING:
    from ninjapool.govern.grid import Values
    from ninjapool.govern.model import Job, Sample
    from ninjapool.govern.outlook import Fate, Outlook
    from ninjapool.model import Forecast

FASTEST = 0.01
"""Seconds between two looks at least."""
LOOKS = 6
"""So many looks' growth the guard keeps room for, each as late as looks come: what is decided at
the next but one takes effect only then. With 2.5, builds that grow four times as fast as DuckDB's
and are looked at 30 ms late had jobs killed by the kernel."""
SOON = LOOKS * FASTEST
"""The same in seconds, where looks come when they were asked for."""
SLOWEST = 1.0
"""Seconds between two looks at most."""
SLOW = 0.3
"""Where looks come as seldom as that, the line is far off."""
EASY = 3.0
"""So much longer an outlook serves then ..."""
ROOMY_EASE = 10.0
"""... and so much where all that run could take much more than is expected."""
MOVED = 0.02
"""An outlook is moved on by at least this part of a job's age: the elder, the slower all goes.
Longer in the same ease."""
RISEN = 1.25
"""Times the peak that an outlook was made with, from which on it is made anew at once."""
REMEMBERED = 500
"""Forecasts whose outlook at birth is kept: jobs of a kind share theirs."""


class _Known:
    """What is remembered of a job from look to look."""

    __slots__ = ("admitted", "born", "fates", "forecast", "gain", "made", "made_at",
                 "memory", "outlook", "progress", "seen", "slope", "soon", "stake",
                 "steps", "then")  # fmt: skip

    def __init__(self, job: Job, born: int) -> None:
        self.forecast: Forecast | None = None
        self.fates: tuple[Fate, ...] = ()
        self.outlook: Outlook
        """As it is seen from now."""
        self.gain: Values
        """What the outlook expects at each instant, less what the job holds."""
        self.born = born
        """How many jobs had been started before it was born."""
        self.made: Outlook | None = None
        """The outlook as it was made, None before the first, """
        self.made_at, self.then, self.steps = 0.0, 0, 0
        """after which progress, what the job held then, and by how much it was moved since."""
        self.memory, self.progress = 0, 0.0
        self.slope = 0.0
        """Bytes per second of progress: once others have been stopped, it may have a whole CPU."""
        self.seen: Job | None = None
        self.stake: Stake
        """As the job was seen; `soon` then."""
        self.soon = 0.0
        self.admitted = not job.can_stop


class Foresight:
    """All live jobs, as they were seen."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}
        self._newborn: dict[Forecast, tuple[tuple[Fate, ...], Outlook]] = {}
        self._rate = 1.0
        """Seconds of progress per second of a running job: below 1 where CPUs are contended."""
        self._now: float | None = None
        self._late, self._starts = 0.0, 0
        self.soon = SOON
        """Seconds of growth to keep room for."""
        self._ease = 1.0

    def __contains__(self, job: int | None) -> bool:
        return job in self._known

    def forget(self, job: int) -> None:
        self._known.pop(job, None)

    def is_admitted(self, job: Job) -> bool:
        """Whether it may run, or cannot be stopped."""
        return self._known[job.id].admitted

    def admit(self, job: Job) -> None:
        known = self._known[job.id]
        self._starts += not known.admitted
        known.admitted = True

    def passed(self, job: Job) -> int:
        """How many jobs have been started since it was born."""
        return self._starts - self._known[job.id].born

    def observe(self, sample: Sample, now: float, asked: float, *, roomy: bool) -> None:
        """`asked`: seconds after which this look was wanted; `roomy`: all could take much more."""
        span = now - self._now if self._now is not None else 0.0
        self._now, self._ease = now, ROOMY_EASE if roomy else EASY if asked >= SLOW else 1.0
        self._time(span - asked)
        gained = lived = 0.0
        for job in sample.jobs:
            known = self._known.get(job.id)
            if known is None:
                known = self._known[job.id] = _Known(job, self._starts)
            elif span > 0 and job.state == "running":
                gain = max(0.0, job.cpu_seconds - known.progress)
                gained, lived = gained + gain, lived + span
                if gain > 0:
                    slope = (job.memory - known.memory) / gain
                    known.slope += (slope - known.slope) * min(1.0, gain / 0.15)
            known.memory, known.progress = job.memory, job.cpu_seconds
        self._drop_the_gone(sample)
        if lived > 0:
            rate = min(1.0, max(0.05, gained / lived))
            self._rate += (rate - self._rate) * min(1.0, lived / 10)

    def _time(self, late: float) -> None:
        """A look that an event called for before it was due does not tell how late looks come."""
        if late >= 0:
            self._late += (late - self._late) * (0.3 if late > self._late else 0.03)
            self.soon = LOOKS * (FASTEST + self._late)

    def _drop_the_gone(self, sample: Sample) -> None:
        if len(self._known) > len(sample.jobs):
            alive = {job.id for job in sample.jobs}
            self._known = {job: known for job, known in self._known.items() if job in alive}

    def stake(self, job: Job, line: float) -> Stake:
        """The job's part in the sums; its outlook is made anew when it is old or was wrong.

        `line`: what all jobs may hold; no one job can need more.
        """
        known = self._known[job.id]
        is_still = known.seen is job and known.soon == self.soon  # then nothing of it has changed
        if not is_still or known.outlook.peak > line:
            self._look_ahead(job, known)
            known.seen, known.soon = job, self.soon
            known.stake = self._stake(job, known, line)
        return known.stake

    def _stake(self, job: Job, known: _Known, line: float) -> Stake:
        look = known.outlook
        return Stake(
            job=job.id,
            holds=float(job.memory),
            # Each job fits alone, or it is lost anyway: nobody can need more than there is.
            need=max(0.0, min(look.peak, line) - job.memory),
            soon=max(known.slope, known.gain[1] / GRID[1], 0.0) * self.soon,
            gain=known.gain,
            variance=look.variance,
            common=look.common,
            folder=job.forecast.folder,
            alike=_alike(job.forecast),
            away=job.job_class == "remote",
            waits=job.waits,
        )

    def _look_ahead(self, job: Job, known: _Known) -> None:
        is_news = known.forecast is not job.forecast and known.forecast != job.forecast
        if not known.admitted or job.cpu_seconds <= 0 or job.state == "held":
            if is_news:
                known.forecast = job.forecast
                known.fates, known.outlook = self._unborn(job)
                known.gain = known.outlook.mean
            return
        since = (job.cpu_seconds - known.made_at) / self._rate
        # Who is paused does not get on: without news he would be kept by what was thought long ago.
        is_told = is_news and (job.state == "paused" or _is_risen(job, known))
        if is_told or known.made is None or self._is_stale(job, known, known.made, since):
            if is_news:
                known.forecast, known.fates = job.forecast, self._unborn(job)[0]
            known.made = known.outlook = outlook(job, known.fates, self._rate)
            known.made_at, known.then, known.steps = job.cpu_seconds, job.memory, 0
        elif since - known.steps * STEP >= max(STEP, MOVED * self._ease * job.cpu_seconds):
            known.steps = int(since / STEP)
            known.outlook = known.made.later(known.steps)
        known.gain = tuple([mean - job.memory for mean in known.outlook.mean])

    def _unborn(self, job: Job) -> tuple[tuple[Fate, ...], Outlook]:
        """Fates and outlook of a job that has shown nothing yet; many jobs share a forecast."""
        found = self._newborn.get(job.forecast)
        if found is None:
            if len(self._newborn) > REMEMBERED:
                self._newborn.clear()
            blank = job._replace(memory=0, peak=0, cpu_seconds=0.0)
            begun = fates(job.forecast)
            found = self._newborn[job.forecast] = begun, outlook(blank, begun, self._rate)
        return found

    def _is_stale(self, job: Job, known: _Known, made: Outlook, since: float) -> bool:
        """Wrong, or of a job that has got on since by much of what it had done.

        Or that is not as far as was thought then.
        """
        off = abs(job.memory - told(made.mean, known.then, since))
        if off > 0.05 * self._ease * (job.memory + 50 * MIB):
            return True
        return abs(since) / self._ease >= min(3.0, 0.08 * (job.cpu_seconds + 0.5))


def _is_risen(job: Job, known: _Known) -> bool:
    return known.forecast is not None and job.forecast.peak > RISEN * known.forecast.peak


def _alike(forecast: Forecast) -> float:
    """The part of what it may be off in common that only those of its folder are."""
    return forecast.alike / math.hypot(forecast.shared, forecast.alike) if forecast.alike else 0.0
