"""Which processes are which job, seen from outside through /proc: births, ends, who drives whom.

A job is what the innermost build driver started as one command. Nothing is decided here, and what
a job holds is read elsewhere.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ninjapool.govern.away import Away
from ninjapool.govern.identify import identify
from ninjapool.govern.programs import DRIVERS, DRIVERS_AT_THE_TOP, NINJAS, NO_DRIVERS_BELOW
from ninjapool.govern.remains import last_written
from ninjapool.govern.servers import Servers
from ninjapool.govern.sources import size_of
from ninjapool.govern.watched import Process, Watched
from ninjapool.govern.whereabouts import Whereabouts

if TYPE_CHECKING:
    from collections.abc import Callable

    from ninjapool.govern.procfs import Processes, Stat

MOST_NESTS = 16
LONGEST_EXEC = 2.0
"""Seconds after which a driver's fork that is still like the driver is taken for a job."""


class JobTable:
    """All processes below one build driver, by job."""

    def __init__(  # noqa: PLR0913 - whose jobs, and how they are told from others
        self,
        root: int,
        processes: Processes,
        *,
        base: str,
        ours: tuple[int, ...],
        width: int | None = None,
        root_joins: bool = False,
        after: int = 0,
        away: Away | None = None,
    ) -> None:
        """`ours`: the governor, to which orphans of the build fall, and its other helpers.

        `width`: the outermost driver never has more jobs than that, if it is one.
        `root_joins`: the outermost driver, too, draws its slots from the jobserver.
        `after`: the last number of the round before, for the governor outlives rounds.
        `away`: tells which compiles are done elsewhere; none without it.
        """
        self._read = processes
        self._root, self._base, self._me, self._ours = root, base, ours[0], frozenset(ours)
        self._width, self._joins = width, root_joins
        self._whereabouts = Whereabouts(processes, away or Away())
        self._servers = Servers(processes, self._me)
        self._names: set[str] = set()
        self._known: dict[int, Process] = {}
        self._drivers: dict[int, Process] = {}
        self._unborn: dict[int, float] = {}
        """Forks of drivers, by the time when they were first seen."""
        self._over: set[int] = set()
        """Leaders that have ended and that their driver has not collected yet."""
        self._groups: dict[int, Watched] = {}
        self.last_id = after
        self._blind = False
        self.jobs: dict[int, Watched] = {}
        """All live jobs by id, also those that only hold a nested driver."""
        self.at_birth: Callable[[Watched], None] = lambda _: None
        """Called with each job the moment it is seen, for to stop it cannot wait."""
        self.born: list[Watched] = []
        self.ended: list[Watched] = []
        self.came_home = self._whereabouts.came_home
        self.stragglers: list[Process] = []
        """Processes that appeared in a stopped job."""
        self.strays: list[Process] = []
        """No job's any more, but a stop that was meant for one may have met them on their way."""

    # ------------------------------------------------------------ what is asked

    def governed(self) -> list[Watched]:
        """The jobs that count: not those that only hold a nested driver, or hide our kill."""
        return [job for job in self.jobs.values() if not job.nested and job.hidden is None]

    def extra_slots_in_use(self) -> int:
        """Tokens that drivers must have drawn for the jobs that we see: each has one job free."""
        counts = (
            count
            for driver, count in self._jobs_of_drivers().items()
            if self._joins or driver != self._root
        )
        return sum(count - 1 for count in counts)

    def waits_for_births(self) -> bool:
        """Some driver has no job yet: its first may come at any moment."""
        return bool(self._unborn) or not self._drivers.keys() <= self._jobs_of_drivers().keys()

    def drivers(self) -> int:
        return len(self._drivers)

    def is_full(self) -> bool:
        """No job can be born before another has ended."""
        alone = self._drivers.keys() == {self._root}
        return alone and len(self.jobs) >= (self._width or len(self.jobs) + 1)

    def may_come_home(self) -> bool:
        """Some job is away, or with a server, and could be compiled here any moment."""
        return any((job.sent and not job.home) or job.served for job in self.jobs.values())

    def _jobs_of_drivers(self) -> dict[int, int]:
        counts: dict[int, int] = {}
        for job in self.jobs.values():
            counts[job.driver] = counts.get(job.driver, 0) + 1
        return counts

    def around(self) -> list[Process]:
        """The driver and what else is no job, but for daemons: what Ctrl-C at a terminal meets."""
        session = os.getsid(0)
        others = (process for process in self._known.values() if process.job is None)
        return [process for process in others if process.stat.session == session]

    def scripts(self) -> list[Process]:
        """What is around the drivers."""
        return [process for process in self.around() if process.pid not in self._drivers]

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
                continue
            for pid in sorted(set(children) - self._known.keys()):
                self._meet(pid, now)
        if self._blind:
            self._blind = False
            self.look(now)

    def look_down(self, now: float) -> None:
        """Finds what scripts have started, for it may be a driver; cheaper than to look at all."""
        self._look_below(self.nests(), now)

    def look_into(self, job: Watched, now: float, *, asleep: bool = True) -> None:
        """Finds what a job's processes have started; who is `asleep` can have started nothing."""
        members = job.members.values()
        self._look_below([one for one in members if asleep or not one.asleep], now)

    def _look_below(self, below: list[Process], now: float) -> None:
        seen: set[int] = set()
        while below:
            process = below.pop()
            if process.pid in seen:
                continue
            seen.add(process.pid)
            for pid in self._read.children(process.pid) or ():
                self._meet(pid, now)
                if pid in self._known and pid not in self._drivers:
                    below.append(self._known[pid])

    def look(self, now: float) -> None:
        """Finds all that began and all that ended since the last look."""
        names = self._read.names()
        if names is None:
            return
        self._look_at_unborn(now)
        gone, new = self._names - names, names - self._names
        new |= self._servers.to_look_at_again(names)
        self._names = names
        for pid in (int(name) for name in gone if name.isdigit()):
            self._unborn.pop(pid, None)
            self._over.discard(pid)
            if pid in self._known:
                self._forget(self._known[pid], now)
        fresh: dict[int, Stat] = {}
        for name in new:
            if name.isdigit() and not self._is_seen(int(name)):
                stat = self._read.stat(int(name))
                if stat is not None:
                    fresh[int(name)] = stat
                    self._servers.meet(stat)
        while fresh:
            self._adopt(next(iter(fresh)), fresh, now)

    def check_leader(self, job: Watched, now: float) -> None:
        """After word that a job's leader has exited: the job is over unless others work on."""
        for orphan in self._read.children(self._me) or ():
            self._meet(orphan, now)
        self.refresh(job, now)
        alive = any(member.stat.state not in b"ZX" for member in job.members.values())
        if not alive and job.id in self.jobs:
            self._over.add(job.leader.pid)
            self._forget(job.leader, now)

    def refresh(self, job: Watched, now: float) -> None:
        """Makes sure that a job's processes are still its own, before any of them is signalled."""
        for process in list(job.members.values()):
            self.restat(process, now)

    # ------------------------------------------------------------ births

    def _is_seen(self, pid: int) -> bool:
        return pid in self._known or pid in self._unborn or pid in self._over

    def _meet(self, pid: int, now: float) -> None:
        if not self._is_seen(pid):
            self._names.add(str(pid))
            self._adopt(pid, {}, now)

    def _look_at_unborn(self, now: float) -> None:
        for pid in list(self._unborn):
            stat = self._read.stat(pid)
            driver = self._known.get(stat.parent) if stat is not None else None
            if stat is None or driver is None:
                del self._unborn[pid]
                # Its driver may have been killed: then it is an orphan, to be met as one.
                self._names.discard(str(pid))
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
        elif parent is not None and parent.job is not None:
            self._add(pid, stat, parent.job, now)
        elif job := self._servers.whose(pid, stat, self.jobs.values()):
            self._add(pid, stat, job, now)
        elif self._servers.is_unborn(pid):
            pass  # A fork of a server: whose it is, its command will tell.
        elif parent is not None:
            self._add(pid, stat, None, now)
        elif stat.parent == self._me:
            # Its parent ended before we saw it. The group tells whose it was.
            self._add(pid, stat, self._groups.get(stat.group), now)

    def _add(self, pid: int, stat: Stat, job: Watched | None, now: float) -> None:
        process = Process(pid=pid, stat=stat, job=job, fresh=now, looked=now)
        self._known[pid] = process
        self._is_driver(process, now)
        if job is not None:
            job.members[pid] = process
            self._leave_if_daemon(process)
            self._whereabouts.look(process, now)
            if process.job is not None and job.state != "running":
                self.stragglers.append(process)
        elif stat.parent == self._me and pid != self._root:
            self.strays.append(process)

    def _is_driver(self, process: Process, now: float) -> bool:
        """By its present name: a shell may have become ninja since it was seen."""
        if process.looked < now:
            self.restat(process, now)
        names = DRIVERS_AT_THE_TOP if process.pid == self._root else DRIVERS
        drives = process.stat.name in names and not self._is_part_of_a_link(process)
        if drives and process.pid in self._known:
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
        if (is_fork or not command) and now - since < LONGEST_EXEC:
            self._unborn[pid] = since
            return
        # What was read before may be from before its exec: it would pass for a driver itself.
        stat = self._read.stat(pid) or stat
        self._welcome(self._job(pid, stat, driver, command, now), driver, now)

    def _job(
        self, pid: int, stat: Stat, driver: Process, command: list[str], now: float
    ) -> Watched:
        self.last_id += 1
        leader = Process(pid=pid, stat=stat, job=None, fresh=now, looked=now)
        identity = identify(command, self._read.folder(pid), self._base)
        job = Watched(
            id=self.last_id,
            leader=leader,
            driver=driver.pid,
            identity=identity,
            words=command,
            source_size=size_of(identity.source),
            output_before=last_written(identity.output),
            own_group=stat.group == pid,
            can_stop=stat.group == pid or driver.stat.name not in NINJAS,
            born=now,
        )
        self._whereabouts.begin(job, command, now)
        job.can_stop = job.can_stop and (self._servers.present or not job.served)
        leader.job = job
        job.members[pid] = leader
        return job

    def _welcome(self, job: Watched, driver: Process, now: float) -> None:
        self.at_birth(job)
        self._known[job.leader.pid] = job.leader
        self.jobs[job.id] = job
        if job.own_group:
            self._groups[job.leader.pid] = job
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
        process.drop_handle()
        job = process.job
        if job is None:
            return
        job.members.pop(process.pid, None)
        job.waited += process.waited
        job.lose(process.memory, now)
        if process is job.leader:
            self._end(job, now)

    def _end(self, job: Watched, now: float) -> None:
        job.ended = now
        self._whereabouts.end(job, now)
        self.jobs.pop(job.id, None)
        self._groups.pop(job.leader.pid, None)
        for member in job.members.values():
            job.waited += member.waited
            member.job = None
            self.strays.append(member)
        job.members.clear()  # Who lives on is none of its any more, and its number may be given.
        self.ended.append(job)

    def restat(self, process: Process, now: float) -> None:
        """Reads a process's `stat` again; forgets it where it is gone or another has its number."""
        stat = self._read.stat(process.pid)
        process.looked = now
        if stat is None and self._read.exists(process.pid):
            return
        if stat is None or stat.start != process.stat.start:
            # The next look takes in whoever has the number now, if he is ours.
            self._names.discard(str(process.pid))
            self._forget(process, now)
            return
        process.stat = stat
        self._leave_if_daemon(process)
        self._whereabouts.look(process, now)

    def _leave_if_daemon(self, process: Process) -> None:
        """Who has left the session works for others too: not to be stopped, killed or counted."""
        job = process.job
        if job is None or self._servers.lends(process.stat):
            return
        if process.stat.session != job.leader.stat.session:
            process.job = None
            job.members.pop(process.pid, None)
            self.strays.append(process)
