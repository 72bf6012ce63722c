"""Where the compiles of jobs are done: in the job, elsewhere, or by a server of this machine.

Tells it by the processes that come with a job, or work for it. Finds no processes itself, and
decides nothing.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from ninjapool.govern.away import compiles_here, may_compile
from ninjapool.govern.identify import shell_text
from ninjapool.govern.servers import asks_a_server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ninjapool.govern.away import Away
    from ninjapool.govern.procfs import Processes
    from ninjapool.govern.watched import Process, Watched

COMPILES = ("compile", "flang")


class Whereabouts:
    """Of all jobs of one table."""

    def __init__(self, read: Processes, away: Away) -> None:
        self._read, self._away = read, away
        self.came_home: list[Watched] = []
        """Jobs that were sent away, and are compiled here after all."""

    def begin(self, job: Watched, command: Sequence[str], now: float) -> None:
        """What its command says."""
        text, here = shell_text(command), job.identity.job_class
        if here not in COMPILES:
            return
        job.served = asks_a_server(text)
        if self._away.sends(text):
            job.sent = here
            job.asked = not (job.served or self._away.is_behind_cache(text))
            if self._away.is_trusted(now):
                job.identity = replace(job.identity, job_class="remote")

    def look(self, process: Process, now: float) -> None:
        """Whether this is the compiler of a job that was sent away, or what sends it."""
        job = process.job
        if job is None or job.sent is None or job.home:
            return
        name = os.fsdecode(process.stat.name)
        job.asked = job.asked or (self._away.is_launcher(name) and not job.served)
        if may_compile(name) and compiles_here(self._read.command(process.pid)):
            job.come_home(now)
            self._away.ended(now, went=False)
            self.came_home.append(job)

    def end(self, job: Watched, now: float) -> None:
        if job.sent is None or job.home:
            return
        # As it began it was what was likely; what it took teaches of what it was.
        job.identity = replace(job.identity, job_class="remote")
        if job.went:
            self._away.ended(now, went=True)
