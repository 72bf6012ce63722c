"""How many CPUs a build may keep busy: online, cpuset, affinity, quota.

A quota is rounded up: 2.5 CPUs keep three jobs busier than two. Knows nothing of cpu.shares and
cpu.weight, which only matter against others, nor of how fast a CPU is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ninjapool.model import CpuLimit
from ninjapool.probe.text import printable, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ninjapool.probe.cgroup import Cgroup, Chain, Controller
    from ninjapool.probe.tree import Tree

_ONLINE = "/sys/devices/system/cpu/online"
_CPUINFO = "/proc/cpuinfo"
_STATUS = "/proc/self/status"
_PROCESSOR = re.compile(r"^processor[ \t]*(?:[0-9]+)?[ \t]*:", re.MULTILINE)
_ALLOWED = re.compile(r"^Cpus_allowed_list:[ \t]*([0-9,\-]+)[ \t]*$", re.MULTILINE)
_HIGHEST = 65536  # Linux is built for 8192 at most; more is nonsense and not to be counted up to


def read_cpu_limits(tree: Tree, chains: Mapping[Controller, Chain]) -> tuple[CpuLimit, ...]:
    """Every limit that applies; a cpuset or affinity only where it narrows what is above it."""
    online, limits = _read_online(tree)
    limits += _read_cpusets(tree, chains["cpuset"], online)
    limits += _read_affinity(tree, online)
    limits += [limit for group in chains["cpu"] for limit in _read_quota(tree, group)]
    return tuple(limits)


def parse_cpu_list(text: str) -> frozenset[int] | None:
    """`0-3,8` as the numbers in it; None where it is none (an empty list is nonsense too)."""
    cpus: set[int] = set()
    for part in text.strip().split(","):
        first, dash, last = part.partition("-")
        low, high = whole_number(first), whole_number(last if dash else first)
        if low is None or high is None or not low <= high < _HIGHEST:
            return None
        cpus.update(range(low, high + 1))
    return frozenset(cpus)


def parse_cpuinfo(text: str) -> int | None:
    """How many processors /proc/cpuinfo lists (x86, Arm, RISC-V, s390 differ in the details)."""
    return len(_PROCESSOR.findall(text)) or None


def parse_affinity(text: str) -> frozenset[int] | None:
    """Cpus_allowed_list of a process's status."""
    match = _ALLOWED.search(text)
    return parse_cpu_list(match[1]) if match else None


def parse_quota(text: str) -> tuple[int, int] | None:
    """CPU time and the period it is for, in microseconds, from `250000 100000` as in cpu.max.

    (0, 0) is no quota (`max`, and v1's `-1`), None is nonsense.
    """
    quota, _, period = text.strip().partition(" ")
    if quota in {"max", "-1"}:
        return 0, 0
    share, whole = whole_number(quota), whole_number(period)
    return (share, whole) if share and whole else None


def _read_online(tree: Tree) -> tuple[frozenset[int] | None, list[CpuLimit]]:
    text = tree.text(_ONLINE)
    online = None if text is None else parse_cpu_list(text)
    if online:
        return online, [CpuLimit(name="online CPUs", source=_ONLINE, cpus=len(online))]
    listed = parse_cpuinfo(tree.text(_CPUINFO) or "")
    if listed:
        return None, [CpuLimit(name="online CPUs", source=_CPUINFO, cpus=listed)]
    tree.note(f"Neither {_ONLINE} nor {_CPUINFO} tells how many CPUs are online.")
    return None, []


def _read_cpusets(tree: Tree, chain: Chain, above: frozenset[int] | None) -> list[CpuLimit]:
    limits = []
    for group in chain:
        source, cpus = _read_cpuset(tree, group)
        if cpus and (above is None or not above <= cpus):
            above = cpus if above is None else cpus & above or cpus
            name = f"cpuset {group.name}"
            limits.append(CpuLimit(name=name, source=source, cpus=len(above)))
    return limits


def _read_cpuset(tree: Tree, group: Cgroup) -> tuple[str, frozenset[int] | None]:
    """What the group may use in effect; kernels before 3.17 tell only what was asked for."""
    v1 = ("cpuset.effective_cpus", "cpuset.cpus")
    for file in ("cpuset.cpus.effective",) if group.version == 2 else v1:
        source = f"{group.folder}/{file}"
        text = tree.text(source)
        if text is not None and text.strip():
            cpus = parse_cpu_list(text)
            if cpus is None:
                tree.note(f"{printable(source)} is no list of CPUs.")
            return printable(source), cpus
    return "", None


def _read_affinity(tree: Tree, online: frozenset[int] | None) -> list[CpuLimit]:
    text = tree.text(_STATUS)
    allowed = None if text is None else parse_affinity(text)
    if allowed is None:
        tree.note(f"{_STATUS} has no usable Cpus_allowed_list: the CPU affinity is not known.")
        return []
    # A mask may name CPUs that could be plugged in; only those that run count.
    cpus = allowed if online is None else allowed & online or allowed
    return [CpuLimit(name="CPU affinity", source=f"{_STATUS} Cpus_allowed_list", cpus=len(cpus))]


def _read_quota(tree: Tree, group: Cgroup) -> tuple[CpuLimit, ...]:
    file, text = _quota_text(tree, group)
    quota = (0, 0) if text is None else parse_quota(text)
    source = printable(f"{group.folder}/{file}")
    if quota is None:
        tree.note(f"{source} is no CPU quota and is left out.")
    share, period = quota or (0, 0)
    if not period:
        return ()
    name = f"cgroup quota {group.name} ({file} {share}/{period})"
    return (CpuLimit(name=name, source=source, cpus=-(-share // period)),)


def _quota_text(tree: Tree, group: Cgroup) -> tuple[str, str | None]:
    """The file's name and what it says, v1's two files in the form of v2's one."""
    if group.version == 2:
        return "cpu.max", tree.text(f"{group.folder}/cpu.max")
    quota = tree.text(f"{group.folder}/cpu.cfs_quota_us")
    period = tree.text(f"{group.folder}/cpu.cfs_period_us") or ""
    return "cpu.cfs_quota_us", None if quota is None else f"{quota.strip()} {period.strip()}"
