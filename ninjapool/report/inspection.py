"""What `inspect` prints: the machine, the project and the plan, each number with its reason.

Knows no terminal: lines of text, as wide as they need to be, wrapped at WIDTH.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from ninjapool.units import format_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ninjapool.model import Machine, MemoryLimit, Plan, Pool, Project, Setting

WIDTH = 96
SHOWN_SOURCES = 10


def inspection(machine: Machine, project: Project | None, plan: Plan, profile: Setting[str]) -> str:
    """The whole page."""
    lines = [*machine_lines(machine)]
    if project is not None:
        lines += ["", *project_lines(project, profile)]
    lines += ["", *_plan(plan)]
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- machine


def machine_lines(machine: Machine) -> Iterator[str]:
    yield f"Machine: {machine_summary(machine)}"
    sizes = [limit.bytes for limit in machine.memory_limits]
    for limit in sorted(machine.memory_limits, key=lambda limit: limit.bytes):
        yield _memory_line(limit, binds=_binds(limit.bytes, sizes))
    if machine.swap is not None and machine.swap.total:
        kind = " of zram" if machine.swap.zram else ""
        yield row("swap", format_size(machine.swap.total), f"not counted{kind}: swapping is slow")
    for ceiling in machine.process_limits:
        yield row("process", format_size(ceiling.bytes), f"{ceiling.name}, for each process")
    counts = [limit.cpus for limit in machine.cpu_limits]
    for cpus in sorted(machine.cpu_limits, key=lambda limit: limit.cpus):
        yield row("CPUs", str(cpus.cpus), cpus.name, binds=_binds(cpus.cpus, counts))
    if machine.wslconfig is not None:
        yield row("WSL", "", f".wslconfig says {machine.wslconfig}")
    for note in machine.notes:
        yield from wrap(note, "  note     ")


def machine_summary(machine: Machine) -> str:
    memory, cpus = machine.memory, machine.cpus
    parts = [f"{format_size(memory.bytes)} of memory" if memory else "memory not known"]
    parts.append(count(cpus.cpus, "CPU") if cpus else "CPUs not known")
    where = [f"WSL {machine.wsl}"] if machine.wsl else []
    where += [machine.container] if machine.container else []
    return ", ".join(parts) + (f" ({', '.join(where)})" if where else "")


def _memory_line(limit: MemoryLimit, *, binds: bool) -> str:
    free = f", {format_size(limit.headroom)} free now" if limit.headroom is not None else ""
    return row("memory", format_size(limit.bytes), f"{limit.name}{free}", binds=binds)


def _binds(value: int, all_of_them: Sequence[int]) -> bool:
    """Whether it is the lowest, where there is a higher one to compare it with."""
    return value == min(all_of_them) < max(all_of_them)


def row(label: str, value: str, text: str, *, binds: bool = False) -> str:
    return f"  {label:<8} {value:>9}  {text}" + ("  <- this binds" if binds else "")


# ---------------------------------------------------------------- project


def project_lines(project: Project, profile: Setting[str]) -> Iterator[str]:
    debug = {"none": "no debug info", "lines": "line tables", "full": "debug info"}
    parts = [
        project.compiler.value,
        project.build_type.value or "no build type",
        debug[project.debug_info.value] + (", split DWARF" if project.split_dwarf else ""),
        "no LTO" if project.lto.value == "off" else f"{project.lto.value} LTO",
        f"{project.linker.value} links",
        *(f"{name} sanitizer" for name in project.sanitizers),
        *([f"nvcc --threads {project.cuda_threads}"] if project.cuda_threads > 1 else []),
    ]
    yield f"Project: {project.name}: {', '.join(parts)}"
    yield row("profile", profile.value, profile.source)
    learned: dict[str, Setting[Any]] = {
        "compiler": project.compiler,
        "type": project.build_type,
        "linker": project.linker,
    }
    for label, setting in learned.items():
        yield row(label, str(setting.value) or "none", setting.source)
    for name, setting in project.user_settings.items():
        yield row("yours", setting.value, f"{name} ({setting.source})")
    if remote := project.remote:
        yield row("remote", remote.kind, f"{remote.slots.value} slots: {remote.slots.source}")
    for note in (*project.notes, *(remote.notes if remote else ())):
        yield from wrap(note, "  note     ")


# ---------------------------------------------------------------- plan


def _plan(plan: Plan) -> Iterator[str]:
    yield "Plan: all pools share one budget, since Ninja runs them at once"
    yield row("memory", format_size(plan.memory.value), plan.memory.why)
    yield row("reserve", "-" + format_size(plan.reserve.value), plan.reserve.why)
    yield row("budget", format_size(plan.budget), "holds the jobs below")
    yield from pool_lines(plan)
    yield row("margin", format_size(plan.unluck.value), plan.unluck.why)
    yield row("or -j", str(plan.jobs.value), f"where a tool knows one number: {plan.jobs.why}")
    yield row("ninja", str(_ninjas_own(plan.cpus.value)), "would start by itself, so many of any")
    yield ""
    yield "Peaks of the jobs"
    for pool in plan.pools:
        yield from _figures(pool)
    yield ""
    yield from conclusion(plan)


def _ninjas_own(cpus: int) -> int:
    """The width of a ninja that is told none (GuessParallelism in its source)."""
    return cpus + 2 if cpus > 2 else cpus + 1


def pool_lines(plan: Plan) -> Iterator[str]:
    """Each pool with its depth and the reason for it."""
    for pool in plan.pools:
        yield from wrap(pool.why[0], f"  {pool.job_class:<8} {count(pool.depth, 'job'):>9}  ")


def _figures(pool: Pool) -> Iterator[str]:
    _, peaks, *steps = pool.why
    yield from wrap(peaks, f"  {pool.job_class:<8}  ")
    for step in steps:
        yield from wrap(step, " " * 12)
    sources = pool.estimate.sources
    for source in sources[:SHOWN_SOURCES]:
        yield " " * 12 + source
    if len(sources) > SHOWN_SOURCES:
        yield f"{' ' * 12}and {len(sources) - SHOWN_SOURCES} more"


def conclusion(plan: Plan) -> Iterator[str]:
    tight = [pool.job_class for pool in plan.pools if pool.binding in {"memory", "minimum"}]
    far = [pool.job_class for pool in plan.pools if pool.binding == "slots"]
    if tight:
        yield f"Memory, not the CPUs, limits {_and(tight)}."
    elif far:
        yield f"The slots elsewhere, not the memory here, limit {_and(far)}."
    else:
        yield "The CPUs, not the memory, are the limit."
    for warning in plan.warnings:
        yield from wrap(warning, "Warning: ")
    if plan.advice:
        yield "What would help:"
    for advice in plan.advice:
        yield from wrap(advice, "  - ")


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")


def percent(part: float) -> str:
    """`under 1 %` is not nothing."""
    return "under 1 %" if 0 < part < 0.01 else f"{round(100 * part)} %"


def wrap(text: str, label: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    )
