"""A small kernel file that is read again and again: its descriptor is kept open.

Knows nothing of what the file says.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST = 64 * 1024


class KeptFile:
    """Reads from the start each time; a file that vanished is None, and is looked for anew."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._descriptor: int | None = None

    def text(self) -> str | None:
        if self._path is None:
            return None
        try:
            if self._descriptor is None:
                self._descriptor = os.open(self._path, os.O_RDONLY)
            # The kernel writes such a file anew for a read at its start, all of it in one go.
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            return os.read(self._descriptor, _LONGEST).decode("ascii", "replace")
        except OSError:  # a cgroup that was removed: ENODEV
            self.close()
            return None

    def close(self) -> None:
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None
