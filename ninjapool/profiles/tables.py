"""From a project to the memory its jobs will need, by tables of figures and factors.

Rows compete by their `when`: the one with most conditions that hold wins, the later one among
equals. Knows nothing of files, nor of the machine but its number of CPUs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from ninjapool.model import Distribution, Estimate, JobClass, Project, Setting
from ninjapool.units import format_size

if TYPE_CHECKING:
    from collections.abc import Iterable

When = Mapping[str, str]

POOLED: tuple[JobClass, ...] = ("compile", "link", "tablegen", "flang")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The measured or published peaks of a class of jobs under the conditions of `when`."""

    job_class: JobClass
    distribution: Distribution
    share: float
    duration_exponent: float = 0.0
    per_thread: int = 0
    """Bytes on top of each figure for every CPU that one job may use (ThinLTO)."""
    when: When = field(default_factory=dict)
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """What multiplies the figures of a class; of the rows of one `axis` at most one applies."""

    job_class: JobClass
    axis: str
    times: float
    when: When
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Memory over a job's life as shares of its peak, at equal steps."""

    job_class: JobClass
    points: tuple[float, ...]
    when: When = field(default_factory=dict)
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Everything one file of figures says."""

    name: str
    date: str
    figures: tuple[Figures, ...]
    factors: tuple[Factor, ...] = ()
    curves: tuple[Curve, ...] = ()

    def over(self, base: Profile) -> Profile:
        """The rows of this profile after those of `base`, so that they win among equals."""
        return replace(
            self,
            figures=base.figures + self.figures,
            factors=base.factors + self.factors,
            curves=base.curves + self.curves,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the user's ninjapool.toml says; its rows win over those of the profile."""

    path: str
    profile: str | None = None
    settings: Mapping[str, Setting[str]] = field(default_factory=dict)
    """memory, reserve, cpus, jobs, and <class>-jobs, as written."""
    rows: Profile | None = None


def choose(project: Project) -> Setting[str]:
    """The profile that fits the project, and why."""
    if project.languages and "CUDA" in project.languages:
        return Setting(value="cuda", source="the project's languages include CUDA")
    if not project.llvm:
        return Setting(value="generic", source="no profile of its own")
    for part in ("flang", "mlir", "clang"):
        if part in project.subprojects:
            return Setting(value=part, source=f"LLVM with {part}")
    return Setting(value="llvm", source="LLVM without subprojects")


def estimate(
    profile: Profile, project: Project, *, cpus: int, only: Iterable[JobClass] = POOLED
) -> tuple[Estimate, ...]:
    """An estimate for each class of `only` that the profile has figures for."""
    facts = conditions(project)
    found = (_estimate_class(profile, facts, job_class, project, cpus) for job_class in only)
    return tuple(one for one in found if one is not None)


def conditions(project: Project) -> dict[str, set[str]]:
    """What the `when` of a row is compared with; a key may hold several values at once."""
    return {
        "compiler": {project.compiler.value},
        "build_type": {project.build_type.value.lower()},
        "debug_info": {project.debug_info.value},
        "lto": {project.lto.value},
        "linker": {project.linker.value},
        "sanitizer": set(project.sanitizers),
        "split_dwarf": {"yes" if project.split_dwarf else "no"},
        "flang_pool": {"yes" if project.flang_pool else "no"},
        "llvm": {f"{major}+" for major in range(1, (project.llvm_major or 0) + 1)},
    }


Row = TypeVar("Row", Figures, Factor, Curve)


def _best(rows: Iterable[Row], facts: Mapping[str, set[str]]) -> Row | None:
    matching = [row for row in rows if _holds(row.when, facts)]
    # max() takes the first of equals, and the later row shall win
    return max(reversed(matching), key=lambda row: len(row.when), default=None)


def _holds(when: When, facts: Mapping[str, set[str]]) -> bool:
    return all(value.lower() in facts.get(key, set()) for key, value in when.items())


def _estimate_class(
    profile: Profile,
    facts: Mapping[str, set[str]],
    job_class: JobClass,
    project: Project,
    cpus: int,
) -> Estimate | None:
    figures = _best((row for row in profile.figures if row.job_class == job_class), facts)
    if figures is None:
        return None
    threads = _threads(job_class, project, cpus)
    distribution, steps = _with_threads(figures, threads)
    factors = _factors(profile, facts, job_class)
    for factor in factors:
        distribution = distribution.scaled(factor.times)
        steps += (f"x{factor.times:g} for {factor.axis} ({factor.source})",)
    curve = _best((row for row in profile.curves if row.job_class == job_class), facts)
    return Estimate(
        job_class=job_class,
        distribution=distribution,
        curve=curve.points if curve else (1.0,),
        duration_exponent=figures.duration_exponent,
        share=figures.share,
        threads=threads,
        source=f"profile {profile.name} of {profile.date}: {figures.source}",
        steps=steps,
    )


def _threads(job_class: JobClass, project: Project, cpus: int) -> int:
    if job_class == "compile":
        return project.cuda_threads
    # lld's ThinLTO uses every CPU unless it is told otherwise
    return cpus if job_class == "link" and project.lto.value == "thin" else 1


def _with_threads(figures: Figures, threads: int) -> tuple[Distribution, tuple[str, ...]]:
    if not figures.per_thread or threads < 2:
        return figures.distribution, ()
    more = figures.per_thread * threads
    base = figures.distribution
    grown = replace(
        base,
        median=base.median + more,
        p95=base.p95 + more,
        p99=base.p99 + more,
        max=base.max + more,
    )
    each = format_size(figures.per_thread)
    return grown, (f"+{each} for each of {threads} threads in a job",)


def _factors(
    profile: Profile, facts: Mapping[str, set[str]], job_class: JobClass
) -> tuple[Factor, ...]:
    rows = [row for row in profile.factors if row.job_class == job_class]
    axes = dict.fromkeys(row.axis for row in rows)
    best = (_best([row for row in rows if row.axis == axis], facts) for axis in axes)
    return tuple(factor for factor in best if factor is not None and factor.times != 1)
