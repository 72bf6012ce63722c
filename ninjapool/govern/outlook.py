"""What one job will hold at a fixed set of future instants, given what it has shown so far.

A job's forecast is split into a handful of fates, from light and short to heavy and long. Each
look weighs them by what the job holds after the progress it has made. Knows one job at a time,
and no clock: a job gets on by its own progress.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from ninjapool.govern.grid import GRID, moved
from ninjapool.govern.trace import share
from ninjapool.units import MIB

if TYPE_CHECKING:
    from ninjapool.govern.grid import Values
    from ninjapool.govern.model import Job
    from ninjapool.govern.trace import Curve
    from ninjapool.model import Forecast

FLOOR = 24.0 * MIB
"""Below this, what a job holds is its shell and driver and says nothing of its fate. The rest is
log-normal with this on top (see FILES in forecast.py)."""
JITTER = 0.05
"""Seconds by which the progress of a job may be off: it matters while it is young."""
LATE = 0.12
"""Deviation of ln(seconds) by which a job that goes on contradicts a fate in which it has ended."""
EARLIEST, LATEST = 1.2, 0.4
"""How much of `curve_spread` a job is off its curve at birth, and at least at the end: Release
compiles of llvm14 by 0.18 at 5 % of their lives, 0.12 at 25 %, 0.064 at half, 0.04 at 80 %."""
OUTLANDISH = 5.0
"""Some three deviations off every fate: it is none of them."""
EVENLY = 12**-0.5
"""The deviation of what lies evenly in an interval, as a share of its width."""
BEYOND = 0.12
"""The same for a fate that nobody expected: from one to the next it is a factor of 1.5."""
DOUBT = 0.8
"""Deviation of the growth still to come, as a share of it, by how far off the curve may be."""
ENDS = 0.15
"""The part that counts of what memory may be off because a job ends early or late: that passes."""
TOGETHER = 1.5
"""What all are off in common counts so much more: it does not pass, and grows with every job."""
GUESSED = 1.25
"""Deviations of a forecast that does not rest on the job's own past count so much more: what they
are is a guess, too."""
REACH = 2.4
"""Fates lie within so many deviations of the forecast ..."""
TAIL = 0.0005
"""... and two beyond have this weight each: what nobody expected must not be impossible."""
NEGLIGIBLE = 0.002
"""A fate of less weight is left out of the sums; it still counts for what a job may need."""
FALLEN = 0.8
"""Share of its peak below which a job has that behind it, if its curve falls at all."""
COUNTED_ON = 0.9
"""A job is counted on to need no more than it does with this probability."""


class Fate(NamedTuple):
    """One way a job may go."""

    weight: float
    tilt: float
    """By how much more likely it is where the forecasts of all are one deviation too low."""
    peak: float
    seconds: float
    cell: float = 0.0
    """Deviation of ln(peak) among all the peaks that it stands for."""


class Outlook(NamedTuple):
    """What is expected of a job from one look on, in bytes by instant of the grid."""

    mean: Values
    """The most in the time up to this instant; little where it will have ended before."""
    variance: Values
    """By what this job's own peak and end may be off."""
    common: Values
    """How much more it is where the forecasts of its folder, or all, are one deviation too low."""
    peak: float
    """What it is counted on to need at most."""

    def later(self, steps: int) -> Outlook:
        """The same, so many steps of the grid's later, if all went as expected."""
        return Outlook(
            moved(self.mean, steps),
            moved(self.variance, steps),
            moved(self.common, steps),
            self.peak,
        )


def fates(forecast: Forecast) -> tuple[Fate, ...]:
    """The forecast as a handful of peaks with their durations, and two that it did not expect."""
    wide = max(forecast.peak_spread, forecast.seconds_spread / 2)
    half, reach = (1, 1.3) if wide < 0.1 else (3, REACH)
    places = [reach * step / half for step in range(-half, half + 1)]
    scale = sum(math.exp(-place * place / 2) for place in places)
    cell = EVENLY * reach / half * forecast.peak_spread
    found = [_fate(forecast, place, scale, cell) for place in places]
    top = found[-1]
    known = forecast.seconds_spread < 0.2  # then only the peak may be a surprise
    power = min(2.0, forecast.seconds_spread / max(forecast.peak_spread, 0.01))
    found += [
        Fate(TAIL, top.tilt, top.peak * by, top.seconds * (1.0 if known else by**power), BEYOND)
        for by in (1.5, 2.3)
    ]
    return _at_least(found, forecast.at_least)


