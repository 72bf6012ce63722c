"""A trace as a build.ninja whose every command is a `hold` job.

Rules are named as CMake names them, and `hold` is called by the names of the tools that it stands
for, so that whoever watches the build can tell classes and edges as in a real one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ninjapool.govern.trace import Trace, TraceJob
    from ninjapool.model import JobClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How ninja runs the edges of a class, as CMake would write it."""

    name: str
    command: str
    description: str


RULES: dict[JobClass, Rule] = {
    "compile": Rule(
        name="CXX_COMPILER__replay_Release",
        command="g++ -o $out -c $source",
        description="Building CXX object $out",
    ),
    "link": Rule(
        name="CXX_EXECUTABLE_LINKER__replay_Release",
        command="g++ -o $out",
        description="Linking CXX executable $out",
    ),
    "archive": Rule(
        name="CXX_STATIC_LIBRARY_LINKER__replay_Release",
        command="ar qc $out",
        description="Linking CXX static library $out",
    ),
    "tablegen": Rule(
        name="CUSTOM_COMMAND", command="llvm-tblgen -o $out", description="Building $out..."
    ),
    "other": Rule(
        name="CUSTOM_COMMAND__generate", command="generate -o $out", description="Generating $out"
    ),
}
PROGRAMS = ("g++", "ar", "llvm-tblgen", "generate")
"""The names under which `hold` must be found in one folder."""
ARCHIVES_LINK: dict[JobClass, JobClass] = {"archive": "link"}
"""CMake's JOB_POOL_LINK holds `ar` too, unless archives are given a pool of their own."""


def ninja_text(trace: Trace, *, programs: Path, pools: Mapping[JobClass, int] | None = None) -> str:
    """The build file, with `hold` in the folder `programs`.

    `pools` gives a class a job pool of that depth, as CMake would.
    """
    pools = pools or {}
    curves = {job.curve: "" for job in trace.jobs}
    curves = {curve: f"curve{index}" for index, curve in enumerate(curves)}
    lines = ["ninja_required_version = 1.5", ""]
    for curve, variable in curves.items():
        shares = ",".join(f"{share:g}" for share in curve)
        lines.append(f"{variable} = {shares}")
    for kind, depth in pools.items():
        lines += ["", f"pool {kind}_job_pool", f"  depth = {depth}"]
    for kind in RULES:
        pool = kind if kind in pools else ARCHIVES_LINK.get(kind)
        lines += ["", *rule(kind, programs, pool=pool if pool in pools else None)]
    for job in trace.jobs:
        lines += ["", *build(job, curves[job.curve])]
    return "\n".join(lines) + "\n"


def rule(kind: JobClass, programs: Path, *, pool: JobClass | None) -> list[str]:
    made = RULES[kind]
    command = f"{programs}/{made.command} -m $peak -s $seconds -r $curve"
    lines = [f"rule {made.name}", f"  command = {command}", f"  description = {made.description}"]
    return [*lines, f"  pool = {pool}_job_pool"] if pool else lines


def build(job: TraceJob, curve: str) -> list[str]:
    needs = " ".join(job.needs)
    lines = [
        f"build {job.name}: {RULES[job.job_class].name}" + (f" || {needs}" if needs else ""),
        f"  peak = {job.peak}",
        f"  seconds = {job.seconds:.4f}",
        f"  curve = ${curve}",
    ]
    if job.job_class == "compile":
        lines.append(f"  source = {source_of(job)}")
    return lines


def source_of(job: TraceJob) -> str:
    return job.name.removesuffix(".o")


def write_sources(trace: Trace, folder: Path) -> None:
    """Files of the sizes that the sources had, without contents: only their size is looked at."""
    for job in trace.jobs:
        if job.size is not None:
            path = folder / source_of(job)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                file.truncate(job.size)
