"""Descriptors that tell at once when the leader of a job has ended (pidfd).

Where the kernel or the limit on descriptors has none for a job, its end is looked for instead.
"""

from __future__ import annotations

import errno
import os
import select
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ninjapool.govern.watched import Watched


FINEST = 0.001
"""Seconds: an epoll waits for whole milliseconds, and rounds up."""


class Ends:
    """The leaders that are watched, in the same poll with another descriptor."""

    def __init__(self, other: int, *, most_open: int) -> None:
        """`other`: readable when there are signals. `most_open`: descriptors that may be kept."""
        self._most_open = most_open
        self._poll = select.epoll()
        self._poll.register(other, select.EPOLLIN)
        self._other = other
        self._alone = select.epoll()
        """The other descriptor without the leaders."""
        self._alone.register(other, select.EPOLLIN)
        self._jobs: dict[int, Watched] = {}
        self._handles: dict[int, int] = {}
        """By job."""
        self._unseen: set[int] = set()

    def wait(self, seconds: float, together: float = 0.0) -> tuple[list[Watched], bool]:
        """The jobs whose leaders have ended, and whether there are signals; neither, in time.

        `together`: seconds for which only signals wake us; what ends meanwhile is told then.
        """
        together = min(together, seconds)
        woken = together > 0 and bool(self._alone.poll(together))
        left = 0.0 if woken else seconds - together
        if left < FINEST:
            time.sleep(left)
        ready = [handle for handle, _ in self._poll.poll(left if left >= FINEST else 0)]
        exited = [self._jobs[handle] for handle in ready if handle in self._jobs]
        return exited, self._other in ready

    def watch(self, job: Watched) -> None:
        try:
            handle = self._open(job.leader.pid)
        except OSError:  # it has ended, or the kernel is older than 5.3
            self._unseen.add(job.id)
            return
        self._jobs[handle], self._handles[job.id] = job, handle
        self._poll.register(handle, select.EPOLLIN)

    def _open(self, pid: int) -> int:
        if len(self._handles) >= self._most_open or not hasattr(os, "pidfd_open"):
            raise OSError(errno.EMFILE, "no descriptor for it")
        return os.pidfd_open(pid)

    @property
    def any_unseen(self) -> bool:
        """Some job may end without our being told."""
        return bool(self._unseen)

    def unwatch(self, job: Watched) -> None:
        self._unseen.discard(job.id)
        handle = self._handles.pop(job.id, None)
        if handle is not None:
            del self._jobs[handle]
            self._poll.unregister(handle)
            os.close(handle)

    def close(self) -> None:
        for handle in self._jobs:
            os.close(handle)
        self._poll.close()
        self._alone.close()
