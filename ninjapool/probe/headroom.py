"""What is free now under the tightest memory limit, for whoever asks many times a second.

Reads only the limits that were set when it was made; a limit that is set later is not seen until
then, one that is changed is. Knows nothing of who uses the memory.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.probe import cgroup_memory, foreign
from ninjapool.probe.cgroup import read_chains
from ninjapool.probe.kept import KeptFile
from ninjapool.probe.meminfo import host_limits, parse_meminfo
from ninjapool.probe.mounts import read_mounts
from ninjapool.probe.overcommit import overcommit_of, parse_overcommit_mode
from ninjapool.probe.text import ABSURD, table, whole_number
from ninjapool.probe.tree import Tree

if TYPE_CHECKING:
    from ninjapool.probe.cgroup_memory import Gauge


class HeadroomReader:
    """The tightest headroom over the host and every limited cgroup above a process.

    `pid` is the process whose cgroups count: our own, unless the build lives in another.
    """

    def __init__(self, root: Path = Path("/"), *, pid: int | None = None) -> None:
        tree = Tree(root)
        self._foreign = foreign.applies(tree)
        self._meminfo = KeptFile(tree.path("/proc/meminfo"))
        mode = tree.text("/proc/sys/vm/overcommit_memory")
        self._overcommit = parse_overcommit_mode(mode) if mode else None
        chain = read_chains(tree, read_mounts(tree), pid)["memory"]
        gauges = cgroup_memory.read_gauges(tree, chain)
        self._levels = [_Level(tree, gauge) for gauge, _ in gauges]

    def read(self) -> int | None:
        """Bytes that may still be taken before the first limit is met; None where none is known."""
        least = foreign.available() if self._foreign else self._host()
        for level in self._levels:
            room = level.headroom(least)
            if room is not None and (least is None or room < least):
                least = room
        return least

    def close(self) -> None:
        self._meminfo.close()
        for level in self._levels:
            level.close()

    def _host(self) -> int | None:
        meminfo = parse_meminfo(self._meminfo.text() or "")
        mode = self._overcommit
        overcommit = None if mode is None else overcommit_of(mode, meminfo)
        rooms = (limit.headroom for limit in host_limits(meminfo, overcommit))
        return min((room for room in rooms if room is not None), default=None)


class _Level:
    """One limit of one cgroup, its three files kept open."""

    def __init__(self, tree: Tree, gauge: Gauge) -> None:
        self._gauge = gauge
        self._limit = KeptFile(tree.path(gauge.limit_file))
        self._usage = KeptFile(tree.path(gauge.usage_file))
        self._stat = KeptFile(tree.path(gauge.stat_file))

    def limit(self) -> int | None:
        limit = self._gauge.limit(self._limit.text() or "")
        return limit if limit and limit < ABSURD else None

    def headroom(self, least: int | None) -> int | None:
        """None also where it is no less than `least` even with no page to drop: saves a read."""
        limit, usage = self.limit(), whole_number(self._usage.text() or "")
        if limit is None or usage is None:
            return None
        if least is not None and limit - usage >= least:
            return None
        stat = table(self._stat.text() or "")
        free = cgroup_memory.reclaimable(self._gauge.version, stat)
        return cgroup_memory.headroom(limit, usage, free)

    def close(self) -> None:
        for file in (self._limit, self._usage, self._stat):
            file.close()
