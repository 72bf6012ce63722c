"""What the jobs of a project took, as the estimates that pools are sized by. Pure.

Peaks and seconds are those of each edge, so that no curve must be fitted through them. Does not
know the machine, nor which split of heavy from light is the best: it is told one.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from ninjapool.model import Distribution
from ninjapool.units import MIB

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ninjapool.history.entry import Entry
    from ninjapool.model import Estimate, JobClass, Project

ENOUGH = 20
"""Compiles from which on they tell more of the project than a profile does."""
MOST_MISSING = 0.5
"""Share of the project's edges that may be unknown."""
BLIND = 300 * MIB
"""Bytes a second, for who was over before he was looked at."""
CELLS = 60
"""Into so many of equal time the jobs of a class are put together; the heaviest stay alone."""
ALONE = 12


def of_project(entries: Iterable[Entry], project: Project) -> list[Entry]:
    """The edges that were built as this project will be: by its compiler, with its debug info.

    Empty where too few are known to size anything by.
    """
    variants: dict[str, list[Entry]] = {}
    rest = []
    for entry in entries:
        if entry.job_class in ("compile", "link", "flang"):
            if _fits(entry.variant, project):
                variants.setdefault(entry.variant, []).append(entry)
        else:
            rest.append(entry)
    found = max(variants.values(), key=_compiles_and_date, default=[])
    compiles = sum(entry.job_class == "compile" for entry in found)
    if compiles < max(ENOUGH, MOST_MISSING * project.edges.get("compile", 0)):
        return []
    return [*found, *rest]


def _fits(variant: str, project: Project) -> bool:
    family, *flags = variant.split()
    has_debug = any(flag.startswith("-g") for flag in flags)
    return family == project.compiler.value and has_debug == (project.debug_info.value != "none")


def _compiles_and_date(entries: list[Entry]) -> tuple[int, int]:
    return max(entry.at for entry in entries) // 86400, len(entries)


def estimates(entries: Sequence[Entry], given: Sequence[Estimate]) -> list[Estimate]:
    """The given ones, where the project's own jobs of that class are not known; else those."""
    by_class: dict[JobClass, list[Entry]] = {}
    for entry in entries:
        by_class.setdefault(entry.job_class, []).append(entry)
    own = [
        measured(by_class[one.job_class], one) if one.job_class in by_class else one
        for one in given
    ]
    return _shared(own, by_class)


def split(entries: Sequence[Entry], heavy: int) -> tuple[list[Entry], list[Entry]]:
    """The so many heaviest compiles, as a class of their own, and all others."""
    compiles = [one for one in entries if one.job_class == "compile" and one.source]
    compiles.sort(key=lambda one: (-peak(one), one.output))
    names = {one.source for one in compiles[:heavy]}
    apart = [one for one in compiles if one.source in names]
    others = [one for one in entries if one.job_class != "compile" or one.source not in names]
    return [one._replace(job_class="heavy") for one in apart], others


def measured(entries: Sequence[Entry], like: Estimate) -> Estimate:
    """Of one class; threads, and curves where none was seen, are those of `like`."""
    peaks = sorted(peak(entry) for entry in entries)
    count = len(peaks)
    return replace(
        like,
        distribution=Distribution(
            median=peaks[count // 2],
            p95=peaks[min(count - 1, math.ceil(0.95 * count))],
            p99=peaks[min(count - 1, math.ceil(0.99 * count))],
            max=peaks[-1],
            count=count,
        ),
        cells=cells(entries),
        curve=_curve(entries) or like.curve,
        source=f"history: {count} measured in this project's builds",
        steps=(),
    )


def peak(entry: Entry) -> int:
    """With one deviation on top: half of all builds are above the middle."""
    known = entry.peak or max(4 * MIB, round(entry.seconds * BLIND))
    return max(round(known * math.exp(entry.spread)), entry.at_least)


def cells(entries: Sequence[Entry]) -> tuple[tuple[int, float], ...]:
    """(bytes, share of the running time): the heaviest each alone, others by the top of a group."""
    heavy_first = sorted(entries, key=lambda entry: -peak(entry))
    total = sum(_weight(entry) for entry in entries)
    found: list[tuple[int, float]] = []
    for number, entry in enumerate(heavy_first):
        weight = _weight(entry) / total
        if number > ALONE and found[-1][1] + weight <= 1 / CELLS:
            found[-1] = found[-1][0], found[-1][1] + weight
        else:
            found.append((peak(entry), weight))
    return tuple((size, round(weight, 6)) for size, weight in found)


def _weight(entry: Entry) -> float:
    return max(entry.seconds, 0.01)


def _curve(entries: Sequence[Entry]) -> tuple[float, ...] | None:
    """The mean of those that were seen, by the memory and time behind each."""
    seen = [(entry.curve, peak(entry) * entry.seconds) for entry in entries if entry.curve]
    length = max((len(curve) for curve, _ in seen), default=0)
    alike = [(curve, weight) for curve, weight in seen if len(curve) == length]
    total = sum(weight for _, weight in alike)
    if not total:
        return None
    means = (sum(curve[i] * weight for curve, weight in alike) / total for i in range(length))
    return tuple(round(max(mean, 1) / 255, 3) for mean in means)


def _shared(found: list[Estimate], by_class: dict[JobClass, list[Entry]]) -> list[Estimate]:
    """Each class's share of the CPU time, as measured; one that was not keeps its own."""
    seconds = {kind: sum(map(_weight, entries)) for kind, entries in by_class.items()}
    known = [one.job_class for one in found if one.job_class in seconds]
    total = sum(seconds[kind] for kind in known)
    left = 1 - sum(one.share for one in found if one.job_class not in seconds)
    return [
        replace(one, share=left * seconds[one.job_class] / total)
        if one.job_class in seconds
        else one
        for one in found
    ]
