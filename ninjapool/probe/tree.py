"""The files of a machine below a root: the live machine's `/`, or a recorded one's folder.

Nothing outside of a recorded root is ever read, whatever its files and links say. What is missing
is None; what is there and cannot be read is None with a note. Knows nothing of what it reads.
"""

from __future__ import annotations

import stat
from pathlib import Path

from ninjapool.probe.text import printable

# Tables of the kernel are small; more is somebody's mistake and must not fill the memory.
_LONGEST = 16 * 1024 * 1024
_PIECE = 64 * 1024


class Tree:
    """One look at a machine: reads files by their full names, collects notes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._home = root.resolve()
        self.live = self._home == Path("/").resolve()
        self._notes: dict[str, None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self._notes)

    def note(self, sentence: str) -> None:
        """Keep the sentence for the user, once."""
        self._notes[sentence] = None

    def path(self, name: str) -> Path | None:
        """Where the machine's file `name` is on this machine; None where that leaves the root."""
        parts = [part for part in name.split("/") if part]
        if ".." in parts or "\0" in name:
            return None
        path = self.root.joinpath(*parts)
        if self.live:
            return path
        try:
            inside = path.resolve().is_relative_to(self._home)
        except (OSError, RuntimeError):  # a loop of links
            return None
        return path if inside else None

    def text(self, name: str) -> str | None:
        """The file's text (undecodable bytes kept as surrogates, so that names lead back)."""
        path = self.path(name)
        if path is None:
            return None
        try:
            return _read(path).decode("utf-8", "surrogateescape")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            self.note(f"{printable(name)} cannot be read: {error.strerror}.")
            return None

    def is_dir(self, name: str) -> bool:
        path = self.path(name)
        try:
            return path is not None and path.is_dir()
        except OSError:
            return False

    def exists(self, name: str) -> bool:
        path = self.path(name)
        try:
            return path is not None and path.exists()
        except OSError:
            return False

    def names(self, folder: str) -> tuple[str, ...]:
        """What the folder holds, sorted; nothing where it is missing or closed to us."""
        path = self.path(folder)
        try:
            return () if path is None else tuple(sorted(entry.name for entry in path.iterdir()))
        except OSError:
            return ()


def _read(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):  # a pipe in its place would block for ever
        raise OSError(0, "not a regular file")
    data = bytearray()
    with path.open("rb", buffering=0) as stream:
        # Not all at once: for a file of /proc/sys the kernel takes as much memory as is asked for.
        while len(data) < _LONGEST and (piece := stream.read(_PIECE)):
            data += piece
    return bytes(data)
