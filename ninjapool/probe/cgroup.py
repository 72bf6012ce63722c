"""Which cgroups this process is in, from the topmost that can be seen down to its own.

Covers v1, v2 and hybrids of both. /proc/self/cgroup names the group, /proc/self/mountinfo says
where a hierarchy is mounted and which part of it; in a container the two need not agree (without a
cgroup namespace the path is the host's, and the mount shows the container's own group only).
Knows nothing of limits, and nothing of groups above the mount, which nobody inside can see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ninjapool.probe.mounts import Mount
from ninjapool.probe.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ninjapool.probe.tree import Tree

Controller = Literal["memory", "cpu", "cpuset"]
CONTROLLERS: tuple[Controller, ...] = ("memory", "cpu", "cpuset")

_DELETED = " (deleted)"  # the kernel's mark on a group that was removed around its processes


@dataclass(frozen=True, slots=True, kw_only=True)
class Cgroup:
    """One group that this process counts in."""

    name: str
    """As the machine's user would call it: `/user.slice/user-1000.slice`. Fit to print."""
    folder: str
    """Where its files are: `/sys/fs/cgroup/user.slice/user-1000.slice`."""
    version: Literal[1, 2]


Chain = tuple[Cgroup, ...]


def read_chains(
    tree: Tree, mounts: tuple[Mount, ...], pid: int | None = None
) -> Mapping[Controller, Chain]:
    """For each controller every group from the top down, v2 before v1 where both are there."""
    text = tree.text(f"/proc/{'self' if pid is None else pid}/cgroup")
    paths = {} if text is None else parse_cgroup(text)
    mounts = mounts or _usual_mounts(tree)
    unified = _chain(tree, [mount for mount in mounts if mount.kind == "cgroup2"], paths.get(""))
    return {name: unified + _chain_v1(tree, mounts, name, paths) for name in CONTROLLERS}


def parse_cgroup(text: str) -> dict[str, str]:
    """The process's path in each v1 hierarchy, by controller, and in v2 by the empty name."""
    paths = {}
    for line in text.split("\n"):
        fields = line.split(":", 2)  # a path may hold colons
        if len(fields) == 3 and fields[2].startswith("/"):
            path = fields[2].removesuffix(_DELETED)
            paths.update(dict.fromkeys(fields[1].split(","), path))
    return paths


def _chain_v1(
    tree: Tree, mounts: tuple[Mount, ...], controller: Controller, paths: dict[str, str]
) -> Chain:
    fitting = [m for m in mounts if m.kind == "cgroup" and controller in m.options]
    return _chain(tree, fitting, paths.get(controller))


def _chain(tree: Tree, mounts: list[Mount], path: str | None) -> Chain:
    mount = _widest(mounts, path or "/")
    if mount is None:
        return ()
    steps = _below(path or "/", mount.root)
    if steps is None:
        tree.note(
            f"cgroup {printable(path or '/')} is not below what is mounted at"
            f" {printable(mount.point)}: only the limits of the mounted group are known."
        )
    return tuple(_levels(tree, mount, steps or ()))


def _widest(mounts: list[Mount], path: str) -> Mount | None:
    """The mount that shows most of the way to the path; failing that, any: it shows at least us."""
    leading = [mount for mount in mounts if _below(path, mount.root) is not None]
    return min(leading or mounts, key=lambda mount: len(mount.root), default=None)


def _below(path: str, root: str) -> tuple[str, ...] | None:
    """The steps from root to path, None where root is not above it (or `..` hides where it is)."""
    here, there = _steps(root), _steps(path)
    if ".." in here + there or there[: len(here)] != here:
        return None
    return there[len(here) :]


def _levels(tree: Tree, mount: Mount, steps: tuple[str, ...]) -> list[Cgroup]:
    top = "" if mount.root == "/" or ".." in _steps(mount.root) else mount.root
    version: Literal[1, 2] = 2 if mount.kind == "cgroup2" else 1
    levels = []
    for depth in range(len(steps) + 1):
        tail = "".join(f"/{step}" for step in steps[:depth])
        if not tree.is_dir(mount.point + tail):
            tree.note(f"cgroup {printable(top + tail)} cannot be seen below {mount.point}.")
            break
        name = printable(top + tail) or "/"
        levels.append(Cgroup(name=name, folder=mount.point + tail, version=version))
    return levels


def _steps(path: str) -> tuple[str, ...]:
    return tuple(step for step in path.split("/") if step)


def _usual_mounts(tree: Tree) -> tuple[Mount, ...]:
    """Where every distribution mounts cgroups, for a machine whose mountinfo tells nothing."""
    unified = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified")
    v2 = (point for point in unified if tree.exists(f"{point}/cgroup.controllers"))
    v1 = ((name, f"/sys/fs/cgroup/{name}") for name in CONTROLLERS)
    return (
        *(Mount(root="/", point=point, kind="cgroup2") for point in v2),
        *(
            Mount(root="/", point=point, kind="cgroup", options=frozenset({name}))
            for name, point in v1
            if tree.exists(f"{point}/cgroup.procs")
        ),
    )
