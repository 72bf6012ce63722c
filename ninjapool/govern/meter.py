"""What each job holds and how far it is, read from /proc no more often than it can change by much.

A job's memory is the anonymous and shared memory of its processes, without file pages; memory that
several of them share counts for each. Does not know which processes are whose: the table does.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ninjapool.govern.procfs import parse_statm

if TYPE_CHECKING:
    from ninjapool.govern.jobs import JobTable
    from ninjapool.govern.procfs import Memory, Processes
    from ninjapool.govern.watched import Process, Watched

REFRESH = 1.0
"""Seconds between two readings of a job's memory at most."""
SELDOM = 2.0
"""The same of what changes slowly: times, names, groups."""
OFTEN = 0.02
"""The same of what has just begun."""
SETTLED = 0.1
"""Seconds after which a stopped job has given up no more of what it was about to."""
PART_OF_AGE = 0.15
"""A job is read again after this part of its age, so that one of any length was last read late
enough in its life for its peak to be known."""
ROOMY_REFRESH, ROOMY_PART = 2.0, 0.25
"""Both where all that run could take much more than is expected."""
ASLEEP_PART = 0.5
"""The same for a process that has not run since: a shell or a compiler's driver that waits; and
for what a process is, which its times and its memory do not tell."""
FRESH_PART, FRESH = 0.05, 1.0
"""A figure that is younger than this part of its job's age is as good as a new one; but none that
is older than so many seconds."""
LOOKS = 2
"""So many looks a figure may serve, if the decider asks for no other sooner."""
SOONEST = 0.03
UNSEEN, UNSEEN_PART = 8 << 20, 8
"""Bytes that may be gone from what is free though no job was seen to take them, and the part of
what is free: with more, figures of the look before may be off by all that there is."""
TOGETHER = 0.7
"""Who will be due after so much of his time is read with those who are: it saves a wake-up."""
SHORTEST = 0.01
BRANCHING = 1.0
"""Seconds in which a job starts most of its processes; later ones are found by the next look."""
HEAVY = 16 << 20
"""From here on a process's memory is read at every look, through a descriptor kept open."""
SHMEM_STEP = 16 << 20
LONG_AGO = float("-inf")
STILL_TO_STOP = b"R"
"""State of a process that has been sent a stop, and waits for a CPU to notice it."""


