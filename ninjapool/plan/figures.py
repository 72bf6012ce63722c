"""The memory, the reserve and the CPUs that a plan shares out, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninjapool.errors import ExcessError, MachineError, UsageError
from ninjapool.model import Figure
from ninjapool.units import GIB, MIB, format_size

if TYPE_CHECKING:
    from ninjapool.model import Machine, MemoryLimit, Policy


def cpu_figure(machine: Machine, policy: Policy) -> Figure:
    """The CPUs to fill. Raises MachineError where nothing tells them, ExcessError beyond them."""
    limit = machine.cpus
    if policy.cpus is None:
        if limit is None:
            raise MachineError("the machine does not tell its CPUs", hint="say --cpus N")
        return Figure(value=limit.cpus, why=limit.name)
    if limit is not None and policy.cpus.value > limit.cpus:
        raise ExcessError(
            f"{policy.cpus.source} asks for {policy.cpus.value} CPUs, "
            f"{limit.name} has {limit.cpus}",
            hint="leave it out to use all that there are",
        )
    return Figure(value=policy.cpus.value, why=policy.cpus.source)


def memory_figure(machine: Machine, policy: Policy) -> Figure:
    """The memory to share out. Raises as `cpu_figure` does."""
    limit = machine.headroom if policy.use_available else machine.memory
    if policy.memory is not None:
        return _user_memory(policy.memory.value, policy.memory.source, machine.memory)
    if limit is None:
        raise MachineError("the machine does not tell its memory", hint="say --memory 8G")
    if policy.use_available and limit.headroom is not None:
        return Figure(value=limit.headroom, why=f"free now under {limit.name}")
    return Figure(value=limit.bytes, why=limit.name)


def _user_memory(value: int, source: str, limit: MemoryLimit | None) -> Figure:
    if limit is not None and value > limit.bytes:
        raise ExcessError(
            f"{source} asks for {format_size(value)}, "
            f"{limit.name} allows {format_size(limit.bytes)}",
            hint="leave it out to use all that there is",
        )
    return Figure(value=value, why=source)


def reserve_figure(machine: Machine, memory: Figure, policy: Policy) -> Figure:
    """What is kept from the build; it shrinks with the machine. Raises UsageError if it is all."""
    if policy.reserve is not None:
        if policy.reserve.value >= memory.value:
            raise UsageError(
                f"{policy.reserve.source} keeps back {format_size(policy.reserve.value)} of "
                f"{format_size(memory.value)}: nothing is left for the build"
            )
        return Figure(value=policy.reserve.value, why=policy.reserve.source)
    limit = machine.memory
    if policy.memory is None and limit is not None and limit.name.startswith("cgroup"):
        value = min(max(memory.value // 16, 64 * MIB), GIB)
        return Figure(value=value, why="1/16 of the cgroup, for the build tool and the page cache")
    if memory.value >= 16 * GIB:
        return Figure(value=2 * GIB, why="for the system and what else runs")
    value = min(max(memory.value // 8, 192 * MIB), memory.value // 2)
    return Figure(value=value, why="1/8 of a machine below 16 GiB, for the system")
