"""What one job will hold at a fixed set of future instants, given what it has shown so far.

A job's forecast is split into a handful of fates, from light and short to heavy and long. Each
look weighs them by what the job holds after the progress it has made. Knows one job at a time,
and no clock: a job gets on by its own progress.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ninjapool.units import MIB

if TYPE_CHECKING:
    from ninjapool.govern.model import Job
    from ninjapool.model import Forecast

GRID = tuple(0.1 * 1.45**step for step in range(20))
"""Seconds from now, 0.1 to 116: near instants close together, for what is near is known well."""
SHAPE = 0.25
"""Deviation of ln(memory) around the curve of the right fate: curves differ from job to job."""
FLOOR = 24.0 * MIB
"""Below this, what a job holds is its shell and driver and says nothing of its fate."""
LATE = 0.12
"""Deviation of ln(seconds) by which a job that goes on contradicts a fate in which it has ended."""


_By = tuple[float, float, float, float]
"""Weight, rate, ends and doubt of a fate."""


@dataclass(frozen=True, slots=True)
class Fate:
    """One way a job may go."""

    weight: float
    peak: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is expected of a job from one look on, by instant of the grid."""

    mean: tuple[float, ...]
    """Expected bytes; little where it will have ended by then."""
    variance: tuple[float, ...]
    peak: float
    """The peak of its middle fate: what it is counted on to need."""


def fates(forecast: Forecast) -> tuple[Fate, ...]:
    """The forecast as a handful of peaks with their durations, and a few that it did not expect."""
    narrow = max(forecast.peak_spread, forecast.seconds_spread) < 0.2
    half = max(1 if narrow else 2, math.ceil(2.5 * forecast.peak_spread / 0.35))
    places = [2.5 * step / half for step in range(-half, half + 1)]
    weights = [math.exp(-place * place / 2) for place in places]
    scale = 0.99 / sum(weights)
    found = [_fate(forecast, w * scale, p) for w, p in zip(weights, places, strict=True)]
    top = found[-1]
    longer = min(1.0, forecast.seconds_spread)  # where the duration is known, only the peak is off
    found += [
        Fate(0.003, top.peak * by, top.seconds * (1 + (by - 1) * longer)) for by in (1.5, 2.2, 3.3)
    ]
    return _at_least(found, forecast.at_least)


def _fate(forecast: Forecast, weight: float, place: float) -> Fate:
    """Heavy jobs are long: one place in the spread of both."""
    peak = forecast.peak * math.exp(place * forecast.peak_spread)
    seconds = forecast.seconds * math.exp(place * forecast.seconds_spread)
    return Fate(weight, max(peak, 1.0), max(seconds, 0.01))


def _at_least(found: list[Fate], least: int) -> tuple[Fate, ...]:
    kept = [fate for fate in found if fate.peak > least]
    if not kept:
        return (Fate(1.0, least * 1.25, found[-1].seconds),)
    total = sum(fate.weight for fate in kept)
    return tuple(Fate(fate.weight / total, fate.peak, fate.seconds) for fate in kept)


def share(curve: tuple[float, ...], place: float) -> float:
    """The curve at a part of the life, 0 to 1, by straight lines."""
    steps = len(curve) - 1
    at = place * steps
    if at >= steps:
        return curve[-1]
    index = int(at)
    low = curve[index]
    return low + (curve[index + 1] - low) * (at - index)


def weighed(job: Job, found: tuple[Fate, ...]) -> list[tuple[float, Fate]]:
    """The fates that what the job has shown leaves open, lightest first, with their weights."""
    if job.cpu_seconds <= 0:
        return [(fate.weight, fate) for fate in found]
    # Its highest, not what it holds now: a compiler that has ended, before the assembler runs or
    # the driver is gone, holds next to nothing, and that fits no growing curve.
    shown = math.log(max(job.memory, job.peak) + FLOOR)
    weights = [fate.weight * math.exp(-min(_off(job, fate, shown), 300.0)) for fate in found]
    total = sum(weights)
    if total < 1e-12:
        nearest = min(found, key=lambda fate: _off(job, fate, shown))
        return [(1.0, _beyond(job, nearest, shown))]
    least = 0.02 * total
    return [(w / total, fate) for w, fate in zip(weights, found, strict=True) if w > least]


