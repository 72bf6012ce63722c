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
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ninjapool.govern.watched import Watched


class Written(NamedTuple):
    """What tells whether a file was written since: no clock does, for files have one of theirs."""

    inode: int
    nanoseconds: int
    size: int


def last_written(path: str | None) -> Written | None:
    """Of a plain file; None where there is none."""
    with contextlib.suppress(OSError):
        found = os.lstat(path) if path is not None else None
        if found is not None and stat.S_ISREG(found.st_mode):
            return Written(found.st_ino, found.st_mtime_ns, found.st_size)
    return None


def has_written(job: Watched) -> bool | None:
    """Whether what a job writes was written since its birth; None where it names nothing.

    Its driver alone knows whether it failed, but a compiler that failed has written nothing.
    """
    path = job.identity.output
    return None if path is None else last_written(path) not in (None, job.output_before)


def remove_half_written(job: Watched) -> None:
    """Removes what a job that was just killed has written since its birth, and nothing older."""
    path = job.identity.output
    if path is not None and has_written(job):
        with contextlib.suppress(OSError):
            os.unlink(path)  # noqa: PTH108 - paths are plain text here
