"""What would help: changes of the build or the machine, each with its effect on the plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ninjapool.model import Setting
from ninjapool.size.by_profile import plan_by_profile
from ninjapool.units import format_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ninjapool.model import Machine, Plan, Policy, Project
    from ninjapool.profiles import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remedy:
    """A change of the build whose effect can be computed: the plan is made again with it."""

    text: str
    flags: Callable[[Project], str]
    change: Callable[[Project], Project | None]


def _lld(project: Project) -> Project | None:
    if project.linker.value not in {"bfd", "gold"}:
        return None
    return replace(project, linker=Setting(value="lld", source="what if"))


def _clang(project: Project) -> Project | None:
    if project.compiler.value != "gcc":
        return None
    return replace(project, compiler=Setting(value="clang", source="what if"))


def _split_dwarf(project: Project) -> Project | None:
    if project.debug_info.value != "full" or project.split_dwarf:
        return None
    return replace(project, split_dwarf=True)


def _no_debug_info(project: Project) -> Project | None:
    if project.debug_info.value == "none":
        return None
    return replace(
        project,
        debug_info=Setting(value="none", source="what if"),
        build_type=Setting(value="Release", source="what if"),
    )


def _no_lto(project: Project) -> Project | None:
    if project.lto.value == "off":
        return None
    return replace(project, lto=Setting(value="off", source="what if"))


def _lld_flags(project: Project) -> str:
    return "-DLLVM_USE_LINKER=lld" if project.llvm else "-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld"


def _split_flags(project: Project) -> str:
    return "-DLLVM_USE_SPLIT_DWARF=ON" if project.llvm else "-DCMAKE_CXX_FLAGS=-gsplit-dwarf"


def _lto_flags(project: Project) -> str:
    return "-DLLVM_ENABLE_LTO=OFF" if project.llvm else "-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=OFF"


_REMEDIES = (
    _Remedy(text="lld instead of {linker}", flags=_lld_flags, change=_lld),
    _Remedy(
        text="clang instead of gcc",
        flags=lambda _: "-DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++",
        change=_clang,
    ),
    _Remedy(text="split DWARF", flags=_split_flags, change=_split_dwarf),
    _Remedy(
        text="no debug info", flags=lambda _: "-DCMAKE_BUILD_TYPE=Release", change=_no_debug_info
    ),
    _Remedy(text="no LTO", flags=_lto_flags, change=_no_lto),
)


def remedies(
    machine: Machine, project: Project, policy: Policy, profile: Profile, plan: Plan
) -> Iterator[str]:
    """The remedies that make this plan faster, the best first, each with its effect."""
    if all(pool.binding in {"cpus", "slots", "user"} for pool in plan.pools):
        return
    effects = []
    for remedy in _REMEDIES:
        changed = remedy.change(project)
        if changed is not None:
            better = plan_by_profile(machine, changed, policy, profile)
            effects.append((_time(plan) / _time(better), remedy, better))
    effects.sort(key=lambda effect: -effect[0])
    for gain, remedy, better in effects:
        if gain >= 1.05 or _rescues(plan, better):
            text = remedy.text.format(linker=project.linker.value)
            yield f"{text} ({remedy.flags(project)}): {_difference(plan, better)}"


def _time(plan: Plan) -> float:
    """The time of a build under these depths, on a scale of its own."""
    return sum(pool.estimate.share / pool.depth for pool in plan.pools)


def _rescues(plan: Plan, better: Plan) -> bool:
    return len(better.warnings) < len(plan.warnings)


def _difference(plan: Plan, better: Plan) -> str:
    parts = [
        f"{new.depth} {new.job_class} jobs instead of {old.depth}"
        for old, new in zip(plan.pools, better.pools, strict=True)
        if new.depth > old.depth and old.job_class != "tablegen"
    ]
    for old, new in zip(plan.pools, better.pools, strict=True):
        before, after = old.estimate.distribution.max, new.estimate.distribution.max
        if before > plan.budget >= after:
            parts.append(f"the largest {old.job_class} {format_size(after)}, so that it fits")
    return ", ".join(parts) or "smaller jobs"


def remedies_of_machine(machine: Machine) -> Iterator[str]:
    """What its owner could change."""
    if machine.wsl == 2 and not (machine.wslconfig and "memory" in machine.wslconfig):
        yield (
            "WSL 2 gives Linux half of the PC's memory: [wsl2] memory=... in "
            "%UserProfile%\\.wslconfig, then wsl --shutdown, gives it more"
        )
    if machine.tmpfs_build is not None:
        yield "a build directory on disk instead of a tmpfs: its files take no memory there"
