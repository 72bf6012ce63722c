"""Whether a folder lies on a tmpfs, so that what a build writes there stays in memory."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ninjapool.paths import real

if TYPE_CHECKING:
    from pathlib import Path

    from ninjapool.probe.mounts import Mount
    from ninjapool.probe.tree import Tree

_IN_MEMORY = {"tmpfs", "ramfs"}


def tmpfs_build(tree: Tree, mounts: tuple[Mount, ...], build_dir: Path) -> PurePosixPath | None:
    """The mount point of the tmpfs that holds `build_dir`, which need not exist yet.

    On a recorded machine the path is that machine's own, so no link is followed.
    """
    folder = PurePosixPath(real(build_dir) if tree.live else build_dir)
    if not folder.is_absolute():
        return None
    return tmpfs_above(mounts, folder)


def tmpfs_above(mounts: tuple[Mount, ...], folder: PurePosixPath) -> PurePosixPath | None:
    above = [mount for mount in mounts if folder.is_relative_to(PurePosixPath(mount.point))]
    nearest = max(above, key=lambda mount: len(PurePosixPath(mount.point).parts), default=None)
    if nearest is None or nearest.kind not in _IN_MEMORY:
        return None
    return PurePosixPath(nearest.point)
