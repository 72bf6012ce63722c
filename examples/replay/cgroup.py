"""A memory cgroup of our own, v1 or v2: made, limited, watched, emptied and removed.

Only what this replay starts is put into it. Knows nothing of builds.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path("/sys/fs/cgroup")
EMPTY_WITHIN = 10.0
"""Seconds that killed processes may take to leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What the files are called."""

    version: int
    parent: Path
    limit: str
    swap_limit: str
    """v1 counts memory + swap here, v2 swap alone."""
    events: str
    """The file that has a line `oom_kill N`."""
    peak: str


def dialect(root: Path = ROOT) -> Dialect | None:
    """How this machine speaks of memory cgroups; None where it has none."""
    if (root / "memory" / "memory.limit_in_bytes").exists():
        return Dialect(
            version=1,
            parent=root / "memory",
            limit="memory.limit_in_bytes",
            swap_limit="memory.memsw.limit_in_bytes",
            events="memory.oom_control",
            peak="memory.max_usage_in_bytes",
        )
    controllers = root / "cgroup.controllers"
    if controllers.exists() and "memory" in controllers.read_text(encoding="ascii").split():
        return Dialect(
            version=2,
            parent=root,
            limit="memory.max",
            swap_limit="memory.swap.max",
            events="memory.events",
            peak="memory.peak",
        )
    return None


class Unlimited:
    """Stands in where no cgroup can be had: nothing is limited and nothing is counted."""

    limited = False

    def enter(self) -> None:
        """Nothing to join."""

    def kills(self) -> int | None:
        return None

    def peak(self) -> int | None:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryCgroup:
    """A live cgroup with a limit."""

    folder: Path
    dialect: Dialect
    limited = True

    def enter(self) -> None:
        """Puts the calling process in; what it starts from then on is inside too."""
        (self.folder / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")

    def kills(self) -> int | None:
        """How many processes the kernel has killed here for memory."""
        text = (self.folder / self.dialect.events).read_text(encoding="ascii")
        counts = dict(line.split() for line in text.splitlines())
        return int(counts["oom_kill"]) if "oom_kill" in counts else None

    def peak(self) -> int | None:
        """The most it ever held, in bytes; a kernel before 5.19 does not tell under v2."""
        try:
            return int((self.folder / self.dialect.peak).read_text(encoding="ascii"))
        except FileNotFoundError:
            return None

    def processes(self) -> list[int]:
        return [int(pid) for pid in (self.folder / "cgroup.procs").read_text().split()]

    def remove(self) -> None:
        """Ends what is left inside, all of it ours, then removes the cgroup."""
        until = time.monotonic() + EMPTY_WITHIN
        while (left := self.processes()) and time.monotonic() < until:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        while not removed(self.folder):
            if time.monotonic() > until:
                msg = f"{self.folder} could not be removed, it holds {self.processes()}"
                raise OSError(msg)
            time.sleep(0.02)


def removed(folder: Path) -> bool:
    """A killed process stays a moment after it has gone from the list."""
    try:
        folder.rmdir()
    except OSError:
        return False
    return True


def create(limit: int, *, name: str, root: Path = ROOT) -> MemoryCgroup:
    """A cgroup of so many bytes, no swap; OSError where that is not permitted."""
    spoken = dialect(root)
    if spoken is None:
        msg = f"no memory cgroup under {root}"
        raise OSError(msg)
    if spoken.version == 2:
        enable_memory(spoken.parent)
    made = MemoryCgroup(folder=spoken.parent / name, dialect=spoken)
    made.folder.mkdir()
    try:
        (made.folder / spoken.limit).write_text(str(limit), encoding="ascii")
        forbid_swap(made, limit)
    except OSError:
        made.remove()
        raise
    return made


def enable_memory(parent: Path) -> None:
    """v2 hands a controller down only where the parent says so."""
    control = parent / "cgroup.subtree_control"
    if "memory" not in control.read_text(encoding="ascii").split():
        control.write_text("+memory", encoding="ascii")


def forbid_swap(made: MemoryCgroup, limit: int) -> None:
    """Where the kernel does not count swap per cgroup there is no such file: nothing to forbid."""
    file = made.folder / made.dialect.swap_limit
    if file.exists():
        file.write_text(str(limit if made.dialect.version == 1 else 0), encoding="ascii")


@contextlib.contextmanager
def limited(limit: int | None, *, name: str) -> Iterator[MemoryCgroup | Unlimited]:
    """A cgroup for the block, removed whatever ends it; stands aside where none can be had."""
    if limit is None:
        yield Unlimited()
        return
    made = create(limit, name=name)
    try:
        yield made
    finally:
        made.remove()


def refusal(limit: int, *, root: Path = ROOT) -> str | None:
    """Why no cgroup with this limit can be had here, or None where it can."""
    try:
        create(limit, name=f"ninjapool-try-{os.getpid()}", root=root).remove()
    except OSError as error:
        return str(error)
    return None
