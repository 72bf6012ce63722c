"""The machine now: every limit that a build's memory and CPUs are under, and what is free.

Reads files below a root and nothing else, so that a recorded machine is a folder. Decides nothing:
which limit matters is the plan's business.
"""

from __future__ import annotations

from pathlib import Path

from ninjapool.errors import MachineError
from ninjapool.model import Machine
from ninjapool.paths import is_folder
from ninjapool.probe import foreign
from ninjapool.probe.cgroup import read_chains
from ninjapool.probe.cgroup_memory import note_swap_limits, read_memory_limits
from ninjapool.probe.container import read_container
from ninjapool.probe.cpus import read_cpu_limits
from ninjapool.probe.headroom import HeadroomReader
from ninjapool.probe.limits import read_limits
from ninjapool.probe.meminfo import host_limits, read_meminfo
from ninjapool.probe.mounts import read_mounts
from ninjapool.probe.oom import OomKills, OomReader, oom_kills
from ninjapool.probe.overcommit import read_overcommit
from ninjapool.probe.pressure import Stall, memory_stall
from ninjapool.probe.swap import read_swap
from ninjapool.probe.tmpfs import tmpfs_build
from ninjapool.probe.tree import Tree
from ninjapool.probe.wsl import read_wsl, read_wslconfig

__all__ = [
    "HeadroomReader",
    "OomKills",
    "OomReader",
    "Stall",
    "machine",
    "memory_stall",
    "oom_kills",
]

_HINT = "say what it has: --memory 8G --cpus 4"


def machine(root: Path = Path("/"), *, build_dir: Path | None = None) -> Machine:
    """Look once at the machine below `root`, which may be a recorded one.

    Raises MachineError where neither memory nor CPUs can be learned; where only some is unknown,
    it is left out and a note says so.
    """
    if not is_folder(root):
        raise MachineError(f"{root} is no folder, so no machine was recorded there")
    tree = Tree(root)
    found = foreign.read_machine() if foreign.applies(tree) else _read(tree, build_dir)
    if not found.memory_limits and not found.cpu_limits:
        raise MachineError(f"{root} tells neither memory nor CPUs of a machine", hint=_HINT)
    return found


def _read(tree: Tree, build_dir: Path | None) -> Machine:
    mounts = read_mounts(tree)
    chains = read_chains(tree, mounts)
    meminfo = read_meminfo(tree)
    overcommit = read_overcommit(tree, meminfo)
    memory = (*host_limits(meminfo, overcommit), *read_memory_limits(tree, chains["memory"]))
    cpus = read_cpu_limits(tree, chains)
    swap = read_swap(tree, meminfo)
    if swap is not None:
        note_swap_limits(tree, chains["memory"])
    wsl = read_wsl(tree)
    wslconfig = read_wslconfig(tree, mounts) if wsl == 2 else None
    return Machine(
        platform="linux",
        memory_limits=memory,
        cpu_limits=cpus,
        process_limits=read_limits(tree),
        swap=swap,
        overcommit=overcommit,
        container=read_container(tree),
        wsl=wsl,
        wslconfig=wslconfig,
        tmpfs_build=None if build_dir is None else tmpfs_build(tree, mounts, build_dir),
        notes=tree.notes,
    )
