"""An edge's likely peak, seconds and curve: by its own past, its duration, or its kind.

What kind a job is of tells its folder and the size of its source. Of LLVM's sources (683 measured,
gcc 12, Release) ln(peak) has a deviation of 0.73; of those of one folder 0.42, and of those of one
folder and one size 0.31. So what the first jobs of a folder took tells what the next will take.

Knows no files and no profiles: what is known before the build comes in as arguments. The figures
are log-normal throughout: a job's memory errs by factors, not by bytes.
"""

from __future__ import annotations

import math
import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from ninjapool.model import Forecast
from ninjapool.units import KIB, MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ninjapool.model import Estimate, JobClass

GROWING = (0.01, 0.24, 0.36, 0.44, 0.54, 0.59, 0.67, 0.74, 0.79, 0.83, 0.85, 0.88, 0.91, 0.92, 0.94,
           0.95, 0.97, 0.97, 0.98, 0.99, 1.0)  # fmt: skip
"""The mean curve of ten heavy LLVM sources under gcc 12, Release: what a job does by default."""

LINKING = (0.0, 0.1, 0.22, 0.33, 0.43, 0.49, 0.53, 0.59, 0.68, 0.79, 0.87, 0.91, 0.95, 0.96, 0.96,
           0.96, 0.96, 0.96, 0.97, 0.99, 1.0)  # fmt: skip
"""Mean of bfd 2.40, gold 1.16 and lld 14 that link all static libraries of LLVM 19, 0.2 to 0.9
GiB: much of what a link needs comes late, so one that is young and small is not a light one."""
GENERATING = (0.0, 0.16, 0.36, 0.53, 0.62, 0.68, 0.73, 0.78, 0.8, 0.83, 0.86, 0.87, 0.88, 0.89, 0.9,
              0.91, 0.94, 0.95, 0.98, 0.99, 1.0)  # fmt: skip
"""Mean of eight runs of llvm-tblgen 19 over X86.td and AMDGPU.td, 0.5 to 1.3 GiB."""
CURVES: Mapping[JobClass, tuple[float, ...]] = {
    "compile": GROWING,
    "heavy": GROWING,
    "flang": GROWING,
    "link": LINKING,
    "tablegen": GENERATING,
    "archive": GROWING,
}
"""What is usual where a profile has no curve: a plan takes such jobs to be always at their peak."""

BRIEF = 0.1
"""Seconds: who lived no longer was looked at too seldom, his peak is not known."""
FILES = 27.0 * MIB
"""Pages of its own program that a compiler has resident (gcc 25 to 29, clang 80). Log-normal, and
on a straight line with the duration, is all that is resident; a job's own is the rest."""
POWER = 0.57
"""What a compile has resident grows as its seconds to this power (683 LLVM sources)."""
BY_SIZE = 0.44
"""ln(resident) per ln(bytes of the source), as a share of the spread of all (0.32 of 0.73)."""
USUAL_SIZE = 12.0 * KIB
"""Of a source."""
COMPILES: tuple[JobClass, ...] = ("compile", "heavy", "flang")
PRIOR_FOLDERS, PRIOR_JOBS = 3, 12
"""What is thought before the build weighs as much as so many folders, and so many jobs in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What is thought of a class before the build. The defaults are those of an unknown C++ job.

    Through the two medians goes the law by which a duration tells a peak.
    """

    peak: float = 280.0 * MIB
    """Median, in bytes."""
    peak_spread: float = 0.6
    seconds: float = 3.5
    """Median, in CPU seconds."""
    power: float = POWER
    law_spread: float = 0.16
    """Standard deviation of ln(resident) around the law: 0.14 measured for compiles."""
    by_size: float | None = None
    """ln(resident) per ln(bytes), where this project has shown it; `peak_spread` is the rest."""
    usual_size: float = USUAL_SIZE
    own: bool = False
    """Of this project's earlier builds."""
    curve: tuple[float, ...] = GROWING

    @classmethod
    def from_estimate(cls, estimate: Estimate) -> Prior:
        """The log-normal through the median and the 95th percentile of a profile."""
        shape = estimate.distribution
        spread = max(0.2, math.log(max(shape.p95, 1) / max(shape.median, 1)) / 1.645)
        power = 1 / estimate.duration_exponent if estimate.duration_exponent > 0 else POWER
        return cls(
            peak=float(max(shape.median, 1)),
            peak_spread=spread,
            seconds=((shape.median + FILES) / (153 * MIB)) ** (1 / POWER),
            power=power,
            curve=_curve(estimate),
            law_spread=0.16 if estimate.job_class == "compile" else 0.35,
        )


