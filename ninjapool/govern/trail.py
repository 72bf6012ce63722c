"""How a job's memory went over its life, in a few points however long it lives. Pure."""

from __future__ import annotations

MOST, LEAST = 48, 12
"""Points that are kept, and those without which a curve says nothing."""
SHORTEST = 1.0
"""Seconds: in a shorter life a point is off by too much of it."""
PARTS = 8
"""Of a life, at whose borders the curve is told."""


class Trail:
    """Keeps every point, then every second, every fourth, ...: a point costs next to nothing."""

    __slots__ = ("_count", "_points", "_stride", "last")

    def __init__(self) -> None:
        self._points: list[tuple[float, int]] = []
        self._stride = 1
        self._count = 0
        self.last = 0.0
        """Seconds that it had used when it was looked at last."""

    def add(self, progress: float, memory: int) -> None:
        """`progress`: seconds that it could use so far."""
        self.last = progress
        if not memory:
            return  # it has ended and was not gone: that is no part of its curve
        self._count += 1
        if self._count % self._stride:
            return
        self._points.append((progress, memory))
        if len(self._points) >= MOST:
            del self._points[::2]
            self._stride *= 2

    def curve(self, seconds: float, peak: int) -> bytes | None:
        """Memory in 255ths of the peak at the borders of the parts; None where too little is known.

        Of each border the highest point nearby counts: what falls between two is not lost. Not of
        the first: a job is born with nothing.
        """
        if len(self._points) < LEAST or seconds < SHORTEST or peak <= 0:
            return None
        half = seconds / PARTS / 2
        marks = [seconds * part / PARTS for part in range(1, PARTS + 1)]
        highest = (max(self._at(mark), self._around(mark, half)) for mark in marks)
        told = (0, *highest)
        return bytes(min(255, round(255 * memory / peak)) for memory in told)

    def _around(self, mark: float, half: float) -> int:
        near = (memory for at, memory in self._points if mark - half <= at < mark + half)
        return max(near, default=0)

    def _at(self, mark: float) -> float:
        before = self._points[0]
        for point in self._points:
            if point[0] >= mark:
                width = point[0] - before[0]
                part = (mark - before[0]) / width if width > 0 else 1.0
                return before[1] + max(0.0, part) * (point[1] - before[1])
            before = point
        return before[1]
