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
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ninjapool.forecast.classes import Shown
from ninjapool.forecast.prior import CURVES, FILES, GENERATING, GROWING, LINKING, POWER, Prior
from ninjapool.model import Forecast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ninjapool.forecast.classes import Basis
    from ninjapool.model import JobClass

__all__ = [
    "CURVES",
    "FILES",
    "GENERATING",
    "GROWING",
    "LINKING",
    "POWER",
    "Forecaster",
    "Prior",
]

BRIEF = 0.1
"""Seconds: who lived no longer was looked at too seldom, his peak is not known."""


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
        self._classes: dict[str, Shown] = {}
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
            lasts = known.pace.where(math.log(max(seconds, 0.01)))
            reached = max(reached, lasts - known.prior.law_spread)
        folder = known.folders(expected.basis, key).change(expected.folder)
        folder.unfinished[key] = reached - expected.explained

    def learn(self, key: str, job_class: JobClass, peak: int, seconds: float) -> None:
        """A job has ended well, after this peak and these CPU seconds."""
        expected = self._forget(key, job_class)
        if peak <= 0 or seconds <= BRIEF or expected is None:
            return
        self._lessons += 1
        known, line = self._class(job_class), math.log(peak + FILES)
        known.pace.learn(line, math.log(seconds))
        folder = known.folders(expected.basis, key).change(expected.folder)
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
            folders = self._class(job_class).folders(expected.basis, key)
            folders.change(expected.folder).unfinished.pop(key, None)
        return expected

    def _class(self, job_class: JobClass) -> Shown:
        if job_class not in self._classes:
            self._classes[job_class] = Shown(self._priors.get(job_class, Prior()), job_class)
        return self._classes[job_class]

    def _from_the_like(self, key: str, job_class: JobClass, size: int | None) -> Forecast:
        known = self._class(job_class)
        kin = self._kin(key) if self._kin else None
        basis, value = self._basis(key, size, kin)
        if size is not None and key not in self._expected:
            known.sizes.learn(math.log(max(size, 100)))
        explained = known.explained(basis, value)
        folder = posixpath.dirname(key)
        belief = known.folders(basis, key).believe(folder)
        line, spread = belief.mean + explained, belief.spread
        peak = max(math.exp(line) - FILES, 0.1 * math.exp(line))
        by_peak = math.exp(known.pace.at(line)), spread * known.pace.slope
        seconds, seconds_spread = self._seconds(basis, value, kin, known) or by_peak
        alike = round(belief.alike / 0.03) * 0.03
        self._expected[key] = _Expected(basis, folder, explained, peak, seconds)
        return Forecast(
            peak=int(_rounded(peak, spread)),
            peak_spread=round(spread / 0.03) * 0.03,
            shared=round(belief.shared / 0.03) * 0.03,
            alike=alike,
            folder=folder if alike else "",
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
    def _seconds(
        basis: Basis, value: float, kin: tuple[int, float] | None, known: Shown
    ) -> tuple[float, float] | None:
        """What it took before, and the deviation of its logarithm."""
        if basis == "log":
            return max(value, 0.01) * math.exp(known.clock.mean), 0.15
        return None if kin is None else (max(kin[1], 0.01), 0.4)

    @staticmethod
    def _source(basis: Basis, known: Shown) -> str:
        if basis in ("log", "kin"):
            return basis
        return "class" if known.pace.count or known.prior.own else "profile"


def _rounded(value: float, spread: float) -> float:
    """To steps well within the spread: whoever is given a forecast may remember an equal one."""
    step = 0.1 if spread > 0.2 else 0.04
    return math.exp(round(math.log(value) / step) * step)
