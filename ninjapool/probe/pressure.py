"""How long programs have been waiting for memory (PSI, Linux 4.20): the sign of thrashing.

Only the difference of two looks means something. Knows nothing of cgroup v1, which has no PSI.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ninjapool.probe.cgroup import read_chains
from ninjapool.probe.mounts import read_mounts
from ninjapool.probe.tree import Tree

_ROW = re.compile(r"^(some|full) .*\btotal=([0-9]{1,19})[ \t\r]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """Microseconds since boot (or since the cgroup was made) spent waiting for memory."""

    some: int
    """At least one task waited."""
    full: int | None
    """All tasks waited at once: nothing was done."""


def memory_stall(root: Path = Path("/"), *, pid: int | None = None) -> Stall | None:
    """Of the v2 cgroup of `pid` (ours where none is given), else of the whole machine."""
    tree = Tree(root)
    chain = read_chains(tree, read_mounts(tree), pid)["memory"]
    own = [f"{group.folder}/memory.pressure" for group in chain if group.version == 2][-1:]
    stalls = (parse_pressure(tree.text(name) or "") for name in (*own, "/proc/pressure/memory"))
    return next((stall for stall in stalls if stall is not None), None)


def parse_pressure(text: str) -> Stall | None:
    totals = {kind: int(total) for kind, total in _ROW.findall(text)}
    if "some" not in totals:
        return None
    return Stall(some=totals["some"], full=totals.get("full"))
