"""From machine, project and the user's wishes to a plan with advice. Reads nothing, writes nothing.

Precedence: what the command line says, then the user's own CMake settings, then ninjapool.toml,
then the profile.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, cast, get_args

from ninjapool.errors import UsageError
from ninjapool.history.estimates import of_project
from ninjapool.model import Figure, JobClass, Plan, Policy, Project, Setting
from ninjapool.plan import plan_build
from ninjapool.plan.figures import cpu_figure, memory_figure, reserve_figure
from ninjapool.profiles import Config, choose, estimate, read_profile
from ninjapool.profiles.tables import POOLED
from ninjapool.size.elsewhere import elsewhere, not_compiled
from ninjapool.size.heavy import plan_by_history
from ninjapool.units import LEAST_SIZE, format_size, parse_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ninjapool.history.entry import Entry
    from ninjapool.model import Machine
    from ninjapool.profiles import Profile

POOL_VARIABLES: Mapping[str, JobClass] = {
    "LLVM_PARALLEL_COMPILE_JOBS": "compile",
    "LLVM_PARALLEL_LINK_JOBS": "link",
    "LLVM_PARALLEL_TABLEGEN_JOBS": "tablegen",
    "FLANG_PARALLEL_COMPILE_JOBS": "flang",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was said on the command line, as it was written; None where nothing was said."""

    memory: str | None = None
    reserve: str | None = None
    cpus: int | None = None
    jobs: int | None = None
    pool_jobs: Mapping[JobClass, int] = field(default_factory=dict)
    pool_memory: Mapping[JobClass, str] = field(default_factory=dict)
    profile: str | None = None
    available: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """The plan, and the profile that stands behind it with the reason for its choice."""

    plan: Plan
    profile: Setting[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a build may have, without any pools: all that is needed to govern it."""

    policy: Policy
    """What the user said."""
    memory: Figure
    reserve: Figure
    cpus: Figure
    profile: Setting[str]
    figures: Profile
    """That profile, with the user's own figures over it."""

    @property
    def budget(self) -> int:
        return self.memory.value - self.reserve.value


def share_out(
    machine: Machine, project: Project, wishes: Wishes, config: Config | None = None
) -> Share:
    """Raises as `size_build` does."""
    policy = _policy(machine, project, wishes, config)
    name = _profile_name(project, wishes, config)
    profile = read_profile(name.value)
    memory = memory_figure(machine, policy)
    return Share(
        policy=policy,
        memory=memory,
        reserve=reserve_figure(machine, memory, policy),
        cpus=cpu_figure(machine, policy),
        profile=name,
        figures=config.rows.over(profile) if config is not None and config.rows else profile,
    )


def size_build(
    machine: Machine,
    project: Project,
    wishes: Wishes,
    config: Config | None = None,
    past: Sequence[Entry] = (),
) -> Sized:
    """The plan for this build. Raises UsageError, ExcessError, MachineError, FileError.

    `past`: what is known of the source's edges; it goes before the profile.
    """
    share = share_out(machine, project, wishes, config)
    policy, profile = share.policy, share.figures
    plan = _plan(machine, project, policy, profile)
    known = of_project(past, project) if _asks_nothing_else(policy, wishes, config) else []
    if project.remote is not None:
        known = not_compiled(known)
    if known:
        plan = plan_by_history(machine, policy, known, [pool.estimate for pool in plan.pools])
        plan = replace(plan, advice=tuple(_machine_advice(machine)))
        told = f"{len(known)} edges measured in this project's builds"
        return Sized(plan=plan, profile=Setting(value="history", source=told))
    advice = (*_advice(machine, project, policy, profile, plan), *_machine_advice(machine))
    return Sized(plan=replace(plan, advice=tuple(advice)), profile=share.profile)


def _asks_nothing_else(policy: Policy, wishes: Wishes, config: Config | None) -> bool:
    """Whether the user has named no figures of his own: those go before what was measured."""
    own = config is not None and config.rows is not None
    return not own and wishes.profile is None and "compile" not in policy.job_memory


def any_project() -> Project:
    """What is assumed where no project is named: C++ by gcc, optimised, without debug info."""
    assumed = "assumed: no project was named"
    return Project(
        source=PurePath(),
        name="any C++ project",
        llvm=False,
        compiler=Setting(value="gcc", source=assumed),
        build_type=Setting(value="Release", source=assumed),
        debug_info=Setting(value="none", source=assumed),
        lto=Setting(value="off", source=assumed),
        linker=Setting(value="bfd", source=assumed),
    )


def _plan(machine: Machine, project: Project, policy: Policy, profile: Profile) -> Plan:
    has_flang = project.flang_pool and "flang" in project.subprojects
    classes = [c for c in POOLED if c != "flang" or has_flang]
    cpus = cpu_figure(machine, policy).value
    estimates = estimate(profile, project, cpus=cpus, only=classes)
    return plan_build(machine, elsewhere(estimates, profile, project), policy)


def _profile_name(project: Project, wishes: Wishes, config: Config | None) -> Setting[str]:
    if wishes.profile is not None:
        return Setting(value=wishes.profile, source="--profile")
    if config is not None and config.profile is not None:
        return Setting(value=config.profile, source=config.path)
    return choose(project)


# ---------------------------------------------------------------- what the user said


def _policy(machine: Machine, project: Project, wishes: Wishes, config: Config | None) -> Policy:
    written = dict(config.settings) if config is not None else {}
    written |= _said(wishes)
    limit = machine.memory
    memory = _size(written.get("memory"), limit.bytes if limit else None)
    whole = memory.value if memory else (limit.bytes if limit else None)
    return Policy(
        memory=memory,
        reserve=_size(written.get("reserve"), whole, allow_zero=True),
        cpus=_count(written.get("cpus")),
        jobs=_count(written.get("jobs")),
        depths=_depths(project, written),
        job_memory={
            job_class: _present(_size(Setting(value=text, source=f"--{job_class}-memory"), whole))
            for job_class, text in wishes.pool_memory.items()
        },
        use_available=wishes.available,
    )


def _said(wishes: Wishes) -> dict[str, Setting[str]]:
    flags = {
        "memory": wishes.memory,
        "reserve": wishes.reserve,
        "cpus": wishes.cpus,
        "jobs": wishes.jobs,
        **{f"{job_class}-jobs": jobs for job_class, jobs in wishes.pool_jobs.items()},
    }
    return {
        key: Setting(value=str(value), source=f"--{key}")
        for key, value in flags.items()
        if value is not None
    }


def _depths(project: Project, written: Mapping[str, Setting[str]]) -> dict[JobClass, Setting[int]]:
    """The depths that are the user's own; the command line wins over CMake, CMake over the TOML."""
    depths: dict[JobClass, Setting[int]] = {}
    for job_class in cast("tuple[JobClass, ...]", get_args(JobClass)):
        own = written.get(f"{job_class}-jobs")
        if own is not None:
            depths[job_class] = _present(_count(own))
    for variable, job_class in POOL_VARIABLES.items():
        own = project.user_settings.get(variable)
        said_here = job_class in depths and depths[job_class].source.startswith("--")
        # 0 and an empty value mean "no pool" to LLVM, so they say nothing about a depth
        if own is not None and not said_here and own.value.isdecimal() and int(own.value) > 0:
            depths[job_class] = Setting(value=int(own.value), source=own.source)
    return depths


def _size(
    written: Setting[str] | None, whole: int | None, *, allow_zero: bool = False
) -> Setting[int] | None:
    if written is None:
        return None
    try:
        value = parse_size(written.value, whole=whole)
    except ValueError as error:
        raise UsageError(f"{written.source}: {error}") from error
    if value < LEAST_SIZE and not (allow_zero and value == 0):
        hint = f"{written.source} {value}G" if written.value.isdecimal() and value else ""
        raise UsageError(f"{written.source}: {written.value} is no size to work with", hint=hint)
    return Setting(value=value, source=f"{written.source} {written.value}")


def _count(written: Setting[str] | None) -> Setting[int] | None:
    if written is None:
        return None
    if not written.value.isdecimal() or int(written.value) < 1:
        raise UsageError(f"{written.source}: a number of at least 1 is needed, not {written.value}")
    return Setting(value=int(written.value), source=f"{written.source} {written.value}")


def _present(setting: Setting[int] | None) -> Setting[int]:
    assert setting is not None, "only called with something written"
    return setting


# ---------------------------------------------------------------- what would help


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remedy:
    """A change of the build whose effect can be computed: the plan is made again with it."""

    text: str
    flags: Callable[[Project], str]
    change: Callable[[Project], Project | None]


def _set(value: object) -> Setting[object]:
    return Setting(value=value, source="what if")


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


def _advice(
    machine: Machine, project: Project, policy: Policy, profile: Profile, plan: Plan
) -> Iterator[str]:
    """The remedies that make this plan faster, the best first, each with its effect."""
    if all(pool.binding in {"cpus", "slots", "user"} for pool in plan.pools):
        return
    effects = []
    for remedy in _REMEDIES:
        changed = remedy.change(project)
        if changed is not None:
            better = _plan(machine, changed, policy, profile)
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


def _machine_advice(machine: Machine) -> Iterator[str]:
    if machine.wsl == 2 and not (machine.wslconfig and "memory" in machine.wslconfig):
        yield (
            "WSL 2 gives Linux half of the PC's memory: [wsl2] memory=... in "
            "%UserProfile%\\.wslconfig, then wsl --shutdown, gives it more"
        )
    if machine.tmpfs_build is not None:
        yield "a build directory on disk instead of a tmpfs: its files take no memory there"
