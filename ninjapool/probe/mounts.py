"""What is mounted where (/proc/self/mountinfo). Knows nothing of what the mounts are for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ninjapool.probe.tree import Tree

_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One line of mountinfo (proc(5)), with its escapes undone."""

    root: str
    """Which folder of the filesystem is mounted: `/`, or a container's own cgroup."""
    point: str
    """Where it is seen."""
    kind: str
    """The filesystem type: `cgroup2`, `tmpfs`."""
    source: str = ""
    options: frozenset[str] = frozenset()
    """Of the filesystem itself; for cgroup v1 they name its controllers."""


def read_mounts(tree: Tree) -> tuple[Mount, ...]:
    text = tree.text("/proc/self/mountinfo")
    return () if text is None else parse_mountinfo(text)


def parse_mountinfo(text: str) -> tuple[Mount, ...]:
    """In the order of mounting; a later mount hides an earlier one at the same point."""
    mounts: dict[str, Mount] = {}
    for line in text.split("\n"):
        mount = _parse_line(line)
        if mount is not None:
            mounts.pop(mount.point, None)
            mounts[mount.point] = mount
    return tuple(mounts.values())


def _parse_line(line: str) -> Mount | None:
    # A blank in a name is written \040, so " - " can only be the separator.
    front, separator, back = line.partition(" - ")
    here, there = front.split(" "), back.split(" ")
    if not separator or len(here) < 6:
        return None
    return Mount(
        root=_unescape(here[3]),
        point=_unescape(here[4]),
        kind=there[0],
        source=_unescape(there[1]) if len(there) > 1 else "",
        options=frozenset(there[-1].split(",")),
    )


def _unescape(field: str) -> str:
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), field)
