"""An edge's likely peak, seconds and curve: by its own past, its duration, or its class.

Knows no files and no profiles: what is known before the build comes in as arguments. The
figures are log-normal throughout: a job's memory errs by factors, not by bytes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ninjapool.model import Forecast
from ninjapool.units import MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ninjapool.model import Estimate, JobClass

GROWING = (0.01, 0.24, 0.36, 0.44, 0.54, 0.59, 0.67, 0.74, 0.79, 0.83, 0.85, 0.88, 0.91, 0.92, 0.94,
           0.95, 0.97, 0.97, 0.98, 0.99, 1.0)  # fmt: skip
"""The mean curve of ten heavy LLVM sources under gcc 12, Release: what a job does by default."""


BRIEF = 0.1
"""Seconds: who lived no longer was looked at too seldom, his peak is not known."""
POWER = 0.57
"""Peak grows as seconds to this power (LLVM 14, gcc 12, Release: 683 sources measured)."""
CLOSE, LOOSE = 0.16, 0.35
"""Standard deviation of ln(peak) around that law: for compiles (0.15 measured), and for others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What is thought of a class before the build. The defaults are those of an unknown C++ job.

    Through the two medians goes the law by which a duration tells a peak: 146 MiB at one second.
    """

    peak: float = 300.0 * MIB
    """Median, in bytes."""
    peak_spread: float = 0.6
    seconds: float = 3.5
    """Median, in CPU seconds."""
    seconds_spread: float = 1.0
    curve: tuple[float, ...] = GROWING
    law_spread: float = CLOSE

    @classmethod
    def from_estimate(cls, estimate: Estimate) -> Prior:
        """The log-normal through the median and the 95th percentile of a profile."""
        shape = estimate.distribution
        spread = max(0.2, math.log(max(shape.p95, 1) / max(shape.median, 1)) / 1.645)
        return cls(
            peak=float(max(shape.median, 1)),
            peak_spread=spread,
            seconds=(max(shape.median, 1) / (146 * MIB)) ** (1 / POWER),
            seconds_spread=max(0.4, spread * estimate.duration_exponent),
            curve=estimate.curve or GROWING,
            law_spread=CLOSE if estimate.job_class == "compile" else LOOSE,
        )

    def peak_after(self, seconds: float) -> float:
        """The peak of a job that takes so long."""
        return self.peak * math.pow(max(seconds, 0.01) / self.seconds, POWER)


@dataclass(slots=True)
class LogNormal:
    """The mean and spread of a logarithm: a prior, sharpened by what ended and what has not yet."""

    mean: float
    spread: float
    trust: float
    """The prior weighs as much as so many observations."""
    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def learn(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.squares += value * value

    def believe(self, at_least: Iterable[float] = ()) -> tuple[float, float]:
        """Mean and predictive spread, given also values known only to be above these.

        Jobs that end early are the light ones. Those still running are taken at what they may be
        expected to reach, given what they have (expectation and maximisation, a few rounds).
        """
        bounds = list(at_least)
        mean, spread = self._fit(0.0, 0.0, 0)
        for _ in range(4 if bounds else 0):
            sums = [_tail_moments(bound, mean, spread) for bound in bounds]
            mean, spread = self._fit(sum(s[0] for s in sums), sum(s[1] for s in sums), len(bounds))
        weight = self.trust + self.count + len(bounds)
        return mean, spread * math.sqrt(1 + 1 / weight)

    def _fit(self, total: float, squares: float, count: int) -> tuple[float, float]:
        number = self.count + count
        weight = self.trust + number
        mean = (self.trust * self.mean + self.total + total) / weight
        own = self.trust * (self.spread**2 + (self.mean - mean) ** 2)
        rest = self.squares + squares - 2 * mean * (self.total + total) + number * mean * mean
        return mean, math.sqrt(max(1e-4, (own + rest) / weight))


def _tail_moments(bound: float, mean: float, spread: float) -> tuple[float, float]:
    """Expectation of x and of x squared for a normal x above the bound."""
    place = min(6.0, (bound - mean) / spread)
    tail = max(1e-12, 0.5 * math.erfc(place / math.sqrt(2)))
    hazard = math.exp(-place * place / 2) / math.sqrt(2 * math.pi) / tail
    first = mean + spread * hazard
    variance = max(0.0, spread * spread * (1 + place * hazard - hazard * hazard))
    return max(first, bound), max(first, bound) ** 2 + variance


class _Class:
    """What this build has shown of one class."""

    def __init__(self, prior: Prior) -> None:
        self.prior = prior
        self.peak = LogNormal(math.log(prior.peak), prior.peak_spread, trust=4)
        self.seconds = LogNormal(math.log(prior.seconds), prior.seconds_spread, trust=4)
        self.law = LogNormal(0.0, prior.law_spread, trust=3)
        """ln of measured peak over the law's."""
        self.clock = LogNormal(0.0, 0.15, trust=8)
        """ln of measured seconds over those of an earlier build's log."""
        self.unfinished: dict[str, tuple[float, float]] = {}
        """Key to ln of peak and of seconds so far."""

    def bounds(self) -> tuple[list[float], list[float]]:
        """What the unfinished have at least; one that has lasted long is heavy as well."""
        slope = self.prior.peak_spread / self.prior.seconds_spread
        peak, seconds = math.log(self.prior.peak), math.log(self.prior.seconds)
        lasted = [line for _, line in self.unfinished.values()]
        reached = [
            max(line, peak + (lasts - seconds) * slope) for line, lasts in self.unfinished.values()
        ]
        return reached, lasted


