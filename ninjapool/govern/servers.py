"""Compile servers of this machine: what they run for a job is the job's, though not below it.

An sccache client only asks, and waits; its server, a daemon, starts the preprocessor and the
compiler, in the client's folder and with the client's words. By these the job is found.

Does not know whether the server has a slot for a job.
"""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ninjapool.govern.procfs import Processes, Stat
    from ninjapool.govern.watched import Watched

NAMES = frozenset({b"sccache"})
"""Of clients and servers alike."""
DEPENDENCIES = ".d"
"""CMake names the list of an object's headers after the object; a preprocessor has only that."""


def asks_a_server(text: str) -> bool:
    """Whether a compile's command begins with such a client."""
    return any(os.fsencode(posixpath.basename(word)) in NAMES for word in text.split(None, 8)[:8])


class Servers:
    """Those that work for jobs of one table."""

    def __init__(self, read: Processes, me: int) -> None:
        self._read, self._me = read, me
        self.present = False
        """Without one the first client starts it and waits ten seconds: it must not be stopped."""
        self._sessions: set[int] = set()
        self._unborn: set[int] = set()
        """Their forks that are no compilers yet."""

    def meet(self, stat: Stat) -> None:
        """A process that nobody knows yet: a server has a session of its own, a client ours."""
        if stat.name in NAMES and not self.present:
            mine = self._read.stat(self._me)
            self.present = mine is None or stat.session != mine.session

    def lends(self, stat: Stat) -> bool:
        """Whether a process of another session is there for a job; the server itself is not."""
        return stat.session in self._sessions and stat.name not in NAMES

    def is_unborn(self, pid: int) -> bool:
        return pid in self._unborn

    def to_look_at_again(self, names: set[str]) -> set[str]:
        """Of all that live: who may have become a compiler."""
        again = names & {str(pid) for pid in self._unborn}
        self._unborn = set(map(int, again))
        return again

    def whose(self, pid: int, stat: Stat, jobs: Iterable[Watched]) -> Watched | None:
        """The job for which a process works whose parent is in no job."""
        self._unborn.discard(pid)
        waiting = [job for job in jobs if job.served]
        server = self._read.stat(stat.parent) if waiting else None
        if server is None or server.name not in NAMES:
            return None
        words = self._read.command(pid)
        # A fork is called as the server's thread was; in mid-exec it has no arguments.
        if not words or words == self._read.command(stat.parent):
            self._unborn.add(pid)
            return None
        found = whose(words, self._read.folder(pid) or "/", waiting)
        if found is not None:
            self._sessions.add(stat.session)
            found.lent = True
        return found


def whose(words: Sequence[str], folder: str, jobs: Sequence[Watched]) -> Watched | None:
    """The job that writes what these words name; else one that reads it."""
    paths = {posixpath.normpath(posixpath.join(folder, word)) for word in words}
    for job in jobs:
        output = job.identity.output
        if output and (output in paths or output + DEPENDENCIES in paths):
            return job
    return next((job for job in jobs if job.identity.source in paths), None)
