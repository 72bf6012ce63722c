"""Machines and projects for tests, with what matters to the test as an argument."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from ninjapool.model import CpuLimit, Machine, MemoryLimit, Project, Setting
from ninjapool.units import GIB

_SETTINGS = {"compiler", "build_type", "debug_info", "lto", "linker"}


def machine(memory: float = 7.7, cpus: int = 8, **more: Any) -> Machine:
    """A machine of `memory` GiB."""
    values: dict[str, Any] = {
        "platform": "linux",
        "memory_limits": (
            MemoryLimit(
                name="host RAM",
                source="/proc/meminfo MemTotal",
                bytes=int(memory * GIB),
                headroom=int(memory * GIB * 0.8),
            ),
        ),
        "cpu_limits": (CpuLimit(name="online", source="/sys", cpus=cpus),),
    }
    return Machine(**(values | more))


def project(**more: Any) -> Project:
    """LLVM by gcc in Release, unless told otherwise."""
    values: dict[str, Any] = {
        "source": PurePath("/src/llvm"),
        "name": "LLVM",
        "llvm": True,
        "compiler": "gcc",
        "build_type": "Release",
        "debug_info": "none",
        "lto": "off",
        "linker": "bfd",
    }
    values |= more
    for key in _SETTINGS:
        values[key] = Setting(value=values[key], source="test")
    return Project(**values)