class Forecaster:
    """Own history, else the duration in an earlier build's log, else the class."""

    def __init__(
        self,
        priors: Mapping[JobClass, Prior] | None = None,
        *,
        history: Callable[[str], Forecast | None] | None = None,
        durations: Mapping[str, float] | None = None,
    ) -> None:
        """`durations` are seconds by key, as `.ninja_log` has them by output."""
        self._priors = dict(priors or {})
        self._history = history
        self._durations = durations or {}
        self._classes: dict[str, _Class] = {}
        self._at_least: dict[str, int] = {}
        self._believed: dict[str, tuple[float, float, float, float]] = {}

    def forecast(self, key: str, job_class: JobClass) -> Forecast:
        """What the job of this key will need."""
        found = self._history(key) if self._history else None
        if found is None:
            seconds = self._durations.get(key)
            known = self._class(job_class)
            found = self._by_class(known, job_class) if seconds is None else _by_log(known, seconds)
        lost = self._at_least.get(key, 0)
        return replace(found, at_least=max(lost, found.at_least)) if lost else found

    def seen(self, key: str, job_class: JobClass, peak: int, seconds: float) -> None:
        """A job runs on and has had this peak and these CPU seconds so far."""
        if peak > 0 and seconds > 0:
            self._class(job_class).unfinished[key] = (math.log(peak), math.log(seconds))
            self._believed.pop(job_class, None)

    def learn(self, key: str, job_class: JobClass, peak: int, seconds: float) -> None:
        """A job has ended well, after this peak and these CPU seconds."""
        known = self._class(job_class)
        known.unfinished.pop(key, None)
        self._believed.pop(job_class, None)
        if peak <= 0 or seconds <= BRIEF:
            return
        known.peak.learn(math.log(peak))
        known.seconds.learn(math.log(seconds))
        before = self._durations.get(key)
        if before:
            known.law.learn(math.log(peak / known.prior.peak_after(before)))
            known.clock.learn(math.log(seconds / max(before, 0.01)))

    def lost(self, key: str, job_class: JobClass, peak: int) -> None:
        """A job was killed for its memory when it had this much: it needs more."""
        self._class(job_class).unfinished.pop(key, None)
        self._at_least[key] = max(peak, self._at_least.get(key, 0))

    def _class(self, job_class: JobClass) -> _Class:
        if job_class not in self._classes:
            self._classes[job_class] = _Class(self._priors.get(job_class, Prior()))
        return self._classes[job_class]

    def _by_class(self, known: _Class, job_class: JobClass) -> Forecast:
        if job_class not in self._believed:
            reached, lasted = known.bounds()
            self._believed[job_class] = (
                *known.peak.believe(reached),
                *known.seconds.believe(lasted),
            )
        peak, peak_spread, seconds, seconds_spread = self._believed[job_class]
        return Forecast(
            peak=int(math.exp(peak)),
            peak_spread=peak_spread,
            seconds=math.exp(seconds),
            seconds_spread=seconds_spread,
            curve=known.prior.curve,
            source="class" if known.peak.count else "profile",
        )


def _by_log(known: _Class, seconds: float) -> Forecast:
    """The law of the class, as far off as the jobs that ended have shown it to be."""
    offset, spread = known.law.believe()
    clock, clock_spread = known.clock.believe()
    return Forecast(
        peak=int(known.prior.peak_after(seconds) * math.exp(offset)),
        peak_spread=spread,
        seconds=seconds * math.exp(clock),
        seconds_spread=clock_spread,
        curve=known.prior.curve,
        source="log",
    )
