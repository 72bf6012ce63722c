"""What the loop asks the machine again and again, read by the probe's quick readers.

Knows no process of the build.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninjapool.govern.mind import Senses
from ninjapool.probe import HeadroomReader, OomReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ninjapool.govern.mind import Counted


def machine_senses(root: Path, counted: Counted) -> Senses:
    """`counted`: whose kernel kills count; the machine's in any case where the cgroup has none."""
    kills = OomReader(root)
    by_cgroup = counted == "cgroup" and kills.cgroup() is not None
    return Senses(HeadroomReader(root).read, kills.cgroup if by_cgroup else kills.machine)


class KillCounter:
    """When the kernel has killed: between which two looks at its counter it has risen."""

    TICK = 0.25
    LATELY = 1.0

    def __init__(self, read: Callable[[], int | None], now: float) -> None:
        self._read = read
        self._at, self._count = now, read()
        self.kills: list[tuple[float, float]] = []

    def look(self, now: float) -> None:
        new = self._read()
        if new is not None and self._count is not None and new > self._count:
            self.kills.append((self._at, now))
        self._at, self._count = now, new

    def look_if_due(self, now: float) -> None:
        if now - self._at >= self.TICK:
            self.look(now)

    def lately(self, now: float) -> bool:
        return bool(self.kills) and now - self.kills[-1][1] < self.LATELY
