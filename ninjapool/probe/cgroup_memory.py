"""The memory limits of cgroups, and what is free under each.

Counts as free what the kernel can drop at once under pressure. Of a group's charge that is:
    inactive_file + active_file    file pages on the evictable lists
  - dirty - writeback              must reach the disk first; reclaim waits for it, or gives up
  + slab_reclaimable               inodes and dentries (v2 only: v1 does not tell them apart)
Shmem and tmpfs pages are charged as `file` in v2 and `cache` in v1, yet need swap to go away; they
stand on the anonymous lists, and locked pages on the unevictable one, so neither is in the sum.
Swap is not counted as room. A program's own mapped code is: a reserve must keep it from thrashing.
Knows nothing of limits above the mount, but for v1's hierarchical_memory_limit, which tells them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ninjapool.model import MemoryLimit
from ninjapool.probe.text import ABSURD, printable, table, whole_number
from ninjapool.units import format_size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ninjapool.probe.cgroup import Cgroup, Chain
    from ninjapool.probe.tree import Tree

_HIDDEN = "hierarchical_memory_limit"

_V2 = (
    ("memory.max", "memory.current", "memory.max"),
    # Above memory.high nothing is killed, but every allocation is made to wait: no place to build.
    ("memory.high", "memory.current", "memory.high"),
)
_V1 = (
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "memory.limit_in_bytes"),
    (
        # Never below limit_in_bytes, but what was swapped out counts too, so its room may be less.
        "memory.memsw.limit_in_bytes",
        "memory.memsw.usage_in_bytes",
        "memory.memsw.limit_in_bytes, memory + swap",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """Where one limit of one group is read, and what counts against it."""

    name: str
    version: Literal[1, 2]
    limit_file: str
    usage_file: str
    stat_file: str
    field: str | None = None
    """The limit is this row of the file, not the whole of it."""

    def limit(self, text: str) -> int | None:
        """Bytes; ABSURD or more is no limit, None is nonsense."""
        return parse_limit(text) if self.field is None else table(text).get(self.field)

    @property
    def source(self) -> str:
        return printable(f"{self.limit_file} {self.field or ''}".strip())


def read_memory_limits(tree: Tree, chain: Chain) -> tuple[MemoryLimit, ...]:
    """Every limit that the groups set, from the top down; notes what is set to nonsense."""
    return tuple(
        MemoryLimit(
            name=gauge.name, source=gauge.source, bytes=limit, headroom=_room(tree, gauge, limit)
        )
        for gauge, limit in read_gauges(tree, chain)
    )


def read_gauges(tree: Tree, chain: Chain) -> list[tuple[Gauge, int]]:
    """The gauges that show a limit now, with its bytes, from the top down."""
    gauges = [gauge for group in _counting(tree, chain) for gauge in _gauges_of(group)]
    found = [(gauge, limit) for gauge in gauges if (limit := _read_limit(tree, gauge))]
    lowest = min((limit for _, limit in found), default=ABSURD)
    for gauge in _hidden_gauges(chain):
        limit = _read_limit(tree, gauge)
        if limit and limit < lowest:
            found.insert(0, (gauge, limit))
    return found


def note_swap_limits(tree: Tree, chain: Chain) -> None:
    """Say where a group (v2) allows its processes less swap than the machine has."""
    for group in chain:
        text = tree.text(f"{group.folder}/memory.swap.max")
        limit = None if text is None else parse_limit(text)
        if limit is not None and limit < ABSURD:
            size = format_size(limit) if limit else "no"
            tree.note(f"cgroup {group.name} allows {size} swap (memory.swap.max).")


def parse_limit(text: str) -> int | None:
    """Bytes; ABSURD where the kernel says there is no limit; None for nonsense, 0 included.

    v2 writes `max`, v1 the largest number of pages that fits a signed 64-bit number.
    """
    return ABSURD if text.strip() == "max" else whole_number(text)


def reclaimable(version: Literal[1, 2], stat: dict[str, int]) -> int:
    """Bytes of memory.stat that the kernel can drop at once; the module's docstring has the sum."""
    if version == 2:
        return _evictable(stat, "", "file_dirty", "file_writeback") + stat.get(
            "slab_reclaimable", 0
        )
    # The total_ rows count the groups below too, as usage_in_bytes does.
    prefix = "total_" if "total_inactive_file" in stat else ""
    return _evictable(stat, prefix, "dirty", "writeback")


def headroom(limit: int, usage: int, free: int) -> int:
    """Bytes that may still be taken: the limit less the use that cannot be dropped."""
    return min(limit, max(0, limit - max(0, usage - free)))


def _evictable(stat: dict[str, int], prefix: str, *waiting: str) -> int:
    pages = sum(stat.get(f"{prefix}{name}_file", 0) for name in ("inactive", "active"))
    return max(0, pages - sum(stat.get(prefix + name, 0) for name in waiting))


def _gauges_of(group: Cgroup) -> Iterable[Gauge]:
    for limit, usage, shown in _V2 if group.version == 2 else _V1:
        yield Gauge(
            name=f"cgroup {group.name} ({shown})",
            version=group.version,
            limit_file=f"{group.folder}/{limit}",
            usage_file=f"{group.folder}/{usage}",
            stat_file=f"{group.folder}/memory.stat",
        )


def _hidden_gauges(chain: Chain) -> tuple[Gauge, ...]:
    """What the topmost v1 group knows of limits above it, which have no file inside a container.

    The use under them is not known either: our own is what counts at the least.
    """
    top = next((group for group in chain if group.version == 1), None)
    if top is None:
        return ()
    stat = f"{top.folder}/memory.stat"
    return (
        Gauge(
            name=f"cgroup above {top.name} ({_HIDDEN})",
            version=1,
            limit_file=stat,
            usage_file=f"{top.folder}/memory.usage_in_bytes",
            stat_file=stat,
            field=_HIDDEN,
        ),
    )


def _counting(tree: Tree, chain: Chain) -> Chain:
    """Without the v1 groups above one that does not count its children (use_hierarchy=0)."""
    kept: list[Cgroup] = []
    cut = False
    for group in reversed(chain):
        if group.version == 1 and any(below.version == 1 for below in kept):
            text = tree.text(f"{group.folder}/memory.use_hierarchy")
            cut = cut or (text is not None and text.strip() == "0")
        if not (cut and group.version == 1):
            kept.append(group)
    return tuple(reversed(kept))


def _read_limit(tree: Tree, gauge: Gauge) -> int | None:
    text = tree.text(gauge.limit_file)
    if text is None:
        return None
    limit = gauge.limit(text)
    if not limit and gauge.field is None:
        tree.note(f"{gauge.source} makes no sense: {printable(text.strip())[:40]!r}.")
    return limit if limit and limit < ABSURD else None


def _room(tree: Tree, gauge: Gauge, limit: int) -> int | None:
    usage = whole_number(tree.text(gauge.usage_file) or "")
    if usage is None:
        return None
    stat = table(tree.text(gauge.stat_file) or "")
    return headroom(limit, usage, reclaimable(gauge.version, stat))
