"""Means and straight lines that are learned value by value, from what is thought at first."""

from __future__ import annotations

from dataclasses import dataclass

FIRM = 6.0
"""What is thought of a slope weighs as much as so many values, each one off in x."""
LEAST = 0.3
"""A line always rises."""


@dataclass(slots=True)
class Mean:
    """The mean of what was seen, begun with a prior that weighs as much as `trust` of them."""

    mean: float
    trust: float
    count: int = 0

    def learn(self, value: float) -> None:
        self.count += 1
        self.mean += (value - self.mean) / (self.trust + self.count)


class Line:
    """A straight line through what was seen, begun at a point that weighs as much as two of them.

    Its slope is begun with, too: what was seen changes it once that is spread enough to show one.
    """

    def __init__(self, x: float, y: float, slope: float) -> None:
        self.count = 0
        self._weight, self._x, self._y = 2.0, x, y
        self._squares, self._products = FIRM, FIRM * slope

    @property
    def slope(self) -> float:
        return max(LEAST, self._products / self._squares)

    def learn(self, x: float, y: float) -> None:
        self.count += 1
        self._weight += 1
        off_x, off_y = x - self._x, y - self._y
        self._x += off_x / self._weight
        self._y += off_y / self._weight
        self._squares += off_x * (x - self._x)
        self._products += off_x * (y - self._y)

    def at(self, x: float) -> float:
        return self._y + self.slope * (x - self._x)

    def where(self, y: float) -> float:
        """The x at which it has this y."""
        return self._x + (y - self._y) / self.slope