def _fate(forecast: Forecast, place: float, scale: float, cell: float) -> Fate:
    """Heavy jobs are long: one place in the spread of both."""
    common = math.hypot(forecast.shared, forecast.alike)
    return Fate(
        weight=math.exp(-place * place / 2) / scale,
        tilt=math.exp(place * min(1.5, common / max(forecast.peak_spread, 0.001))),
        peak=max(1.0, (forecast.peak + FLOOR) * math.exp(place * forecast.peak_spread) - FLOOR),
        seconds=max(0.01, forecast.seconds * math.exp(place * forecast.seconds_spread)),
        cell=cell,
    )


def _at_least(found: list[Fate], least: int) -> tuple[Fate, ...]:
    kept = [fate for fate in found if fate.peak > least]
    if not kept:
        return (Fate(1.0, 1.0, least * 1.25, found[-1].seconds),)
    total = sum(fate.weight for fate in kept)
    return tuple([fate._replace(weight=fate.weight / total) for fate in kept])


def weighed(job: Job, found: tuple[Fate, ...]) -> list[tuple[float, Fate]]:
    """The fates that what the job has shown leaves open, lightest first, by their weights."""
    if job.cpu_seconds <= 0:
        return [(fate.weight, fate) for fate in found]
    # Its highest, not what it holds now: a compiler that has ended, before the assembler runs or
    # the driver is gone, holds next to nothing, and that fits no growing curve.
    shown = math.log(max(job.memory, job.peak) + FLOOR)
    curve = risen(job.forecast.curve)
    fits = [_fit(job, fate, shown, curve) for fate in found]
    nearest = min(fits)
    if nearest.off > OUTLANDISH:
        return [(1.0, _beyond(job, nearest.fate, shown))]
    weights = [(f.fate.weight * math.exp(-min(f.off, 300.0)) / f.width, f.fate) for f in fits]
    total = sum([weight for weight, _ in weights])
    return [(weight / total, fate) for weight, fate in weights if weight > 0.02 * total]


class _Fit(NamedTuple):
    """How well a fate agrees with what a job has shown."""

    off: float
    """The exponent of a normal likelihood ..."""
    width: float
    """... of this deviation."""
    fate: Fate
    """As it is then, of all that it stands for."""


def _fit(job: Job, fate: Fate, shown: float, curve: Curve) -> _Fit:
    """`shown`: ln of the most that it held; `curve`: the highest so far."""
    place = job.cpu_seconds / fate.seconds
    due = fate.peak * share(curve, place) + FLOOR
    wide = _width(job, place) ** 2
    both = wide + fate.cell * fate.cell
    above = shown - math.log(due)
    off = above * above / both
    if place > 1:
        off += (math.log(place) / LATE) ** 2
    if job.peak > fate.peak:
        off += math.log(job.peak / fate.peak) ** 2 / (0.06**2 + fate.cell * fate.cell)
    moved_on = math.exp(above * fate.cell * fate.cell / both)
    return _Fit(off / 2, math.sqrt(both), fate._replace(peak=fate.peak * moved_on))


def _width(job: Job, place: float) -> float:
    """Deviation of ln(memory) around the curve of a fate: all come to their peaks in the end."""
    narrows = 1.0 if fallen(job.forecast.curve) is not None else max(LATEST, EARLIEST - place)
    # Memory grows about as the root of the time, so half of the time's error is the memory's.
    return job.forecast.curve_spread * narrows + JITTER / (2 * job.cpu_seconds + 0.02)


@lru_cache
def risen(curve: Curve) -> Curve:
    """The highest so far, where the curve is what is held then: clang's falls again."""
    return tuple(accumulate(curve, max))


@lru_cache
def to_come(curve: Curve) -> Curve:
    """The highest from here on."""
    return tuple(accumulate(reversed(curve), max))[::-1]


@lru_cache
def fallen(curve: Curve) -> float | None:
    """The part of the life from which on it holds much less than its peak; None if it never does.

    A preprocessor has ended, and a stub waits for the compile elsewhere; clang's front end is done.
    """
    top = curve.index(max(curve))
    low = next((at for at in range(top, len(curve)) if curve[at] < FALLEN * curve[top]), None)
    return None if low is None else low / max(1, len(curve) - 1)


def _beyond(job: Job, nearest: Fate, shown: float) -> Fate:
    """The job is past all that was thought of: it goes on as it did, for a while.

    One that holds less than thought is taken at its word: a script that waits grows no more.
    """
    place = job.cpu_seconds / nearest.seconds
    due = nearest.peak * share(risen(job.forecast.curve), place) + FLOOR
    light = shown < math.log(due)
    peak = max(job.peak, FLOOR) * 1.5 if light else max(nearest.peak, job.peak * 1.15)
    return Fate(1.0, 1.0, peak, max(nearest.seconds, job.cpu_seconds * 1.2))


