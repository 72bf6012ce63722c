"""A machine without /proc (macOS, Windows, the BSDs), through psutil.

Knows nothing of containers there, of Windows job objects, nor of its commit limit.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from ninjapool.model import CpuLimit, Machine, MemoryLimit, ProcessLimit, Swap
from ninjapool.probe.limits import ADDRESS_SPACE, DATA_SEGMENT
from ninjapool.probe.text import ABSURD

if TYPE_CHECKING:
    from ninjapool.probe.tree import Tree

_PLATFORMS = {"win32": "windows", "cygwin": "windows"}


def applies(tree: Tree) -> bool:
    """Whether this is the live machine, and one without /proc. Never true of a recorded one."""
    return tree.live and not tree.exists("/proc/meminfo")


def read_machine() -> Machine:
    """What psutil and the standard library tell; what they do not is left out."""
    memory = _read_memory()
    notes = () if memory else ("There is no /proc, and psutil does not tell the memory.",)
    return Machine(
        platform=_PLATFORMS.get(sys.platform, sys.platform),
        memory_limits=memory,
        cpu_limits=(*_read_online(), *_read_affinity()),
        process_limits=_read_process_limits(),
        swap=_read_swap(),
        notes=notes,
    )


def available() -> int | None:
    """Bytes that programs can take now without swapping."""
    limits = _read_memory()
    return limits[0].headroom if limits else None


def _read_memory() -> tuple[MemoryLimit, ...]:
    import psutil  # noqa: PLC0415 - Linux needs none of it, and it takes 15 ms

    try:
        memory = psutil.virtual_memory()
    except (OSError, psutil.Error):
        return ()
    source = "psutil.virtual_memory()"
    name = "host RAM"
    return (MemoryLimit(name=name, source=source, bytes=memory.total, headroom=memory.available),)


def _read_online() -> tuple[CpuLimit, ...]:
    count = os.cpu_count()
    return (CpuLimit(name="online CPUs", source="os.cpu_count()", cpus=count),) if count else ()


def _read_affinity() -> tuple[CpuLimit, ...]:
    import psutil  # noqa: PLC0415 - Linux needs none of it, and it takes 15 ms

    try:
        cpus = len(psutil.Process().cpu_affinity() or ())
    except (AttributeError, OSError, psutil.Error):  # macOS has no affinity
        return ()
    source = "psutil cpu_affinity()"
    return (CpuLimit(name="CPU affinity", source=source, cpus=cpus),) if cpus else ()


def _read_swap() -> Swap | None:
    import psutil  # noqa: PLC0415 - Linux needs none of it, and it takes 15 ms

    try:
        swap = psutil.swap_memory()
    except (OSError, RuntimeError, psutil.Error):
        return None
    return Swap(total=swap.total, free=swap.free) if swap.total else None


def _read_process_limits() -> tuple[ProcessLimit, ...]:
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return ()
    soft = (
        (ADDRESS_SPACE, resource.getrlimit(resource.RLIMIT_AS)[0]),
        (DATA_SEGMENT, resource.getrlimit(resource.RLIMIT_DATA)[0]),
    )
    return tuple(ProcessLimit(name=name, bytes=size) for name, size in soft if 0 < size < ABSURD)