def _curve(estimate: Estimate) -> tuple[float, ...]:
    own = estimate.curve
    return own if len(own) > 1 else CURVES.get(estimate.job_class, own or GROWING)


@dataclass(slots=True)
class _Mean:
    """The mean of what was seen, begun with a prior that weighs as much as `trust` of them."""

    mean: float
    trust: float
    count: int = 0

    def learn(self, value: float) -> None:
        self.count += 1
        self.mean += (value - self.mean) / (self.trust + self.count)


@dataclass(slots=True)
class _Folder:
    """ln(resident) of its jobs, less what their size or duration explains."""

    ended: dict[str, float] = field(default_factory=dict)
    unfinished: dict[str, float] = field(default_factory=dict)
    """What those that run and are heavier or longer than expected have reached at least."""

    def average(self, middle: float, spread: float) -> tuple[int, float]:
        """How many, and their mean; who has not ended is taken at what may be expected of him.

        Light jobs end early: those that have ended alone would tell too little.
        """
        beyond = [_beyond(bound, middle, spread) for bound in self.unfinished.values()]
        values = [*self.ended.values(), *beyond]
        return len(values), sum(values) / len(values) if values else middle

    def squares(self) -> tuple[int, float]:
        """Degrees of freedom, and the sum of squares around the folder's own mean."""
        if len(self.ended) < 2:
            return 0, 0.0
        mean = sum(self.ended.values()) / len(self.ended)
        return len(self.ended) - 1, sum((value - mean) ** 2 for value in self.ended.values())


def _beyond(bound: float, mean: float, spread: float) -> float:
    """The expectation of a normal value that is known to lie above the bound."""
    place = min(6.0, (bound - mean) / spread)
    tail = max(1e-12, 0.5 * math.erfc(place / math.sqrt(2)))
    hazard = math.exp(-place * place / 2) / math.sqrt(2 * math.pi) / tail
    return max(bound, mean + spread * hazard)


class _Folders:
    """Means by folder, each drawn to that of all until it has shown its own.

    A folder counts one at most in the mean of all: the first of a build is not like the others.
    """

    def __init__(self, mean: float, between: float, within: float) -> None:
        """`between`: what folders differ by; `within`: what the jobs of one differ by."""
        self._prior, self._between, self._own = mean, between**2, within
        self.within = within
        self._folders: dict[str, _Folder] = {}
        self._middle: tuple[float, float] | None = None
        self._beliefs: dict[str, tuple[float, float]] = {}

    def change(self, name: str) -> _Folder:
        """The folder, for adding to; what was believed is believed no more."""
        self._middle = None
        self._beliefs.clear()
        return self._folders.setdefault(name, _Folder())

    def believe(self, name: str) -> tuple[float, float]:
        """Its mean, and the deviation by which that may be off."""
        if name not in self._beliefs:
            middle, doubt = self._all()
            number, average = self._folders.get(name, _Folder()).average(middle, self.within)
            trust = self._trust(number)
            shared = self._between * (1 - trust) + doubt * (1 - trust) ** 2
            self._beliefs[name] = middle + trust * (average - middle), math.sqrt(shared)
        return self._beliefs[name]

    def _trust(self, number: int) -> float:
        return number / (number + self.within**2 / self._between)

    def _all(self) -> tuple[float, float]:
        """Mean over the folders, and its variance."""
        if self._middle is None:
            self.within = self._spread_within()
            total, weight = PRIOR_FOLDERS * self._prior, float(PRIOR_FOLDERS)
            for folder in self._folders.values():
                number, average = folder.average(self._prior, self.within)
                trust = self._trust(number)
                total, weight = total + trust * average, weight + trust
            self._middle = total / weight, self._between / weight
        return self._middle

    def _spread_within(self) -> float:
        found = [folder.squares() for folder in self._folders.values()]
        free, squares = sum(f for f, _ in found), sum(s for _, s in found)
        return math.sqrt((PRIOR_JOBS * self._own**2 + squares) / (PRIOR_JOBS + free))


