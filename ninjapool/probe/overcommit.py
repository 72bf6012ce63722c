"""Whether the kernel promises more memory than it has (vm.overcommit_memory).

Only mode 2 refuses an allocation ("virtual memory exhausted: Cannot allocate memory"); in the
others CommitLimit is shown but not enforced, so it is not passed on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninjapool.model import Overcommit
from ninjapool.probe.text import whole_number

if TYPE_CHECKING:
    from ninjapool.probe.tree import Tree

_FILE = "/proc/sys/vm/overcommit_memory"


def read_overcommit(tree: Tree, meminfo: dict[str, int]) -> Overcommit | None:
    text = tree.text(_FILE)
    if text is None:
        return None
    mode = parse_overcommit_mode(text)
    if mode is None:
        tree.note(f"{_FILE} is not 0, 1 or 2: the overcommit mode is not known.")
        return None
    return overcommit_of(mode, meminfo)


def parse_overcommit_mode(text: str) -> int | None:
    mode = whole_number(text)
    return mode if mode in {0, 1, 2} else None


def overcommit_of(mode: int, meminfo: dict[str, int]) -> Overcommit:
    """Bytes allowed and taken, in mode 2 alone."""
    strict = mode == 2
    return Overcommit(
        mode=mode,
        limit=meminfo.get("CommitLimit") if strict else None,
        committed=meminfo.get("Committed_AS") if strict else None,
    )
