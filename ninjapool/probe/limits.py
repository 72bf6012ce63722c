"""Ceilings on each process (ulimit -v and -d, /proc/self/limits): no sum over a build.

A compiler that meets one says "virtual memory exhausted" however few jobs run. Knows no others:
RLIMIT_RSS has had no effect since Linux 2.4.30 (getrlimit(2)).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ninjapool.model import ProcessLimit
from ninjapool.probe.text import ABSURD

if TYPE_CHECKING:
    from ninjapool.probe.tree import Tree

ADDRESS_SPACE = "address space (ulimit -v)"
DATA_SEGMENT = "data segment (ulimit -d)"

_NAMES = {"Max address space": ADDRESS_SPACE, "Max data size": DATA_SEGMENT}
_ROW = re.compile(r"^(Max [a-z ]+?)[ ]{2,}([0-9]{1,19})[ ]", re.MULTILINE)


def read_limits(tree: Tree) -> tuple[ProcessLimit, ...]:
    text = tree.text("/proc/self/limits")
    return () if text is None else parse_limits(text)


def parse_limits(text: str) -> tuple[ProcessLimit, ...]:
    """The soft limits that are set; `unlimited` is none."""
    found = {name: int(soft) for name, soft in _ROW.findall(text)}
    return tuple(
        ProcessLimit(name=shown, bytes=found[name])
        for name, shown in _NAMES.items()
        if name in found and 0 < found[name] < ABSURD
    )
