"""Swap space (/proc/swaps), and whether some of it is zram: compressed memory, not a disk.

Knows nothing of how well zram compresses, nor of swap that a cgroup forbids (see cgroup_memory).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ninjapool.model import Swap
from ninjapool.probe.text import whole_number
from ninjapool.units import KIB

if TYPE_CHECKING:
    from ninjapool.probe.tree import Tree

_ROW = re.compile(r"^(\S+)[ \t]+[a-z]+[ \t]+([0-9]{1,16})[ \t]+([0-9]{1,16})[ \t]", re.MULTILINE)
_ZRAM = re.compile(r"/zram[0-9]+$")


def read_swap(tree: Tree, meminfo: dict[str, int]) -> Swap | None:
    """All swap areas as one; None where there is none. Where /proc/swaps is hidden, meminfo's."""
    text = tree.text("/proc/swaps")
    if text is not None:
        return parse_swaps(text)
    total = meminfo.get("SwapTotal")
    if not total:
        return None
    return Swap(total=total, free=meminfo.get("SwapFree"), zram=_has_zram(tree))


def parse_swaps(text: str) -> Swap | None:
    rows = [(name, int(size) * KIB, int(used) * KIB) for name, size, used in _ROW.findall(text)]
    total = sum(size for _, size, _ in rows)
    if not total:
        return None
    used = sum(used for _, _, used in rows)
    zram = any(_ZRAM.search(name) for name, _, _ in rows)
    return Swap(total=total, free=max(0, total - used), zram=zram)


def _has_zram(tree: Tree) -> bool:
    """A zram device exists in most kernels; only one with a size is in use."""
    devices = (name for name in tree.names("/sys/block") if name.startswith("zram"))
    sizes = (tree.text(f"/sys/block/{name}/disksize") for name in devices)
    return any(whole_number(size) for size in sizes if size is not None)
