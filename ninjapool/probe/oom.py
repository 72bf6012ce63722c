"""How often the kernel has killed for memory: in our own cgroup, and on the whole machine.

Needs no privilege, unlike the kernel's log. Only the difference of two looks means something.
Knows nothing of kills by earlyoom, systemd-oomd and the like, which are no kernel kills.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ninjapool.probe.cgroup import read_chains
from ninjapool.probe.kept import KeptFile
from ninjapool.probe.mounts import read_mounts
from ninjapool.probe.text import table
from ninjapool.probe.tree import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class OomKills:
    """The counters since they began; None where there is none."""

    cgroup: int | None
    """Processes of our own cgroup (v2: and of those below it), whichever limit they died for."""
    machine: int | None
    """All processes of the machine, other containers' too (Linux 4.13)."""

    def since(self, before: OomKills) -> int | None:
        """Kills between two looks: our cgroup's where it is counted, else the machine's."""
        pairs = ((self.cgroup, before.cgroup), (self.machine, before.machine))
        counted = (now - then for now, then in pairs if now is not None and then is not None)
        return next(counted, None)


def oom_kills(root: Path = Path("/"), *, pid: int | None = None) -> OomKills:
    """Both counters now, for the cgroup of `pid` (ours where none is given)."""
    return OomReader(root, pid=pid).read()


class OomReader:
    """The same for whoever asks many times a second: it looks for the files once.

    v1 counts a kill in the dead process's own group only, v2 in all groups above it too.
    """

    def __init__(self, root: Path = Path("/"), *, pid: int | None = None) -> None:
        tree = Tree(root)
        chain = read_chains(tree, read_mounts(tree), pid)["memory"]
        v1 = [f"{group.folder}/memory.oom_control" for group in chain if group.version == 1][-1:]
        v2 = [f"{group.folder}/memory.events" for group in chain if group.version == 2][-1:]
        self._cgroup = [KeptFile(tree.path(name)) for name in v1 + v2]
        self._machine = KeptFile(tree.path("/proc/vmstat"))

    def read(self) -> OomKills:
        return OomKills(cgroup=self.cgroup(), machine=self.machine())

    def cgroup(self) -> int | None:
        counts = (parse_oom_kill(file.text() or "") for file in self._cgroup)
        return next((count for count in counts if count is not None), None)

    def machine(self) -> int | None:
        """Slower: vmstat is long."""
        return parse_oom_kill(self._machine.text() or "")

    def close(self) -> None:
        for file in (*self._cgroup, self._machine):
            file.close()


def parse_oom_kill(text: str) -> int | None:
    """The row that vmstat, v2's memory.events and v1's memory.oom_control all have."""
    return table(text).get("oom_kill")
