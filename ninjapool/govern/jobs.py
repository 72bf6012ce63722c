"""Which processes are which job, and what each job holds, seen from outside through /proc.

A job is what the innermost build driver started as one command. Nothing is decided here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ninjapool.govern.identify import identify
from ninjapool.govern.procfs import parse_statm
from ninjapool.govern.watched import Process, Watched

if TYPE_CHECKING:
    from ninjapool.govern.procfs import Memory, Processes, Stat

NINJAS = frozenset({b"ninja", b"ninja-build", b"samu", b"n2"})
"""They give each job a process group of its own, but for the console's."""
DRIVERS = NINJAS | {b"make", b"gmake", b"cargo"}
DRIVERS_AT_THE_TOP = DRIVERS | {b"xargs", b"parallel"}
"""Inside a job these are a part of it; as the command that is governed they start the jobs."""
NO_DRIVERS_BELOW = frozenset({b"lto-wrapper"})
"""gcc's LTO link runs make for its parts: they are one link, forecast and kept as one."""

REFRESH = 0.5
"""Seconds between two readings of what changes slowly: times, groups, small processes."""
PART_OF_AGE = 0.15
SHORTEST = 0.01
BRANCHING = 3.0
"""Seconds in which a job starts most of its processes; later ones are found by the next look."""
HEAVY = 16 << 20
"""From here on a process's memory is read at every look, through a descriptor kept open."""
WEIGHT = 4 << 20
"""The end of a process with less is no sign of a kill."""
SHMEM_STEP = 16 << 20
MOST_NESTS = 16
MOST_HANDLES = 400
_LONGEST_EXEC = 2.0
"""Seconds after which a driver's fork that is still like the driver is taken for a job."""


