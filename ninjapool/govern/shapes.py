"""Invented builds of shapes that the measured one does not have. Chance comes from a seed.

The figures are of the right order for C++ builds, not measurements of any.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ninjapool.govern.trace import Chance, Trace, TraceJob
from ninjapool.units import MIB

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ninjapool.model import JobClass

COMPILE = (0.01, 0.24, 0.36, 0.44, 0.54, 0.59, 0.67, 0.74, 0.79, 0.83, 0.85, 0.88, 0.91, 0.92, 0.94,
           0.95, 0.97, 0.97, 0.98, 0.99, 1.0)  # fmt: skip
LINK = (0.02, 0.25, 0.45, 0.6, 0.68, 0.74, 0.8, 0.86, 0.92, 0.97, 1.0)
"""Reads its inputs first, then holds them."""


class _Maker:
    """Jobs one after another, with the chance they are drawn from."""

    def __init__(self, seed: int) -> None:
        self.chance, self.jobs = Chance(seed), list[TraceJob]()

    def add(
        self,
        job_class: JobClass,
        size: tuple[float, float],
        spread: float = 0.1,
        needs: Sequence[int] = (),
    ) -> int:
        """`size`: medians of MiB and seconds; the two go together, as they do in compilers."""
        place, number = self.chance.normal(), len(self.jobs)
        seconds = size[1] * math.exp(1.6 * spread * place + 0.1 * self.chance.normal())
        self.jobs.append(
            TraceJob(
                id=number,
                name=f"{job_class}{number}",
                job_class=job_class,
                peak=int(size[0] * MIB * math.exp(spread * place)),
                seconds=max(0.05, seconds),
                curve=LINK if job_class in ("link", "archive") else COMPILE,
                needs=tuple(needs),
            )
        )
        return number


def debug_links(seed: int, *, cores: int = 16, limit: int = 6000 * MIB) -> Trace:
    """Light compiles, then links of 0.7 to 2.5 GiB, most of them ready at the same time."""
    maker = _Maker(seed)
    compiles = [maker.add("compile", (180, 2.5), 0.5) for _ in range(300)]
    for _ in range(30):
        needs = {compiles[maker.chance.below(len(compiles))] for _ in range(12)}
        maker.add("link", (1300, 10.0), 0.3, sorted(needs))
    return Trace(name="debug-links", jobs=tuple(maker.jobs), cores=cores, limit=limit)


def few_giants(seed: int, *, cores: int = 16, limit: int = 5000 * MIB) -> Trace:
    """Many tiny jobs, and a dozen that take a third of the memory each, anywhere among them."""
    maker = _Maker(seed)
    giants = {maker.chance.below(1200) for _ in range(12)}
    for number in range(1200):
        if number in giants:
            maker.add("compile", (1600, 40.0), 0.2)
        else:
            maker.add("compile", (90, 1.0), 0.4)
    return Trace(name="few-giants", jobs=tuple(maker.jobs), cores=cores, limit=limit)


def wide_fan_in(seed: int, *, cores: int = 16, limit: int = 4000 * MIB) -> Trace:
    """Generators first, compiles that need them, archives of compiles, and links of archives."""
    maker = _Maker(seed)
    tables = [maker.add("tablegen", (150, 1.5), 0.5) for _ in range(20)]
    archives = []
    for group in range(40):
        members = [
            maker.add("compile", (300, 4.0), 0.55, (tables[(group + step) % len(tables)],))
            for step in range(10)
        ]
        archives.append(maker.add("archive", (40, 0.3), 0.2, members))
    for _ in range(8):
        needs = {archives[maker.chance.below(len(archives))] for _ in range(20)}
        maker.add("link", (800, 6.0), 0.3, sorted(needs))
    return Trace(name="wide-fan-in", jobs=tuple(maker.jobs), cores=cores, limit=limit)


def alike(count: int, seconds: float, *, cores: int = 16) -> Trace:
    """Equal jobs with memory in plenty: what governing costs where it is not needed."""
    maker = _Maker(1)
    for _ in range(count):
        maker.add("compile", (100, seconds), 0.05)
    return Trace(name="plenty", jobs=tuple(maker.jobs), cores=cores, limit=64 * 1024 * MIB)
