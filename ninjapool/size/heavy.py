"""The plan by a project's own figures: which few sources get a pool of their own. Pure.

A pool's depth is set by its heaviest jobs, so a handful of sources can hold all others back. With
those apart, each pool is sized by what is in it. How many are apart is tried out: the split whose
plan lets the build end first wins, and none where that gains little.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

from ninjapool.history.estimates import estimates, measured, peak, split
from ninjapool.plan import plan_build

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ninjapool.history.entry import Entry
    from ninjapool.model import Estimate, Machine, Plan, Policy, Pool

WORTH_IT = 0.95
"""A split must end the build in this part of the time without one."""
COUNTS = (1, 2, 3, 5, 7, 10, 14, 20, 28, 34, 40, 48, 56, 66, 80, 112, 160, 224)
HEAVIER = 1.5
"""So many times as much as half of all compiles a source must take to be called heavy."""
MOST = 0.3
"""Share of the compiles that may be called heavy."""


def plan_by_history(
    machine: Machine, policy: Policy, entries: Sequence[Entry], given: Sequence[Estimate]
) -> Plan:
    """`entries`: those of the project; `given`: what the profile says. Raises as `plan_build`."""
    whole = plan_build(machine, estimates(entries, given), policy)
    compiling = _compiling(whole)
    if all(pool.binding in ("cpus", "user") or pool.estimate.slots for pool in compiling):
        return whole
    plans = [whole, *_splits(machine, policy, entries, given)]
    best = min(plans, key=lambda plan: (not _is_safe(plan), time(plan)))
    if _is_safe(best) == _is_safe(whole) and time(best) > WORTH_IT * time(whole):
        return whole
    # who knows one number only cannot tell the heavy from the others
    return replace(best, jobs=whole.jobs)


def _splits(
    machine: Machine, policy: Policy, entries: Sequence[Entry], given: Sequence[Estimate]
) -> Iterator[Plan]:
    peaks = sorted((peak(one) for one in entries if one.job_class == "compile"), reverse=True)
    least = HEAVIER * median(peaks)
    for count in COUNTS:
        if count <= MOST * len(peaks) and peaks[count - 1] >= least:
            yield plan_build(machine, _apart(entries, given, count), policy)


def _apart(entries: Sequence[Entry], given: Sequence[Estimate], count: int) -> list[Estimate]:
    heavy, others = split(entries, count)
    found = []
    for one in estimates([*heavy, *others], given):
        found.append(one)
        if one.job_class == "compile":
            light = {entry.source for entry in others if entry.job_class == "compile"}
            found.append(_heavy(heavy, one, len(light)))
    return _rescaled(found, heavy, others)


def _heavy(heavy: Sequence[Entry], compiles: Estimate, others: int) -> Estimate:
    sources = tuple(sorted({entry.source for entry in heavy}))
    of = len(sources) + others
    return replace(
        measured(heavy, compiles),
        job_class="heavy",
        sources=sources,
        source=f"history: these {len(sources)} of {of} sources",
    )


def _rescaled(
    found: list[Estimate], heavy: Sequence[Entry], others: Sequence[Entry]
) -> list[Estimate]:
    """The compiles' share of the time, shared out between the heavy and the others."""
    apart = sum(entry.seconds for entry in heavy)
    rest = sum(entry.seconds for entry in others if entry.job_class == "compile")
    parts = {"heavy": apart / (apart + rest), "compile": rest / (apart + rest)}
    return [
        replace(one, share=one.share * parts[one.job_class]) if one.job_class in parts else one
        for one in found
    ]


def _compiling(plan: Plan) -> list[Pool]:
    return [pool for pool in plan.pools if pool.job_class in ("compile", "heavy")]


def _is_safe(plan: Plan) -> bool:
    return all(pool.binding != "minimum" for pool in _compiling(plan))


def time(plan: Plan) -> float:
    """How long a build takes under these depths, on a scale of its own: all pools work at once."""
    slowest = max(pool.estimate.share / pool.depth for pool in plan.pools)
    return max(slowest, sum(pool.estimate.share for pool in plan.pools) / plan.cpus.value)