Basis = Literal["kind", "size", "log", "kin"]
"""What tells a job from others of its folder: nothing, its source's size, its last duration, or
what the same took under other flags."""
KIN_BETWEEN, KIN_WITHIN = 0.3, 0.15
"""What folders and jobs differ by in how other flags change them: LLVM's Debug takes 1.05 to 1.2
times its Release by gcc, clang half of gcc."""


class _Class:
    """What this build has shown of one class."""

    def __init__(self, prior: Prior, job_class: JobClass) -> None:
        self.prior = prior
        middle, spread = math.log(prior.peak + FILES), prior.peak_spread
        self.folders: dict[Basis, _Folders] = {
            "kind": _Folders(middle, 0.82 * spread, 0.57 * spread),
            "size": self._by_size(middle),
            "log": _Folders(middle, 0.6 * prior.law_spread, 0.8 * prior.law_spread),
            "kin": _Folders(0.0, KIN_BETWEEN, KIN_WITHIN),
        }
        self.clock = _Mean(0.0, trust=8)
        """ln of measured seconds over those of an earlier build's log."""
        self.pace = _Mean(math.log(prior.seconds) - middle / prior.power, trust=2)
        """ln of seconds, less what the law makes of the peak."""
        # What is usual of a source is not of all that a link reads: there the first one tells it.
        is_usual_known = prior.own or job_class in COMPILES
        self.sizes = _Mean(math.log(prior.usual_size), trust=4 if is_usual_known else 0)

    def _by_size(self, middle: float) -> _Folders:
        spread = self.prior.peak_spread
        if self.prior.by_size is None:
            return _Folders(middle, 0.63 * spread, 0.43 * spread)
        return _Folders(middle, 0.5 * spread, 0.85 * spread)

    def explained(self, basis: Basis, value: float) -> float:
        """What a source's size, or a duration, adds to ln(resident)."""
        if basis == "size":
            own = self.prior.by_size
            slope = BY_SIZE * self.prior.peak_spread if own is None else own
            return slope * (math.log(max(value, 100.0)) - self.sizes.mean)
        if basis == "log":
            return self.prior.power * math.log(max(value, 0.01) / self.prior.seconds)
        if basis == "kin":
            return math.log(value + FILES)
        return 0.0


@dataclass(frozen=True, slots=True)
class _Expected:
    """What was forecast for a job that has not ended, to notice when it exceeds it."""

    basis: Basis
    folder: str
    explained: float
    peak: float
    seconds: float


