"""The two CMake files that carry a plan into a project: one for `cmake -C`, one to be included.

Knows how pools reach LLVM and how they reach any other project; not where the files will lie,
nor which CMake will read them: they ask for its version themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ninjapool.emit.template import render
from ninjapool.units import format_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ninjapool.emit.govern import Govern
    from ninjapool.emit.remote import Launching
    from ninjapool.model import JobClass, Plan, Pool, Project

CACHE_SCRIPT = "cache.cmake"
"""The name of the script for `cmake -C`."""

HOOK = "ninjapool-hook.cmake"
"""The file's name; the script for `cmake -C` looks for it beside itself, and tells ours by it."""

INCLUDE_VARIABLES = ("CMAKE_PROJECT_INCLUDE", "CMAKE_PROJECT_INCLUDE_BEFORE")
"""Each names one file that every project() includes, since CMake 3.15; rarely used by others."""

LLVM_VARIABLES: Mapping[JobClass, str] = {
    "compile": "LLVM_PARALLEL_COMPILE_JOBS",
    "link": "LLVM_PARALLEL_LINK_JOBS",
    "tablegen": "LLVM_PARALLEL_TABLEGEN_JOBS",
    "flang": "FLANG_PARALLEL_COMPILE_JOBS",
}
"""What HandleLLVMOptions.cmake and flang's CMakeLists read; together they shut out every other way
to set a pool (docs: llvm.org/docs/CMake.html)."""

_TARGET_TYPES: Mapping[JobClass, tuple[str, ...]] = {
    "compile": (
        "EXECUTABLE",
        "STATIC_LIBRARY",
        "SHARED_LIBRARY",
        "MODULE_LIBRARY",
        "OBJECT_LIBRARY",
    ),
    # No STATIC_LIBRARY: JOB_POOL_LINK would let cheap `ar` runs wait for heavy links.
    "link": ("EXECUTABLE", "SHARED_LIBRARY", "MODULE_LIBRARY"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    variable: str
    pool: Pool
    value: str
    """Empty where there is to be no pool."""


def render_cache(
    project: Project, plan: Plan, govern: Govern | None = None, launching: Launching | None = None
) -> str:
    """The script for `cmake -C`, to be given after all of the user's own -D, -C and --preset."""
    if project.llvm:
        pools = _pools(plan, LLVM_VARIABLES)
        settings = [
            _Setting(
                variable=LLVM_VARIABLES[pool.job_class],
                pool=pool,
                value="" if _is_on(govern) else str(pool.depth),
            )
            for pool in pools
        ]
        return render(
            "cache-llvm.cmake",
            plan=plan,
            settings=settings,
            limit=_limit(plan),
            govern=govern,
            launching=launching,
            heavy=_heavy(plan, govern),
            include_variables=INCLUDE_VARIABLES,
        )
    return render(
        "cache-hook.cmake",
        plan=plan,
        include_variables=INCLUDE_VARIABLES,
        govern=govern,
        launching=launching,
    )


def _is_on(govern: Govern | None) -> bool:
    """Then there are no pools: fixed depths would only bind what is governed by what is free."""
    return govern is not None and govern.on


def _limit(plan: Plan) -> str:
    """For cmake's output: what the depths were sized by."""
    return f"{format_size(plan.memory.value)}, {plan.memory.why}"


def render_hook(
    project: Project, plan: Plan, govern: Govern | None = None, launching: Launching | None = None
) -> str:
    """The file that a project includes, for what `cmake -C` cannot do or a preset cannot say."""
    if project.llvm:
        return render("hook-llvm.cmake", heavy=_heavy(plan, govern))
    pools = [] if _is_on(govern) else _pools(plan, _TARGET_TYPES)
    return render(
        "hook.cmake",
        plan=plan,
        pools=pools,
        target_types=_TARGET_TYPES,
        limit=_limit(plan),
        govern=govern,
        launching=launching,
        heavy=_heavy(plan, govern),
    )


def _heavy(plan: Plan, govern: Govern | None) -> Pool | None:
    """The pool of the sources that are known to be heavy, if there is to be one."""
    if _is_on(govern):
        return None
    return next((pool for pool in plan.pools if pool.estimate.sources), None)


def _pools(plan: Plan, classes: Iterable[JobClass]) -> list[Pool]:
    """The plan's pools of these classes; never of depth 0, which ninja takes for unlimited."""
    pools = (pool for pool in plan.pools if pool.job_class in classes)
    return [replace(pool, depth=max(1, pool.depth)) for pool in pools]
