"""How a governed build is started in a replay, and what it is let know before.

A replayed job sleeps where a compiler burns CPU. That does no harm: ninjapool takes for progress
the time in which a job was neither stopped nor waiting for a CPU.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from examples.replay import past
from ninjapool.model import CpuLimit, Machine, MemoryLimit, Project, Setting
from ninjapool.size import Wishes, size_build

if TYPE_CHECKING:
    from examples.replay.policies import Known
    from ninjapool.govern.trace import Trace
    from ninjapool.model import JobClass

REPORT = "replay-summary.json"
KNOWS = "replay-knows.json"
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knows:
    """What the governor is let know of a trace, which is already scaled."""

    known: Known
    trace: Trace
    seed: int
    time_scale: float


def argv(folder: Path, *, jobs: int | None) -> tuple[str, ...]:
    """The command line; `jobs` None leaves the width to ninjapool."""
    width = () if jobs is None else ("--jobs", str(jobs))
    files = ("--knows", str(folder / KNOWS), "--json", str(folder / REPORT))
    return (sys.executable, "-m", "examples.replay.governed_build", str(folder), *width, *files)


def surroundings(ninja: Path) -> dict[str, str]:
    """Which ninja it finds, and where this package is."""
    return {
        "PATH": f"{ninja.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
    }


def write_knowledge(folder: Path, knows: Knows | None = None) -> None:
    """The file that tells it of earlier builds; without `knows` there was none."""
    told = {"time_scale": 1.0} if knows is None else knowledge(knows)
    (folder / KNOWS).write_text(json.dumps(told), encoding="ascii")


def knowledge(knows: Knows) -> dict[str, Any]:
    """By output: seconds, or what the history would have, as far off as an earlier build's are."""
    told: dict[str, Any] = {"time_scale": knows.time_scale}
    if knows.known == "durations":
        durations = past.durations(knows.trace, knows.seed)
        told["durations"] = {output: round(seconds, 3) for output, seconds in durations.items()}
    elif knows.known == "history":
        entries = past.entries(knows.trace, knows.seed, time_scale=knows.time_scale)
        told["history"] = {output: past.told(entry) for output, entry in entries.items()}
    return told


def report(folder: Path) -> dict[str, Any]:
    """What ninjapool wrote of itself; empty where it wrote nothing."""
    try:
        told = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def planned_pools(*, slots: int, memory: int) -> dict[JobClass, int]:
    """The depths that `ninjapool configure` gives LLVM, gcc, Release on such a machine."""
    machine = Machine(
        platform="linux",
        memory_limits=(MemoryLimit(name="cgroup", source="the replay", bytes=memory),),
        cpu_limits=(CpuLimit(name="replayed", source="the replay", cpus=slots),),
    )
    project = Project(
        source=PurePath("/llvm"),
        name="LLVM",
        llvm=True,
        compiler=Setting(value="gcc", source="the replay"),
        build_type=Setting(value="Release", source="the replay"),
        debug_info=Setting(value="none", source="the replay"),
        lto=Setting(value="off", source="the replay"),
        linker=Setting(value="bfd", source="the replay"),
    )
    plan = size_build(machine, project, Wishes()).plan
    kinds: tuple[JobClass, ...] = ("compile", "link", "tablegen")
    return {kind: depth for kind in kinds if (depth := plan.depth(kind)) is not None}