def _off(job: Job, fate: Fate, shown: float) -> float:
    """How far the job is off this fate, as the exponent of a normal likelihood."""
    place = job.cpu_seconds / fate.seconds
    due = fate.peak * share(job.forecast.curve, place) + FLOOR
    off = ((shown - math.log(due)) / SHAPE) ** 2
    if place > 1:
        off += (math.log(place) / LATE) ** 2
    if job.peak > fate.peak:
        off += (math.log(job.peak / fate.peak) / 0.05) ** 2
    return off / 2


def _beyond(job: Job, nearest: Fate, shown: float) -> Fate:
    """The job is past all that was thought of: it goes on as it did, for a while.

    One that holds less than thought is taken at its word: a script that waits grows no more.
    """
    due = nearest.peak * share(job.forecast.curve, job.cpu_seconds / nearest.seconds) + FLOOR
    light = shown < math.log(due)
    peak = max(job.peak, FLOOR) * 1.5 if light else max(nearest.peak, job.peak * 1.15)
    return Fate(1.0, peak, max(nearest.seconds, job.cpu_seconds * 1.2))


def outlook(job: Job, found: tuple[Fate, ...], rate: float = 1.0) -> Outlook:
    """`rate`: seconds of progress that a running job makes per second."""
    mean, square = [0.0] * len(GRID), [0.0] * len(GRID)
    peak = passed = 0.0
    ends, doubt = _ends(job.forecast), _doubt(job.forecast)
    for weight, fate in weighed(job, found):
        if passed < 0.5:
            peak = fate.peak
        passed += weight
        _add(job, fate, (weight, rate, ends, doubt), mean, square)
    # A sum of wide log-normals leans to the heavy side, which its deviation does not tell.
    lean = (1 + job.forecast.peak_spread) ** 2
    pairs = zip(mean, square, strict=True)
    variance = tuple([lean * (two - one * one) if two > one * one else 0.0 for one, two in pairs])
    return Outlook(tuple(mean), variance, max(peak, float(job.peak)))


def _add(
    job: Job,
    fate: Fate,
    by: tuple[float, float, float, float],
    mean: list[float],
    square: list[float],
) -> None:
    """Adds one fate's future: growth along the curve from what is held now, then the end.

    Curves are read in place here: this is the inner loop of every look.
    """
    curve, memory, top = job.forecast.curve, float(job.memory), fate.peak
    weight, rate, ends, doubt = by
    speed, last = rate / fate.seconds, len(curve) - 1
    start = job.cpu_seconds / fate.seconds
    overdue = start > 1 + 2 * ends
    if overdue:  # it holds its peak until it is gone
        memory = max(memory, top)
    shown, alive, chance = share(curve, start), lives(start, ends), weight
    for index, instant in enumerate(GRID):
        place = start + instant * speed
        if place > 1 - ends and not overdue:
            chance = weight * lives(place, ends) / alive
            if chance < 0.001 * weight:
                return
        at = place * last
        later = curve[-1]
        if at < last:
            cell = int(at)
            later = curve[cell] + (curve[cell + 1] - curve[cell]) * (at - cell)
        will = memory + top * (later - shown) if later >= shown else memory * later / shown
        unsure = (will - memory) * doubt
        mean[index] += chance * will
        square[index] += chance * (will * will + unsure * unsure)


def _ends(forecast: Forecast) -> float:
    """Within a fate, jobs end between 1 less this and some 1 plus this of its seconds."""
    return max(0.15, min(0.3, 1.5 * forecast.seconds_spread))


def _doubt(forecast: Forecast) -> float:
    """Deviation of the growth still to come, as a share of it."""
    return max(0.12, min(0.25, 2 * forecast.peak_spread))


def lives(place: float, ends: float) -> float:
    """The chance that a job still lives at this part of its forecast life."""
    if place <= 1 - ends:
        return 1.0
    if place <= 1:
        return (1 + ends - place) / (2 * ends)
    return 0.5 * math.exp((1 - place) / ends)
