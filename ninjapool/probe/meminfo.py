"""The host's memory (/proc/meminfo), and the commit limit where the kernel enforces one.

Knows nothing of cgroups: inside a container these are the host's figures.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ninjapool.model import MemoryLimit, Overcommit
from ninjapool.probe.text import ABSURD
from ninjapool.units import KIB

if TYPE_CHECKING:
    from ninjapool.probe.tree import Tree

_ROW = re.compile(r"^([A-Za-z0-9_()]+):[ \t]+([0-9]{1,16})( kB)?[ \t\r]*$", re.MULTILINE)


def read_meminfo(tree: Tree) -> dict[str, int]:
    """The table, empty (with a note) where it tells nothing."""
    text = tree.text("/proc/meminfo")
    if text is None:
        tree.note("/proc/meminfo is missing: the host's memory is not known.")
        return {}
    meminfo = parse_meminfo(text)
    if not _total(meminfo):
        tree.note("/proc/meminfo has no usable MemTotal: the host's memory is not known.")
    elif "MemAvailable" not in meminfo:
        tree.note(
            "/proc/meminfo has no usable MemAvailable (Linux has it since 3.14):"
            " what is free is estimated as MemFree + Buffers + Cached - Shmem."
        )
    return meminfo


def parse_meminfo(text: str) -> dict[str, int]:
    """What the kernel lists, by its names: bytes, or a plain count where it gives no unit."""
    rows = {name: int(number) * (KIB if unit else 1) for name, number, unit in _ROW.findall(text)}
    return {name: value for name, value in rows.items() if value < ABSURD}


def host_limits(meminfo: dict[str, int], overcommit: Overcommit | None) -> tuple[MemoryLimit, ...]:
    """Host RAM, then the commit limit where overcommit mode 2 enforces it."""
    return (*_host_ram(meminfo), *_commit_limit(overcommit))


def available(meminfo: dict[str, int]) -> int | None:
    """Bytes that programs can take without swapping: MemAvailable, or an estimate of it.

    Shmem (tmpfs too) is counted in Cached by the kernel, but cannot be dropped, so it is taken off.
    """
    if "MemAvailable" in meminfo:
        return meminfo["MemAvailable"]
    if "MemFree" not in meminfo:
        return None
    free = sum(meminfo.get(name, 0) for name in ("MemFree", "Buffers", "Cached"))
    return max(0, free - meminfo.get("Shmem", 0))


def _host_ram(meminfo: dict[str, int]) -> tuple[MemoryLimit, ...]:
    total = _total(meminfo)
    if not total:
        return ()
    free = available(meminfo)
    # lxcfs is known to show a container more available than total.
    headroom = None if free is None else min(free, total)
    source = "/proc/meminfo MemTotal" + (" less huge pages" if _huge_pages(meminfo) else "")
    return (MemoryLimit(name="host RAM", source=source, bytes=total, headroom=headroom),)


def _commit_limit(overcommit: Overcommit | None) -> tuple[MemoryLimit, ...]:
    if overcommit is None or not overcommit.limit:
        return ()
    limit, committed = overcommit.limit, overcommit.committed
    headroom = None if committed is None else max(0, limit - committed)
    return (
        MemoryLimit(
            name="commit limit (vm.overcommit_memory=2)",
            source="/proc/meminfo CommitLimit",
            bytes=limit,
            headroom=headroom,
        ),
    )


def _total(meminfo: dict[str, int]) -> int:
    return max(0, meminfo.get("MemTotal", 0) - _huge_pages(meminfo))


def _huge_pages(meminfo: dict[str, int]) -> int:
    """Bytes set aside as huge pages: part of MemTotal, of no use to a compiler.

    Hugetlb (Linux 4.19) sums all their sizes; before, only those of the default size are counted.
    """
    default = meminfo.get("HugePages_Total", 0) * meminfo.get("Hugepagesize", 0)
    return meminfo.get("Hugetlb", default)
