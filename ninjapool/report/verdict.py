"""Three sentences: what limited a build, what weighed most in it, what would make it faster. Pure.

They are sums over the record, not a simulation: `ninjapool simulate` gives the times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninjapool.report.analysis import area
from ninjapool.report.elsewhere import sides
from ninjapool.report.inspection import count, percent
from ninjapool.units import format_seconds, format_size

if TYPE_CHECKING:
    from ninjapool.report.analysis import Analysis, Slot

LIMITS: dict[Slot, str] = {
    "used": "The CPUs limited this build",
    "cpus": "Other work on the machine limited this build",
    "memory": "Memory limited this build",
    "pool": "A job pool limited this build",
    "nothing": "The order of the jobs limited this build",
}
BUSY = 0.85
"""From this part of the slot time on there was hardly more to be had."""
LONG_WAIT = 0.25
"""Part of the build from which on it matters that the jobs of the chain had to wait."""
FULL = 0.7
"""Part of the time of the slots elsewhere from which on they were what was too few."""
MARGIN = 1.3
"""Memory that keeps all slots busy is more than the mean of it: jobs do not take turns evenly."""


def binding(analysis: Analysis) -> Slot:
    """What cost most of the slot time; the CPUs themselves where little was lost."""
    shares = analysis.shares
    if shares["used"] + shares["cpus"] >= BUSY:
        return "cpus" if shares["cpus"] > 0.25 else "used"
    lost: tuple[Slot, ...] = ("nothing", "memory", "pool", "cpus")
    return max(lost, key=lambda slot: shares[slot])


def sentences(analysis: Analysis) -> tuple[str, str, str]:
    return _limit(analysis), _weight(analysis), _remedy(analysis)


# ---------------------------------------------------------------- what limited it


def _limit(analysis: Analysis) -> str:
    limit, shares = binding(analysis), analysis.shares
    if limit == "nothing" and (others := _slots_elsewhere(analysis)):
        return others
    busy = shares["used"] + shares["cpus"]
    cores = analysis.record.frame.cores
    here = " here" if analysis.record.frame.away else ""
    slots = f"its one slot{here} was" if cores == 1 else f"its {cores} slots{here} were"
    took = format_seconds(analysis.record.seconds)
    if not any(shares.values()):
        return f"This build of {took} was too short to tell what limited it."
    head = f"{LIMITS[limit]}: {slots} busy {percent(busy)} of its {took}"
    if limit == "used":
        return f"{head}."
    losses: dict[Slot, str] = {
        "memory": "empty for want of memory",
        "pool": "empty because a pool was full",
        "nothing": "empty because nothing was ready",
        "cpus": "of them waiting for a CPU",
    }
    return f"{head}, {percent(shares[limit])} {losses[limit]}."


def _slots_elsewhere(analysis: Analysis) -> str:
    """Nothing was ready here, because what it waited for waited for them; else nothing."""
    both = sides(analysis)
    if both is None or both.busy is None or both.busy < FULL:
        return ""
    return (
        f"The slots elsewhere limited this build: {count(both.slots or 0, 'slot')}, busy "
        f"{percent(both.busy)} of its {format_seconds(analysis.record.seconds)}."
    )


# ---------------------------------------------------------------- what weighed


def _weight(analysis: Analysis) -> str:
    jobs, whole = analysis.jobs, analysis.byte_seconds
    if not jobs or not analysis.heaviest[0].peak:
        return "No job lived long enough for its memory to be seen."
    first = analysis.heaviest[0]
    head = f"The heaviest job, {first.key}, took {format_size(first.peak or 0)}"
    few = max(1, len(jobs) // 10)
    if few < 2 or not whole:
        return f"{head} for {format_seconds(first.ran)}."
    share = sum(sorted(map(area, jobs), reverse=True)[:few]) / whole
    tenth = f"the weightiest tenth of the {len(jobs)} jobs"
    return f"{head}; {tenth} is {percent(share)} of all memory x time."


# ---------------------------------------------------------------- what would help


def _remedy(analysis: Analysis) -> str:
    remedies = {
        "memory": _more_memory,
        "used": _more_cpus,
        "cpus": _quiet,
        "pool": _deeper_pool,
        "nothing": _shorter_chain,
    }
    limit = binding(analysis)
    if limit == "nothing" and _slots_elsewhere(analysis):
        return (
            "More slots elsewhere would make it faster; from how many on this machine is the "
            "limit, `ninjapool simulate --remote-jobs` tells."
        )
    return remedies[limit](analysis)


def floor(analysis: Analysis) -> float:
    """Seconds that no memory and no order can save on these cores."""
    return max(
        analysis.cpu_seconds / analysis.record.frame.cores, analysis.longest_chain or 0.0, 0.001
    )


def _more_memory(analysis: Analysis) -> str:
    best = floor(analysis)
    enough = int(MARGIN * analysis.byte_seconds / best)
    cores = analysis.record.frame.cores
    if enough <= analysis.budget:
        return (
            f"On average {format_size(enough)} would do: memory was short where heavy jobs met, or "
            f"was kept for jobs that did not need it; the next build knows them better."
        )
    return (
        f"A budget of about {format_size(enough)} instead of {format_size(analysis.budget)} would "
        f"keep {'it' if cores == 1 else f'all {cores} slots'} busy, and the build could take as "
        f"little as {format_seconds(best)}; so would lighter jobs (clang for gcc, less debug "
        f"information)."
    )


def _more_cpus(analysis: Analysis) -> str:
    cores = analysis.record.frame.cores
    each = max(1.0, MARGIN * analysis.byte_seconds / max(analysis.record.seconds, 0.001) / cores)
    fed = max(cores, int(analysis.budget / each))
    if chain := analysis.longest_chain:
        fed = min(fed, max(cores, int(analysis.cpu_seconds / max(chain, 0.001))))
    if fed < 1.2 * cores:
        return "More CPUs alone would hardly help: they would need more memory as well."
    return f"More CPUs would make it faster: about {fed} could be kept busy with this memory."


def _quiet(analysis: Analysis) -> str:
    del analysis
    return "It would be faster on a machine that has less other work, or with fewer jobs at once."


def _deeper_pool(analysis: Analysis) -> str:
    full = {analysis.full_pool(moment.at) for moment in analysis.record.timeline} - {None}
    names = ", ".join(f"{name} (depth {analysis.wiring.depths[name]})" for name in full if name)
    return f"A deeper pool would help: {names}; under `ninjapool build` no pool is needed."


def _shorter_chain(analysis: Analysis) -> str:
    chain = analysis.chain
    if not chain:
        return "More CPUs or memory would not help: there was not enough to do at once."
    slowest = max(chain, key=lambda step: step.job.ran)
    seconds, waited = sum(step.job.ran for step in chain), sum(step.waited for step in chain)
    if waited >= LONG_WAIT * analysis.record.seconds:
        late = max(chain, key=lambda step: step.waited).job.key
        return (
            f"The end waited for a chain of {count(len(chain), 'job')} that ran "
            f"{format_seconds(seconds)} and waited {format_seconds(waited)} for memory or a CPU, "
            f"{late} longest: more of these would let it begin sooner, and splitting it, too."
        )
    return (
        f"More CPUs or memory would hardly help: the end waited for a chain of "
        f"{count(len(chain), 'job')} that ran {format_seconds(seconds)}, most of it "
        f"{slowest.job.key} ({format_seconds(slowest.job.ran)})."
    )