def outlook(job: Job, found: tuple[Fate, ...], rate: float = 1.0) -> Outlook:
    """`rate`: seconds of progress that a running job makes per second."""
    open_fates = weighed(job, found)
    tilted = sum([weight * fate.tilt for weight, fate in open_fates])
    ends = max(0.03, min(0.3, 1.5 * job.forecast.seconds_spread))
    sums = _Sums(job, rate, ends)
    for weight, fate in open_fates:
        if weight >= NEGLIGIBLE:
            sums.add(weight, fate, weight * fate.tilt / tilted)
    return sums.outlook(_counted_on(job, open_fates))


def _counted_on(job: Job, open_fates: list[tuple[float, Fate]]) -> float:
    """What is still to come: a job that is past the peak of its curve does not need it again."""
    passed, likely = 0.0, open_fates[-1][1]
    for weight, fate in open_fates:
        passed += weight
        if passed >= COUNTED_ON:
            likely = fate
            break
    curve, place = job.forecast.curve, job.cpu_seconds / likely.seconds
    fall = fallen(curve)
    if fall is not None and job.memory < FALLEN * job.peak:
        place = max(place, fall)  # what it holds now tells the rest better than its peak does
        return job.memory * max(1.0, share(to_come(curve), place) / max(share(curve, place), 0.01))
    return max(max(likely.peak, job.peak) * share(to_come(curve), place), float(job.memory))


def lives(place: float, ends: float) -> float:
    """The chance that a job still lives at this part of its forecast life.

    Most end between 1 less `ends` and 1 plus `ends` of it, one in twenty later.
    """
    if place <= 1 - ends:
        return 1.0
    if place <= 1 + ends:
        return 0.05 + 0.95 * (1 + ends - place) / (2 * ends)
    return 0.05 * math.exp((1 + ends - place) / ends)


class _Sums:
    """Adds up fates: the mean, the mean if all is heavier than thought, and the spread.

    When a job ends counts little in the spread: early or late, that passes. What is not known of
    its peak stays.
    """

    def __init__(self, job: Job, rate: float, ends: float) -> None:
        self._job, self._rate, self._ends = job, rate, ends
        self.mean, self.high, self.square = ([0.0] * len(GRID) for _ in range(3))

    def add(self, weight: float, fate: Fate, tilted: float) -> None:
        """The chance that it lives, and bytes then, up to the instant at which it surely ended.

        It may end late in the time up to an instant, so its chance is that of the time's beginning
        and its size that of the time's end. All is done in place here: it is the inner loop of all.
        """
        job, rate, ends = self._job, self._rate, self._ends
        mean, high, square = self.mean, self.high, self.square
        curve, memory, top = job.forecast.curve, float(job.memory), fate.peak
        speed, last, end = rate / fate.seconds, len(curve) - 1, curve[-1]
        start, now = job.cpu_seconds / fate.seconds, None
        grown = (DOUBT * job.forecast.curve_spread) ** 2 * weight
        overdue = start > 1 + 2 * ends  # it holds its peak until it is gone
        memory = max(memory, top) if overdue else memory
        shown, alive, place = share(curve, start), lives(start, ends), start
        surely = float("inf") if overdue else 1 - ends
        for index, instant in enumerate(GRID):
            was, place = place, start + instant * speed
            at = place * last
            if at < last:
                cell = int(at)
                low = curve[cell]
                later = low + (curve[cell + 1] - low) * (at - cell)
            else:
                later = end
            will = memory + top * (later - shown) if later >= shown else memory * later / shown
            now = will if now is None else now
            more = will - now
            if was > surely:
                chance = lives(was, ends) / alive
                if chance < 0.001:
                    break
                square[index] += ENDS * weight * chance * (1 - chance) * (will * will)
                will *= chance
            part = weight * will
            mean[index] += part
            high[index] += tilted * will
            square[index] += part * will + grown * (more * more)

    def outlook(self, peak: float) -> Outlook:
        means, highs = self.mean, self.high
        squares = [mean * mean for mean in means]
        spreads = zip(self.square, squares, strict=True)
        care = 1.0 if self._job.forecast.source == "history" else GUESSED
        twice, high = care * care, TOGETHER * care
        return Outlook(
            mean=tuple(means),
            variance=tuple([twice * (two - one) if two > one else 0.0 for two, one in spreads]),
            common=tuple([high * (h - mean) for h, mean in zip(highs, means, strict=True)]),
            peak=peak,
        )