class JobTable:
    """All processes below one build driver, by job."""

    def __init__(
        self,
        root: int,
        processes: Processes,
        *,
        base: str,
        ours: tuple[int, ...],
        root_joins: bool = False,
    ) -> None:
        """`ours`: the governor, to which orphans of the build fall, and its other helpers.

        `root_joins`: the outermost driver, too, draws its slots from the jobserver.
        """
        self._read = processes
        self._root, self._base, self._me, self._ours = root, base, ours[0], frozenset(ours)
        self._joins = root_joins
        self._names: set[str] = set()
        self._known: dict[int, Process] = {}
        self._drivers: dict[int, Process] = {}
        self._unborn: dict[int, float] = {}
        """Forks of drivers, by the time when they were first seen."""
        self._over: set[int] = set()
        """Leaders that have ended and that their driver has not collected yet."""
        self._groups: dict[int, Watched] = {}
        self._handles = 0
        self._last_id = 0
        self._blind = False
        self.jobs: dict[int, Watched] = {}
        """All live jobs by id, also those that only hold a nested driver."""
        self.born: list[Watched] = []
        self.ended: list[Watched] = []
        self.stragglers: list[Process] = []
        """Processes that appeared in a stopped job."""

    # ------------------------------------------------------------ what is asked

    def governed(self) -> list[Watched]:
        """The jobs that count: not those that only hold a nested driver and its jobs."""
        return [job for job in self.jobs.values() if not job.nested]

    def extra_slots_in_use(self) -> int:
        """Tokens that drivers must have drawn for the jobs that we see: each has one job free."""
        per_driver: dict[int, int] = {}
        for job in self.jobs.values():
            if self._joins or job.driver != self._root:
                per_driver[job.driver] = per_driver.get(job.driver, 0) + 1
        return sum(count - 1 for count in per_driver.values())

    def waits_for_births(self) -> bool:
        """Some driver has no job yet: its first may come at any moment."""
        busy = {job.driver for job in self.jobs.values()}
        return any(pid not in busy for pid in self._drivers)

    def nests(self) -> list[Process]:
        """What could start a driver: scripts among the jobs, or around them; no compiler does."""
        around = [] if self._root in self._drivers else [self._known.get(self._root)]
        scripts = [
            job.leader
            for job in self.jobs.values()
            if job.identity.job_class == "other" and job.state == "running" and not job.nested
        ]
        return [process for process in around if process is not None] + scripts[-MOST_NESTS:]

    # ------------------------------------------------------------ looking

    def look_quickly(self, now: float) -> None:
        """Finds new jobs of the known drivers only: a few microseconds a driver."""
        self._look_at_unborn(now)
        for driver in list(self._drivers.values()):
            children = self._read.children(driver.pid) if driver.stat.threads == 1 else None
            if children is None:
                self._blind = True
            for pid in children or ():
                if not self._is_seen(pid):
                    self._names.add(str(pid))
                    self._adopt(pid, {}, now)
        if self._blind:
            self._blind = False
            self.look(now)

    def look_down(self, now: float) -> None:
        """Finds what scripts have started, for it may be a driver; cheaper than to look at all."""
        self._look_below(self.nests(), now)

    def _look_below(self, below: list[Process], now: float) -> None:
        while below:
            for pid in self._read.children(below.pop().pid) or ():
                if not self._is_seen(pid):
                    self._names.add(str(pid))
                    self._adopt(pid, {}, now)
                if pid in self._known and pid not in self._drivers:
                    below.append(self._known[pid])

    def look(self, now: float) -> None:
        """Finds all that began and all that ended since the last look."""
        names = self._read.names()
        gone, new = self._names - names, names - self._names
        self._names = names
        for pid in (int(name) for name in gone if name.isdigit()):
            self._unborn.pop(pid, None)
            self._over.discard(pid)
            if pid in self._known:
                self._forget(self._known[pid], now)
        self._look_at_unborn(now)
        fresh: dict[int, Stat] = {}
        for name in new:
            if name.isdigit() and not self._is_seen(int(name)):
                stat = self._read.stat(int(name))
                if stat is not None:
                    fresh[int(name)] = stat
        while fresh:
            self._adopt(next(iter(fresh)), fresh, now)

    def check_leader(self, job: Watched, now: float) -> None:
        """After word that a job's leader has exited: the job is over unless others work on."""
        stat = self._read.stat(job.leader.pid)
        if stat is None or stat.start != job.leader.stat.start:
            self._forget(job.leader, now)
        elif stat.state in b"ZX":
            self.look(now)
            alive = [pid for pid in job.members if pid != job.leader.pid]
            if not alive and job.id in self.jobs:
                self._over.add(job.leader.pid)
                self._forget(job.leader, now)

    def refresh(self, job: Watched, now: float) -> None:
        """Makes sure that a job's processes are still its own, before any of them is signalled."""
        for process in list(job.members.values()):
            self._restat(process, now)

    # ------------------------------------------------------------ births

    def _is_seen(self, pid: int) -> bool:
        return pid in self._known or pid in self._unborn or pid in self._over

    def _look_at_unborn(self, now: float) -> None:
        for pid in list(self._unborn):
            stat = self._read.stat(pid)
            driver = self._known.get(stat.parent) if stat is not None else None
            if stat is None or driver is None:
                del self._unborn[pid]
            else:
                self._start_job(pid, stat, driver, now)

    def _adopt(self, pid: int, fresh: dict[int, Stat], now: float) -> None:
        """Takes in a new process after its ancestors, which may be in the same listing."""
        line = [pid]
        stat = fresh.get(pid) or self._read.stat(pid)
        while stat is not None and stat.parent not in self._known and stat.parent in fresh:
            line.append(stat.parent)
            stat = fresh[stat.parent]
        for ancestor in reversed(line):
            found = fresh.pop(ancestor, None) or self._read.stat(ancestor)
            if found is not None and ancestor not in self._ours:
                self._place(ancestor, found, now)

    def _place(self, pid: int, stat: Stat, now: float) -> None:
        parent = self._known.get(stat.parent)
        if pid == self._root:
            self._add(pid, stat, None, now)
        elif parent is not None and self._is_driver(parent, now):
            self._start_job(pid, stat, parent, now)
        elif parent is not None:
            self._add(pid, stat, parent.job, now)
        elif stat.parent == self._me:
            # Its parent ended before we saw it. The group tells whose it was.
            self._add(pid, stat, self._groups.get(stat.group), now)

    def _add(self, pid: int, stat: Stat, job: Watched | None, now: float) -> Process:
        process = Process(pid=pid, stat=stat, job=job, fresh=now, looked=now)
        self._known[pid] = process
        self._is_driver(process, now)
        if job is not None:
            job.members[pid] = process
            self._leave_if_daemon(process)
            if process.job is not None and job.state != "running":
                self.stragglers.append(process)
        return process

    def _is_driver(self, process: Process, now: float) -> bool:
        """By its present name: a shell may have become ninja since it was seen."""
        if process.looked < now:
            self._restat(process, now)
        names = DRIVERS_AT_THE_TOP if process.pid == self._root else DRIVERS
        drives = process.stat.name in names and not self._is_part_of_a_link(process)
        if drives:
            self._drivers[process.pid] = process
        else:
            self._drivers.pop(process.pid, None)
        return drives

    def _is_part_of_a_link(self, process: Process) -> bool:
        parent = self._known.get(process.stat.parent)
        return parent is not None and parent.stat.name in NO_DRIVERS_BELOW

    def _start_job(self, pid: int, stat: Stat, driver: Process, now: float) -> None:
        """A driver's new child is its next job, once it has become another program by exec.

        Before that it must not be stopped: the driver waits for it in vfork.
        """
        since = self._unborn.pop(pid, now)
        if stat.state in b"ZX":
            self._over.add(pid)
            return
        command = self._read.command(pid)
        is_fork = stat.name == driver.stat.name and command == self._read.command(driver.pid)
        # In mid-exec it has its new name before it has its arguments.
        if (is_fork or not command) and now - since < _LONGEST_EXEC:
            self._unborn[pid] = since
            return
        self._last_id += 1
        own_group = stat.group == pid
        job = Watched(
            id=self._last_id,
            leader=Process(pid=pid, stat=stat, job=None, fresh=now, looked=now),
            driver=driver.pid,
            identity=identify(command, self._read.folder(pid), self._base),
            own_group=own_group,
            can_stop=own_group or driver.stat.name not in NINJAS,
            born=now,
        )
        job.leader.job = job
        self._take_turns(job.leader)
        job.waited = -job.leader.waited
        job.members[pid] = self._known[pid] = job.leader
        self.jobs[job.id] = job
        if own_group:
            self._groups[pid] = job
        if driver.job is not None:
            driver.job.nested = True
            job.within = driver.job.id
        self._is_driver(job.leader, now)
        self.born.append(job)

    # ------------------------------------------------------------ ends

    def _forget(self, process: Process, now: float) -> None:
        if self._known.get(process.pid) is not process:
            return
        del self._known[process.pid]
        self._drivers.pop(process.pid, None)
        if process.handle is not None:
            self._handles -= 1
            process.drop_handle()
        job = process.job
        if job is None:
            return
        job.members.pop(process.pid, None)
        job.waited += process.waited
        if process.memory > WEIGHT:
            job.loss = (now, process.memory)
        if process is job.leader:
            self._end(job, now)

    def _end(self, job: Watched, now: float) -> None:
        job.ended = now
        self.jobs.pop(job.id, None)
        self._groups.pop(job.leader.pid, None)
        for member in job.members.values():
            member.job = None
        self.ended.append(job)

    # ------------------------------------------------------------ measuring

    def measure(self, now: float) -> int:
        """Reads what the running jobs hold; returns the sum of all jobs in bytes."""
        for job in list(self.jobs.values()):
            if job.state == "running" or now - (job.stopped_at or now) < REFRESH:
                self._measure_job(job, now)
        return self.held()

    def held(self) -> int:
        """Bytes that all jobs held when they were read last."""
        return sum(job.memory for job in self.jobs.values())

    def measure_growing(self, now: float) -> float:
        """Reads the jobs that may have changed by much since; returns when the next is due.

        A job is read again after a part of its age, so that one of any length was last read late
        enough in its life for its peak to be known.
        """
        due = now + REFRESH
        for job in list(self.jobs.values()):
            if job.state == "running":
                age = now - job.born - job.stopped
                wait = min(REFRESH, max(SHORTEST, PART_OF_AGE * age))
                if now - job.measured >= wait:
                    if age < BRANCHING:
                        self._look_below(list(job.members.values()), now)
                    self._measure_job(job, now)
                due = min(due, job.measured + wait)
        return due

    def _measure_job(self, job: Watched, now: float) -> None:
        for process in list(job.members.values()):
            self._measure(process, now)
        job.memory = sum(member.memory for member in job.members.values())
        job.peak = max(job.peak, job.memory)
        job.measured = now

    def _measure(self, process: Process, now: float) -> None:
        seldom = min(REFRESH, PART_OF_AGE * (now - process.fresh))
        if now - process.looked >= seldom:
            self._restat(process, now)
            self._take_turns(process)
        if process.handle is None and now - process.measured < seldom:
            return
        process.measured = now
        found = self._memory(process)
        if found is None:
            process.memory = 0
            return
        if abs(found.shared - process.shared) > SHMEM_STEP:
            process.shared, process.shmem = found.shared, self._read.shmem(process.pid)
        process.memory = found.anonymous + process.shmem
        if process.memory > HEAVY and process.handle is None and self._handles < MOST_HANDLES:
            process.handle = self._read.open(process.pid, "statm")
            self._handles += process.handle is not None

    def _take_turns(self, process: Process) -> None:
        turns = self._read.turns(process.pid)
        if turns is not None:
            process.ran, process.waited = turns

    def _memory(self, process: Process) -> Memory | None:
        if process.handle is None:
            return self._read.memory(process.pid)
        try:
            return parse_statm(os.pread(process.handle, 128, 0))
        except OSError:
            return None

    def _restat(self, process: Process, now: float) -> None:
        stat = self._read.stat(process.pid)
        process.looked = now
        if stat is None:
            return
        if stat.start != process.stat.start:
            # The number was given to somebody else: the next look takes him in, if he is ours.
            self._names.discard(str(process.pid))
            self._forget(process, now)
            return
        process.stat = stat
        self._leave_if_daemon(process)

    def _leave_if_daemon(self, process: Process) -> None:
        """Who has left the session works for others too: not to be stopped, killed or counted."""
        job = process.job
        if job is not None and process.stat.session != job.leader.stat.session:
            process.job = None
            job.members.pop(process.pid, None)

    def close(self) -> None:
        for process in self._known.values():
            process.drop_handle()
