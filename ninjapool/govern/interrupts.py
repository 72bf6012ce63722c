"""What the user's signals do to a build: Ctrl-C, Ctrl-Z, a friendly kill, a hang-up.

Ninja ends its jobs and waits for them, so those that are stopped must be continued, or it waits for
ever. It must not be sent the same signal twice: the second would meet it unprepared. And it must
have it before we touch a job: a ninja that sees a job end by a signal stops, deaf to its own by
then, and waits for the other jobs without ending them.
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from ninjapool.govern.watched import send

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ninjapool.govern.hands import Hands
    from ninjapool.govern.jobs import JobTable
    from ninjapool.govern.kernel import Received, SignalReader
    from ninjapool.govern.procfs import Processes
    from ninjapool.govern.watched import Process, Watched

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
HANDLED = (*ENDING, signal.SIGTSTP, signal.SIGCHLD)
REPEAT = 0.05
REPEATS = 20
NEWBORN = 1.0
"""A job that a signal meets between its shell's vfork and exec loses it: the shell's handler is
given it, not the program. So jobs that have hardly begun get it again, and then SIGKILL."""
FORWARD_AFTER = 0.1
FORWARD_TO_IDLE = 2.0
"""Whoever ends a whole group (a CI runner, a shell) has sent the driver its own by then, and it has
passed it on: running jobs end without our doing, those that stand still have it waiting for them.
A driver without jobs is about to end itself.
The longer also for what the terminal sent to all: it may have come before there was a driver."""


class Interrupts:
    """The signals of one round."""

    def __init__(
        self,
        driver: int,
        table: JobTable,
        hands: Hands,
        signals: SignalReader,
        processes: Processes,
    ) -> None:
        self._driver, self._table, self._hands = driver, table, hands
        self._signals, self._processes = signals, processes
        self._forward: int | None = None
        self._forward_after = FORWARD_AFTER
        self._untouched: set[Watched] = set()
        self._busy = 0.0
        """When the driver last had a job."""
        self._hardly_begun: set[Watched] = set()
        self._since, self._repeats, self._repeat_at = 0.0, 0, 0.0
        self.received: int | None = None
        """The signal by which the user wants the build to end."""

    def handle(self, received: Received, now: float) -> None:
        if received.number == signal.SIGTSTP:
            self._suspend(now, from_terminal=received.from_terminal)
        elif received.number in ENDING:
            self._end(received, now)

    def follow_up(self, now: float) -> None:
        """Hands a signal on to the driver that was for us alone, or came before the driver did."""
        if self._table.jobs:
            self._busy = now
        if self._forward is not None and now >= self._forward_at(self._forward):
            self._tell(self._table.around(), self._forward)
            self._forward = None
        if self.received is not None and now >= self._repeat_at:
            self._repeat(self.received, now)

    def _forward_at(self, number: int) -> float:
        lives_on = any(not self._has_met(job, number) for job in self._untouched)
        return self._since + self._forward_after if lives_on else self._busy + FORWARD_TO_IDLE

    def _has_met(self, job: Watched, number: int) -> bool:
        """The driver has passed it on to this job."""
        if job.ended is not None:
            return True
        return job.stopped_at is not None and self._processes.is_pending(job.leader.pid, number)

    def _tell(self, processes: Iterable[Process], number: int) -> None:
        for process in processes:
            send(process.pid, number)

    def _repeat(self, number: int, now: float) -> None:
        jobs = list(self._table.jobs.values())
        again = [job for job in jobs if self._may_miss_it(job)]
        self._repeats, self._repeat_at = self._repeats + 1, now + REPEAT
        if self._repeats > REPEATS:
            self._hands.end_all(again, now)
            return
        for job in again:
            self._hands.interrupt(job, number, now)

    def _may_miss_it(self, job: Watched) -> bool:
        still = job.stopped_at is not None
        return still or job in self._hardly_begun or job.born >= self._since

    def _end(self, received: Received, now: float) -> None:
        again, self.received = self.received is not None, received.number
        jobs = list(self._table.jobs.values())
        if not received.from_terminal:
            # At once, or they go on with their next command.
            self._tell(self._table.scripts(), received.number)
        if again:
            # Asked twice: what does not end by itself is ended.
            self._hands.end_all(jobs, now)
        else:
            self._begin_to_end(received, jobs, now)
        self._forward = received.number

    def _begin_to_end(self, received: Received, jobs: list[Watched], now: float) -> None:
        self._since = self._busy = now
        self._hardly_begun = {job for job in jobs if job.progress(now) < NEWBORN}
        running = {job for job in jobs if job.stopped_at is None}
        if received.from_terminal:
            self._forward_after, self._untouched = FORWARD_TO_IDLE, running - self._hardly_begun
            self._repeats, self._repeat_at = 0, now + REPEAT
        else:
            self._forward_after, self._untouched = FORWARD_AFTER, set(jobs)
            self._repeats, self._repeat_at = 0, now + FORWARD_AFTER + REPEAT

    def _suspend(self, now: float, *, from_terminal: bool) -> None:
        """The jobs stand still with us: nobody looks after the memory meanwhile."""
        running = [job for job in self._table.jobs.values() if job.state == "running"]
        stopped = [job for job in running if self._hands.pause(job, now)]
        if not from_terminal:
            send(self._driver, signal.SIGTSTP)
        self._signals.stop_self()
        send(self._driver, signal.SIGCONT)
        for job in stopped:
            self._hands.go_on(job, time.monotonic())