class Meter:
    """Reads the jobs of one table."""

    def __init__(self, table: JobTable, processes: Processes, *, most_open: int = 400) -> None:
        """`most_open`: descriptors that it may keep."""
        self._table, self._read, self._most_open = table, processes, most_open
        self._open: list[Process] = []
        self.roomy = False
        """All that run could take much more than is expected: they are read more seldom."""
        self._there_was = 0
        """At the last look: what was free, and what the jobs held."""

    def begin(self, job: Watched) -> None:
        """What its leader waited before it was a job is not the job's."""
        self._take_turns(job.leader, job.born)
        job.waited = -job.leader.waited

    def measure(self, now: float, within: float = 0.0, *, stopped: bool = False) -> int:
        """Reads the jobs whose figures may have aged; returns what all jobs hold, in bytes.

        `within`: seconds between two looks, as the decider wants them. `stopped`: also those that
        cannot have changed by themselves, for the kernel may have killed one of them.
        """
        for job in list(self._table.jobs.values()):
            if job.hidden is not None or (job.at_rest and not stopped):
                continue
            if _has_settled(job, now) and not job.at_rest:
                self._take_stock(job, now)
            elif now - job.measured >= self._serves(job, now, within):
                self._measure_job(job, now)
        return self.held()

    def _serves(self, job: Watched, now: float, within: float) -> float:
        """Seconds for which a job's figures are good enough to decide on."""
        if self.roomy:
            return self._apart(job, now)
        return min(FRESH_PART * _age(job, now), max(SOONEST, LOOKS * within), FRESH)

    def _apart(self, job: Watched, now: float) -> float:
        """Seconds between two readings of a job of which nobody asks in the meantime."""
        most, part = (ROOMY_REFRESH, ROOMY_PART) if self.roomy else (REFRESH, PART_OF_AGE)
        return min(most, max(SHORTEST, part * _age(job, now)))

    def agreed(self, headroom: int | None, now: float) -> int:
        """What all hold, read again where more is gone than they were seen to take."""
        if headroom is None:
            return self.held()
        if self._there_was - headroom - self.held() > max(UNSEEN, headroom // UNSEEN_PART):
            for job in list(self._table.jobs.values()):
                if job.state == "running":
                    self._weigh_heavy(job, now)
        self._there_was = headroom + self.held()
        return self.held()

    def _weigh_heavy(self, job: Watched, now: float) -> None:
        """What is read in no time of a job whose other figures are good for a while."""
        for process in list(job.members.values()):
            if process.handle is not None:
                self._weigh(process, now)
        job.memory = sum(member.memory for member in job.members.values())
        job.peak = max(job.peak, job.memory)

    def _take_stock(self, job: Watched, now: float) -> None:
        """Of one that stands still, once and in full: it is judged by that until it goes on.

        What it waited for a CPU is read seldom: with two CPUs for sixteen jobs, some were thought
        twice as far as they were, and as many as ten went on together as almost done.
        """
        for process in list(job.members.values()):
            self._table.restat(process, now)
            process.timed = process.measured = LONG_AGO
        self._measure_job(job, now)
        job.at_rest = all(one.stat.state != STILL_TO_STOP for one in job.members.values())
        job.shown = None

    def held(self) -> int:
        """Bytes that all jobs held when they were read last."""
        return sum(job.memory for job in self._table.jobs.values())

    def measure_growing(self, now: float) -> float:
        """Reads the running jobs that are due; returns when the next one is."""
        due = now + ROOMY_REFRESH
        for job in list(self._table.jobs.values()):
            if job.state == "running":
                wait = self._apart(job, now)
                if now - job.measured >= TOGETHER * wait:
                    if _age(job, now) < BRANCHING:
                        self._table.look_into(job, now, asleep=False)
                    self._measure_job(job, now)
                due = min(due, job.measured + wait)
        return due

    def _measure_job(self, job: Watched, now: float) -> None:
        for process in list(job.members.values()):
            self._measure(process, now)
        job.memory = sum(member.memory for member in job.members.values())
        job.peak = max(job.peak, job.memory)
        job.used = max(job.used, job.cpu_seconds())
        job.measured = now
        if job.state == "running":
            job.trail.add(job.progress(now), job.memory)

    def _measure(self, process: Process, now: float) -> None:
        """What is due of it: its times first, for who has not run has changed in nothing."""
        # A client that waits for its host may become the compiler itself, if the host fails.
        is_client = process.job is not None and process.job.sent is not None
        age = now - process.fresh
        rarely = max(OFTEN, ASLEEP_PART * age)
        soon = rarely if process.asleep and not is_client else max(OFTEN, PART_OF_AGE * age)
        if now - process.timed >= min(SELDOM, soon):
            self._take_turns(process, now)
        if now - process.looked >= min(SELDOM, soon if is_client else rarely):
            self._table.restat(process, now)
        if process.handle is not None or now - process.measured >= min(REFRESH, soon):
            self._weigh(process, now)

    def _weigh(self, process: Process, now: float) -> None:
        process.measured = now
        found = self._memory(process)
        if found is None or not found.anonymous + found.shared:
            self._lost(process, now)
            return
        if abs(found.shared - process.shared) > SHMEM_STEP:
            process.shared, process.shmem = found.shared, self._read.shmem(process.pid)
        process.memory = found.anonymous + process.shmem
        if process.memory > HEAVY and process.handle is None:
            self._keep_open(process)

    def _lost(self, process: Process, now: float) -> None:
        """It ended, though its parent has not collected it yet."""
        if process.job is not None:
            process.job.lose(process.memory, now)
        process.memory = 0

    def _take_turns(self, process: Process, now: float) -> None:
        turns, since, process.timed = self._read.turns(process.pid), process.known_until, now
        if turns is None:
            return
        process.asleep = turns.ran == process.ran
        if now > since:
            process.queued = min(1.0, max(0.0, (turns.waited - process.waited) / (now - since)))
        process.ran, process.waited = turns
        if not process.asleep:
            process.woke = now
        elif process.stat.threads == 1 and process.looked >= process.woke:
            process.looked = now  # of several threads only the first is told
            process.measured = now if process.measured >= process.woke else process.measured

    def _memory(self, process: Process) -> Memory | None:
        if process.handle is None:
            return self._read.memory(process.pid)
        try:
            return parse_statm(os.pread(process.handle, 128, 0))
        except OSError:
            return None

    def _keep_open(self, process: Process) -> None:
        if len(self._open) >= self._most_open:
            self._open = [one for one in self._open if one.handle is not None]
        if len(self._open) < self._most_open:
            process.handle = self._read.open(process.pid, "statm")
            self._open.append(process)

    def close(self) -> None:
        for process in self._open:
            process.drop_handle()


def _age(job: Watched, now: float) -> float:
    """Seconds since its birth for which it was not stopped."""
    return now - job.born - job.stopped


def _has_settled(job: Watched, now: float) -> bool:
    """It was stopped, and has had the time to give up what it was about to."""
    return job.stopped_at is not None and now - job.stopped_at >= SETTLED
