"""What the user said, on the command line and in files, as one policy. Pure.

Precedence: what the command line says, then the user's own CMake settings, then ninjapool.toml.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast, get_args

from ninjapool.errors import UsageError
from ninjapool.model import JobClass, Policy, Setting
from ninjapool.units import LEAST_SIZE, parse_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ninjapool.model import Machine, Project
    from ninjapool.profiles.tables import Config

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


def policy_of(machine: Machine, project: Project, wishes: Wishes, config: Config | None) -> Policy:
    """Raises UsageError for what is no size or number."""
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