class Forecaster:
    """Own history, else that under other flags, else an earlier build's log, else the kind."""

    def __init__(
        self,
        priors: Mapping[JobClass, Prior] | None = None,
        *,
        history: Callable[[str], Forecast | None] | None = None,
        kin: Callable[[str], tuple[int, float] | None] | None = None,
        durations: Mapping[str, float] | None = None,
    ) -> None:
        """By key: `kin` gives peak and seconds under other flags, `durations` ninja's seconds."""
        self._priors = dict(priors or {})
        self._history, self._kin = history, kin
        self._durations = durations or {}
        self._classes: dict[str, _Class] = {}
        self._at_least: dict[str, int] = {}
        self._expected: dict[str, _Expected] = {}
        self._made: dict[str, tuple[tuple[int, JobClass, int | None], Forecast]] = {}
        self._lessons = 0
        """How often something was learned."""

    def forecast(self, key: str, job_class: JobClass, size: int | None = None) -> Forecast:
        """What the job of this key will need; `size` is that of its source, in bytes."""
        found = self._history(key) if self._history else None
        if found is None:
            found = self._latest(key, job_class, size)
        lost = self._at_least.get(key, 0)
        return replace(found, at_least=max(lost, found.at_least)) if lost else found

    def seen(self, key: str, job_class: JobClass, peak: int, seconds: float) -> None:
        """A job runs on and has had this peak and these CPU seconds so far."""
        expected = self._expected.get(key)
        if expected is None or (peak <= expected.peak and seconds <= expected.seconds):
            return
        noticed = max(expected.peak, peak * 1.15), max(expected.seconds, seconds * 1.3)
        self._expected[key] = replace(expected, peak=noticed[0], seconds=noticed[1])
        self._lessons += 1
        known = self._class(job_class)
        reached = math.log(peak + FILES)
        if expected.basis != "log":
            lasts = known.prior.power * (math.log(max(seconds, 0.01)) - known.pace.mean)
            reached = max(reached, lasts - known.prior.law_spread)
        folder = known.folders[expected.basis].change(expected.folder)
        folder.unfinished[key] = reached - expected.explained

    def learn(self, key: str, job_class: JobClass, peak: int, seconds: float) -> None:
        """A job has ended well, after this peak and these CPU seconds."""
        expected = self._forget(key, job_class)
        if peak <= 0 or seconds <= BRIEF or expected is None:
            return
        self._lessons += 1
        known, line = self._class(job_class), math.log(peak + FILES)
        known.pace.learn(math.log(seconds) - line / known.prior.power)
        folder = known.folders[expected.basis].change(expected.folder)
        folder.ended[key] = line - expected.explained
        if expected.basis == "log":
            known.clock.learn(math.log(seconds / max(self._durations[key], 0.01)))

    def lost(self, key: str, job_class: JobClass, peak: int) -> None:
        """A job was killed for its memory when it had this much: it needs more."""
        self._forget(key, job_class)
        self._at_least[key] = max(peak, self._at_least.get(key, 0))

    def _latest(self, key: str, job_class: JobClass, size: int | None) -> Forecast:
        """Made anew only when something was learned since."""
        asked = self._lessons, job_class, size
        made = self._made.get(key)
        if made is None or made[0] != asked:
            made = self._made[key] = asked, self._from_the_like(key, job_class, size)
        return made[1]

    def _forget(self, key: str, job_class: JobClass) -> _Expected | None:
        expected = self._expected.pop(key, None)
        self._made.pop(key, None)
        if expected is not None:
            folders = self._class(job_class).folders[expected.basis]
            folders.change(expected.folder).unfinished.pop(key, None)
        return expected

    def _class(self, job_class: JobClass) -> _Class:
        if job_class not in self._classes:
            self._classes[job_class] = _Class(self._priors.get(job_class, Prior()), job_class)
        return self._classes[job_class]

    def _from_the_like(self, key: str, job_class: JobClass, size: int | None) -> Forecast:
        known = self._class(job_class)
        kin = self._kin(key) if self._kin else None
        basis, value = self._basis(key, size, kin)
        if size is not None and key not in self._expected:
            known.sizes.learn(math.log(max(size, 100)))
        explained = known.explained(basis, value)
        folder = posixpath.dirname(key)
        mean, shared = known.folders[basis].believe(folder)
        line = mean + explained
        spread = math.hypot(known.folders[basis].within, shared)
        peak = max(math.exp(line) - FILES, 0.1 * math.exp(line))
        seconds = math.exp(known.pace.mean + line / known.prior.power)
        seconds_spread = spread / known.prior.power
        if basis == "log":
            seconds, seconds_spread = max(value, 0.01) * math.exp(known.clock.mean), 0.15
        elif kin is not None:
            seconds, seconds_spread = max(kin[1], 0.01), 0.4
        self._expected[key] = _Expected(basis, folder, explained, peak, seconds)
        return Forecast(
            peak=int(_rounded(peak, spread)),
            peak_spread=round(spread / 0.03) * 0.03,
            shared=round(shared / 0.03) * 0.03,
            seconds=_rounded(seconds, spread),
            seconds_spread=round(seconds_spread / 0.05) * 0.05,
            curve=known.prior.curve,
            source=self._source(basis, known),
        )

    def _basis(
        self, key: str, size: int | None, kin: tuple[int, float] | None
    ) -> tuple[Basis, float]:
        """What the job is told from others by, and its value."""
        if kin is not None:
            return "kin", float(kin[0])
        if key in self._durations:
            return "log", self._durations[key]
        return ("kind", 0.0) if size is None else ("size", float(size))

    @staticmethod
    def _source(basis: Basis, known: _Class) -> str:
        if basis in ("log", "kin"):
            return basis
        return "class" if known.pace.count or known.prior.own else "profile"


def _rounded(value: float, spread: float) -> float:
    """To steps well within the spread: whoever is given a forecast may remember an equal one."""
    step = 0.1 if spread > 0.2 else 0.04
    return math.exp(round(math.log(value) / step) * step)
