"""What the user's signals do to a build: Ctrl-C, Ctrl-Z, a friendly kill, a hang-up.

Ninja ends its jobs and waits for them, so those that are stopped must be continued, or it waits for
ever. It must not be sent the same signal twice: the second would meet it unprepared.
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
passed it on: running jobs end without our doing. A driver without jobs is about to end itself.
The longer also for what the terminal sent to all: it may have come before there was a driver."""


class Interrupts:
    """The signals of one round."""

    def __init__(self, driver: int, table: JobTable, hands: Hands, signals: SignalReader) -> None:
        self._driver, self._table, self._hands = driver, table, hands
        self._signals = signals
        self._forward: int | None = None
        self._forward_after = FORWARD_AFTER
        self._untouched: list[Watched] = []
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
        lives_on = any(job.ended is None for job in self._untouched)
        due = self._since + self._forward_after if lives_on else self._busy + FORWARD_TO_IDLE
        if self._forward is not None and now >= due:
            self._tell(self._table.around(), self._forward)
            self._forward = None
        if self.received is not None and now >= self._repeat_at:
            self._repeat(self.received, now)

    def _tell(self, processes: Iterable[Process], number: int) -> None:
        for process in processes:
            send(process.pid, number)

    def _repeat(self, number: int, now: float) -> None:
        jobs = list(self._table.jobs.values())
        again = [job for job in jobs if job in self._hardly_begun or job.born >= self._since]
        self._repeats, self._repeat_at = self._repeats + 1, now + REPEAT
        if self._repeats > REPEATS:
            self._hands.end_all(again, now)
            return
        for job in again:
            self._hands.interrupt(job, number, now)

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
            self._hardly_begun = {job for job in jobs if job.progress(now) < NEWBORN}
            self._since, self._repeats, self._repeat_at = now, 0, now + REPEAT
            self._busy = now
            self._untouched = [job for job in jobs if job not in self._hardly_begun]
        for job in jobs:
            if job.stopped_at is not None:
                self._hands.interrupt(job, received.number, now)
        self._forward = received.number
        self._forward_after = FORWARD_TO_IDLE if received.from_terminal else FORWARD_AFTER

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
