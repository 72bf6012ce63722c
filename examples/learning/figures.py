"""How much a build learns from those before it: the figures, from a real project."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ninjapool.forecast import Forecaster, Prior
from ninjapool.history import store
from ninjapool.history.calibration import Errors, Pair, errors, pair
from ninjapool.history.entry import Entry
from ninjapool.history.store import Store
from ninjapool.profiles import choose, estimate, read_profile
from ninjapool.project import read_built

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from examples.learning.project import Workshop


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """Of four builds: by ninja alone, with its log only, with a history, and after changes."""

    edges: int
    by_profile: Errors
    """Of compiles, had nothing been known but the profile."""
    by_log: Errors
    """Of the same, with ninja's log of an ordinary build."""
    second: Errors
    """Of all edges that were seen, in the second governed build."""
    known: float
    """Share of the edges that had a past in the third, after all that was done to its folder."""
    third: Errors
    told: str
    """What `ninjapool build` said after the second."""


def measure(shop: Workshop) -> Learned:
    """About four times as long as one build."""
    shop.configure()
    shop.ninja()
    shop.ninja("-t", "clean")
    shop.governed()
    first = entries(shop)
    shop.ninja("-t", "clean")
    told = shop.governed()
    second = entries(shop)
    shop.touch(0.1)
    shop.start_again("another")
    shop.governed()
    third = entries(shop)
    return Learned(
        edges=len(second),
        by_profile=_some(by_profile(shop, first)),
        by_log=_some(_pairs(one for one in first if one.job_class == "compile")),
        second=_some(_pairs(second)),
        known=sum(one.basis == "history" for one in third) / len(third),
        third=_some(_pairs(third)),
        told=told,
    )


def entries(shop: Workshop) -> list[Entry]:
    opened = Store(store.place(shop.source, shop.env))
    try:
        return opened.read()
    finally:
        opened.close()


def _pairs(found: Iterable[Entry]) -> list[Pair]:
    return [one for entry in found if (one := pair(entry)) is not None]


def by_profile(shop: Workshop, measured: Sequence[Entry]) -> list[Pair]:
    """What would have been forecast for these compiles with nothing known, and not sharpened."""
    project = read_built(shop.source, shop.build, shop.env)
    profile = read_profile(choose(project).value)
    found = estimate(profile, project, cpus=2, only=("compile",))
    told = Forecaster({one.job_class: Prior.from_estimate(one) for one in found})
    guesses = [
        (told.forecast(one.output, "compile", one.size), one.last)
        for one in measured
        if one.job_class == "compile" and one.last
    ]
    return [
        Pair(forecast=guess.peak, spread=guess.peak_spread, measured=last)
        for guess, last in guesses
    ]


def _some(pairs: list[Pair]) -> Errors:
    found = errors(pairs)
    if found is None:
        raise RuntimeError("no job was seen")
    return found


# ---------------------------------------------------------------- what it costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of the history's file."""

    edges: int
    read: float
    write: float
    """Seconds, for all of it."""
    size: int
    """Bytes, with what stands beside it."""


def cost(folder: Path, edges: int = 10_000) -> Cost:
    """Names as long as LLVM's."""
    path = folder / "cost" / "history.sqlite"
    for old in path.parent.glob("*"):
        old.unlink()
    whole = [_edge(number) for number in range(edges)]
    begin = time.perf_counter()
    opened = Store(path)
    opened.write(whole)
    opened.close()
    wrote = time.perf_counter()
    opened = Store(path)
    found = opened.read()
    opened.close()
    end = time.perf_counter()
    assert len(found) == edges
    size = sum(file.stat().st_size for file in path.parent.iterdir())
    return Cost(edges=edges, read=end - wrote, write=wrote - begin, size=size)


def _edge(number: int) -> Entry:
    name = f"lib/Target/X86/SomeComponent{number % 97}/X86InstrNumber{number}.cpp"
    return Entry(
        output=f"lib/Target/X86/CMakeFiles/LLVMX86CodeGen.dir/{name}.o",
        variant="gcc -O3",
        job_class="compile",
        source=name,
        command=f"{number:012x}",
        compiler="x86_64-linux-gnu-g++-12 1305592",
        size=20_000 + number,
        peak=300_000_000 + number,
        spread=0.03,
        seconds=4.5,
        curve=bytes(range(9)),
        at_least=0,
        builds=3,
        at=1_800_000_000 + number,
        last=300_000_000,
        expected=299_000_000,
        doubt=0.03,
        basis="history",
    )
