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

    from examples.replay.traces import Edge, Kind, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How ninja runs the edges of a class, as CMake would write it."""

    name: str
    command: str
    description: str


RULES: dict[Kind, Rule] = {
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
}
PROGRAMS = ("g++", "ar", "llvm-tblgen")
"""The names under which `hold` must be found in one folder."""
ARCHIVES_LINK: dict[Kind, Kind] = {"archive": "link"}
"""CMake's JOB_POOL_LINK holds `ar` too, unless archives are given a pool of their own."""


def ninja_text(trace: Trace, *, programs: Path, pools: Mapping[Kind, int] | None = None) -> str:
    """The build file, with `hold` in the folder `programs`.

    `pools` gives a class a job pool of that depth, as CMake would.
    """
    pools = pools or {}
    curves = {name: f"curve{index}" for index, name in enumerate(trace.curves)}
    lines = ["ninja_required_version = 1.5", ""]
    for name, variable in curves.items():
        shares = ",".join(f"{share:g}" for share in trace.curves[name])
        lines.append(f"{variable} = {shares}")
    for kind, depth in pools.items():
        lines += ["", f"pool {kind}_job_pool", f"  depth = {depth}"]
    for kind in RULES:
        pool = kind if kind in pools else ARCHIVES_LINK.get(kind)
        lines += ["", *rule(kind, programs, pool=pool if pool in pools else None)]
    for edge in trace.edges:
        lines += ["", *build(edge, curves[edge.curve])]
    return "\n".join(lines) + "\n"


def rule(kind: Kind, programs: Path, *, pool: Kind | None) -> list[str]:
    made = RULES[kind]
    command = f"{programs}/{made.command} -m $peak -s $seconds -r $curve"
    lines = [f"rule {made.name}", f"  command = {command}", f"  description = {made.description}"]
    return [*lines, f"  pool = {pool}_job_pool"] if pool else lines


def build(edge: Edge, curve: str) -> list[str]:
    needs = " ".join(edge.inputs)
    lines = [
        f"build {edge.output}: {RULES[edge.kind].name}" + (f" || {needs}" if needs else ""),
        f"  peak = {edge.peak}",
        f"  seconds = {edge.seconds:.4f}",
        f"  curve = ${curve}",
    ]
    if edge.kind == "compile":
        lines.append(f"  source = {edge.output.removesuffix('.o')}")
    return lines
