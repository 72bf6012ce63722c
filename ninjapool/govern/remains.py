"""Half an output must not be taken for a whole one.

Ninja deletes nothing of a command that failed. It runs it again since it did not write it down, but
where the log has an entry from an earlier build (the user had removed the output), what is there
now is newer than all inputs, and so it would pass for finished: GNU ld, killed by any signal,
leaves such a half program. gcc's driver removes a half object; clang, lld, mold and ar write to a
temporary file first.

Knows only the one output that a job's command names.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ninjapool.govern.watched import Watched

COARSE = 0.05
"""Seconds by which a file's time may lag behind the clock: the kernel takes that of its tick."""


def remove_half_written(job: Watched, now: float) -> None:
    """Removes what a job that was just killed has written since its birth, and nothing older."""
    path = job.identity.output
    if path is None:
        return
    born = time.time() - (now - job.born)
    with contextlib.suppress(OSError):
        found = os.lstat(path)
        if stat.S_ISREG(found.st_mode) and found.st_mtime >= born - COARSE:
            os.unlink(path)  # noqa: PTH108 - paths are plain text here
