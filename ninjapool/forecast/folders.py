"""What the jobs of a folder have in common: a mean of each, drawn to that of all.

Knows values of any unit, and folders by name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

PRIOR_FOLDERS, PRIOR_JOBS = 3, 12
"""What is thought before the build weighs as much as so many folders, and so many jobs in one."""
DIFFERING_FOLDERS = 6
"""The same of what folders differ by."""
CHANCE = 0.5
"""Of the variance between folders. LLVM's seem to differ by up to 1.4 times what they do while they
come in, those of DuckDB, if unity sources and C are taken together, by 3.2 times."""


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


class Belief(NamedTuple):
    """What is thought of a folder's jobs, and the deviations by which that may be off."""

    mean: float
    alike: float
    """By the folder: all its jobs are off as much."""
    shared: float
    """By the mean of all folders: all jobs are."""
    within: float
    """By the job."""

    @property
    def spread(self) -> float:
        return math.hypot(self.alike, self.shared, self.within)


class Folders:
    """Means by folder, each drawn to that of all until it has shown its own.

    A folder counts one at most in the mean of all: the first of a build is not like the others.
    """

    def __init__(self, mean: float, between: float, within: float) -> None:
        """`between`: what folders differ by; `within`: what the jobs of one differ by."""
        self._prior, self._usual, self._own = mean, between**2, within
        self._between = self._usual
        self.within = within
        self._folders: dict[str, _Folder] = {}
        self._middle: tuple[float, float] | None = None
        self._beliefs: dict[str, Belief] = {}

    def change(self, name: str) -> _Folder:
        """The folder, for adding to; what was believed is believed no more."""
        self._middle = None
        self._beliefs.clear()
        return self._folders.setdefault(name, _Folder())

    def believe(self, name: str) -> Belief:
        if name not in self._beliefs:
            middle, doubt = self._all()
            number, average = self._folders.get(name, _Folder()).average(middle, self.within)
            trust = self._trust(number)
            self._beliefs[name] = Belief(
                mean=middle + trust * (average - middle),
                alike=math.sqrt(self._between * (1 - trust)),
                shared=math.sqrt(doubt) * (1 - trust),
                within=self.within,
            )
        return self._beliefs[name]

    def _trust(self, number: int) -> float:
        return number / (number + self.within**2 / self._between)

    def _all(self) -> tuple[float, float]:
        """Mean over the folders, and its variance."""
        if self._middle is None:
            self.within = self._spread_within()
            found = [one.average(self._prior, self.within) for one in self._folders.values()]
            found = [(number, average) for number, average in found if number]
            self._between = self._usual
            self._between = max(self._usual, self._variance_between(found))
            middle, weight = self._center(found)
            self._middle = middle, self._between / weight
        return self._middle

    def _center(self, found: list[tuple[int, float]]) -> tuple[float, float]:
        """Of the numbers of jobs and averages of folders; and how much all that weighs."""
        total, weight = PRIOR_FOLDERS * self._prior, float(PRIOR_FOLDERS)
        for number, average in found:
            trust = self._trust(number)
            total, weight = total + trust * average, weight + trust
        return total / weight, weight

    def _variance_between(self, found: list[tuple[int, float]]) -> float:
        """What these folders differ by, less what any build's may by chance."""
        middle, weight = self._center(found)
        squares = DIFFERING_FOLDERS * self._usual
        for number, average in found:
            off = (average - middle) ** 2 - self.within**2 / number
            squares += self._trust(number) * off
        shown = squares / (DIFFERING_FOLDERS + weight - PRIOR_FOLDERS)
        return shown - CHANCE * self._usual

    def _spread_within(self) -> float:
        found = [folder.squares() for folder in self._folders.values()]
        free, squares = sum(f for f, _ in found), sum(s for _, s in found)
        return math.sqrt((PRIOR_JOBS * self._own**2 + squares) / (PRIOR_JOBS + free))
