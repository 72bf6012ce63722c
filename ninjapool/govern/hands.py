"""Does to jobs what was decided: stops, continues and ends them, and lets no process slip through.

Decides nothing. Before each signal the processes are looked at again: a number may have been given
to somebody else.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from ninjapool.govern.remains import remove_half_written
from ninjapool.govern.watched import send

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ninjapool.govern.jobs import JobTable
    from ninjapool.govern.watched import Process, Watched

KILL_PATIENCE = 0.3
"""Seconds from a friendly kill to one that is not."""


class Hands:
    """Signals to the jobs of one table."""

    def __init__(self, table: JobTable) -> None:
        self._table = table
        self._dying: dict[int, float] = {}
        """Jobs that were asked to end, by id, and when they are made to."""

    @property
    def wait_for_the_dying(self) -> bool:
        return bool(self._dying)

    def hold(self, job: Watched, now: float) -> None:
        """Stops a newborn job, whose processes have been looked at this very moment."""
        if not (job.can_stop and job.stop(now, "held")):
            job.begun = now

    def pause(self, job: Watched, now: float) -> bool:
        self._table.refresh(job, now)
        stopped = job.stop(now, "paused")
        if stopped:
            self.tie_up(job, now)
        return stopped

    def tie_up(self, job: Watched, now: float) -> None:
        """Stops also what a job has started since it was looked at, until there is no more."""
        while job.is_loose():
            self._table.look_into(job, now)
            if not self.stop_stragglers():
                return

    def stop_stragglers(self) -> bool:
        """Processes that were on their way when their job was stopped; whether there were any.

        One whose job has been continued since it was found is none: it would stand still for ever.
        """
        found = list(self._table.stragglers)
        self._table.stragglers.clear()
        stragglers = [one for one in found if one.job and one.job.stopped_at is not None]
        for process in stragglers:
            if process.job is not None:
                process.job.stop_straggler(process)
        return bool(stragglers)

    def wake_strays(self) -> None:
        """Continues who is no job's any more, for he would not be continued with the job.

        A group's stop may meet a process in the middle of its setsid(), or a fork in progress whose
        parent ends before the child is seen: it stood still for ever, and held its job's output.
        """
        for process in self._table.strays:
            send(process.pid, signal.SIGCONT)
        self._table.strays.clear()

    def go_on(self, job: Watched, now: float) -> None:
        self._table.refresh(job, now)
        job.go_on(now)

    def wake_the_forgotten(self, jobs: Sequence[Watched], now: float) -> None:
        """Continues again a job that should run and of which a process stands still.

        A process that is forking when its group is stopped and continued in one go bears a child
        that knows of the stop only: Linux hands a group's SIGSTOP on to a fork in progress, but
        not a SIGCONT, which it drops as ignored (kernel/signal.c, `multiprocess`).
        """
        for job in jobs:
            if job.stopped_at is not None:
                continue
            still = [m for m in job.members.values() if m.stat.state == b"T"]
            if still:
                self.go_on(job, now)
                for member in still:
                    member.looked = 0.0

    def interrupt(self, job: Watched, number: int, now: float) -> None:
        self._table.refresh(job, now)
        job.interrupt(number, now)

    def kill(self, job: Watched, why: str, now: float) -> None:
        """Asks it to end, so that it can clear up; who does not is made to."""
        self._table.refresh(job, now)
        job.killed = why
        # One that may have ended well just now is none of ours to clear up after.
        stands_still = len(job.members) == 1 and job.leader.stat.state in b"T"
        job.kill(now)
        if stands_still:
            remove_half_written(job)
        self._dying[job.id] = now + KILL_PATIENCE

    def let_go(self, job: Watched, now: float) -> None:
        """Continues a job of which the main part was killed, so that it ends and says so."""
        self.go_on(job, now)
        self._dying[job.id] = now + KILL_PATIENCE

    def kill_the_stubborn(self, now: float) -> None:
        for job_id, moment in list(self._dying.items()):
            job = self._table.jobs.get(job_id)
            if job is None:
                del self._dying[job_id]
            elif now >= moment:
                self.end_all([job], now)

    def end_all(self, jobs: Iterable[Watched], now: float) -> None:
        """Kills what is left of these jobs."""
        for job in jobs:
            self._table.look_into(job, now)
            self._table.refresh(job, now)
            job.kill_all()

    def end_others(self, processes: Iterable[Process]) -> None:
        """Kills what belongs to the build and to no job."""
        for process in processes:
            send(process.pid, signal.SIGKILL)
