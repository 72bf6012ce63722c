"""A job and its processes while they live, and the signals that hold, continue and end them.

Does not know when to do so, nor how its processes were found.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from ninjapool.govern.model import Job
from ninjapool.govern.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ninjapool.govern.identify import Identity
    from ninjapool.govern.model import Forecast, State
    from ninjapool.govern.procfs import Stat
    from ninjapool.govern.remains import Written
    from ninjapool.model import JobClass


LAST_PART = 0.35
PROGRAMS = frozenset({"compile", "link", "tablegen", "flang"})
A_SHELL = 1 << 20
"""What it holds itself, and so what is seen of a script that was over before its programs were."""
WEIGHT = 4 << 20
"""The end of a process with less is no sign of a kill."""
A_STUB = 8 << 20
"""More than a distributed compiler's client holds, and less than a preprocessor."""
ONLY_A_SHELL = 4 << 20
"""No compiler or linker gets by with less: what was seen was the shell before it."""


@dataclass(slots=True, eq=False)
class Process:
    """One process of the build."""

    pid: int
    stat: Stat
    job: Watched | None
    """None for what belongs to no job: the driver itself, scripts around it, daemons."""
    fresh: float
    """Since when it may grow fast: its birth, or the end of its hold."""
    looked: float
    """When its `stat` was read."""
    timed: float = 0.0
    """When its times were read."""
    measured: float = 0.0
    memory: int = 0
    """Anonymous + shmem bytes."""
    shared: int = 0
    shmem: int = 0
    ran: float | None = None
    waited: float = 0.0
    """Seconds on a CPU, and ready to run without one: finer than the kernel's ticks. None where
    the kernel does not count them."""
    queued: float = 0.0
    """The part of the time between its last two readings for which it waited for a CPU."""
    asleep: bool = False
    """It had not run between the last two times that it was looked at."""
    woke: float = 0.0
    """When it was last seen to have run."""
    handle: int | None = None
    """/proc/PID/statm, kept open while it is worth it."""

    @property
    def known_until(self) -> float:
        """When its times were read, or its stop ended, if that was later."""
        return max(self.timed, self.fresh)

    def waited_until(self, moment: float) -> float:
        """Seconds for which it has waited for a CPU: what is not read yet is as it was before."""
        return self.waited + self.queued * max(0.0, moment - self.known_until)

    def drop_handle(self) -> None:
        if self.handle is not None:
            os.close(self.handle)
            self.handle = None


class Loss(NamedTuple):
    """A process of a job holds nothing any more."""

    at: float
    held: int
    stopped: bool
    """Nobody ends by himself while he is stopped: he was killed, however little he held."""


@dataclass(slots=True, eq=False)
class Watched:
    """One job: its leader, which is what the driver started, and all that came of it."""

    id: int
    leader: Process
    driver: int
    """The pid of the driver that started it."""
    identity: Identity
    own_group: bool
    """Its processes have a group of their own, so one signal reaches them all at once."""
    can_stop: bool
    born: float
    words: Sequence[str] = ()
    """Its command, until it has been looked up."""
    source_size: int | None = None
    """Bytes of what it compiles, or of all that it links."""
    output_before: Written | None = None
    """What there was of its output at its birth."""
    state: State = "running"
    members: dict[int, Process] = field(default_factory=dict)
    sent: JobClass | None = None
    """Where its launcher sends compiles to other machines: its class if it is compiled here."""
    asked: bool = False
    """Its launcher was seen to send it: a cache before that may have answered itself."""
    served: bool = False
    """Its launcher only asks a server of this machine, which compiles."""
    lent: bool = False
    """What that server runs for it was seen."""
    home: bool = False
    """It was sent, and is compiled here after all."""
    away_for: float = 0.0
    """Seconds of progress before it came home, which do not count for a compile."""
    home_at: float | None = None
    """When it came home."""
    within: int | None = None
    """The job in which its driver runs."""
    nested: bool = False
    """A driver runs in it: its jobs are the jobs, it is only what holds them."""
    memory: int = 0
    peak: int = 0
    measured: float = 0.0
    """When its memory was read last."""
    trail: Trail = field(default_factory=Trail)
    stopped_at: float | None = None
    at_rest: bool = False
    """It was read in full since it stands still."""
    begun: float | None = None
    """When it was let go for the first time, or seen running; None while it is held at birth."""
    stopped: float = 0.0
    """Seconds in which it was held or paused, without the present stop."""
    waited: float = 0.0
    """What its processes that have ended had waited for a CPU, less what was before its birth."""
    used: float = 0.0
    """CPU seconds that it had taken when it was read last."""
    loss: Loss | None = None
    """Of the first process that was surely killed, else of the last that may have been."""
    killed: str | None = None
    """Why we killed it."""
    hidden: float | None = None
    """Since when it holds nothing, where its driver is not to know yet that we killed it."""
    ended: float | None = None
    shown: Job | None = None
    """As it was last shown to the governor."""

    def cpu_seconds(self) -> float:
        """CPU time of its processes and of those that they have waited for."""
        return sum(max(member.stat.cpu, member.ran or 0.0) for member in self.members.values())

    @property
    def went(self) -> bool:
        """It was compiled elsewhere."""
        return self.sent is not None and not self.home and (self.asked or self.lent)

    def lent_processes(self) -> list[Process]:
        """Those that a server has started for it, and that live."""
        session = self.leader.stat.session
        apart = [member for member in self.members.values() if member.stat.session != session]
        return [member for member in apart if member.stat.state not in b"ZX"]

    @property
    def waits(self) -> bool:
        """It has asked others to compile, who have not begun here; nor does it preprocess."""
        if self.served:
            return not self.lent_processes()
        return self.sent is not None and not self.home and self.memory < A_STUB

    def is_peak_known(self, now: float) -> bool:
        """Whether an ended job was read late enough in its life: the last third hardly adds.

        Of one that a server has answered from its cache, nothing is.
        """
        if self.served and not self.lent:
            return False
        alive = now - self.born - self.stopped
        least = ONLY_A_SHELL if self.identity.job_class in PROGRAMS else A_SHELL
        return self.peak >= least and now - self.measured <= LAST_PART * alive

    def come_home(self, now: float) -> None:
        """From now on it is one of this machine's compiles, at its beginning."""
        assert self.sent is not None
        self.home, self.home_at, self.away_for = True, now, self.progress(now)
        self.identity = replace(self.identity, job_class=self.sent)

    def progress(self, now: float) -> float:
        """Seconds that it could use: since its birth, less those stopped or waiting for a CPU."""
        return max(0.0, self._lived(now) - self.away_for)

    def _lived(self, now: float) -> float:
        used = self.used
        if self.leader.ran is None:
            return max(used, self.cpu_seconds())
        until = now if self.stopped_at is None else self.stopped_at
        alive = max(0.0, until - self.born - self.stopped)
        waited = self.waited + sum(one.waited_until(until) for one in self.members.values())
        return max(alive - waited, min(alive, used))

    def as_job(self, now: float, forecast: Forecast, *, alone: bool) -> Job:
        """Nothing changes in one that stands still: the same object serves again."""
        if self.shown is None or not self._is_as(self.shown, forecast):
            self.shown = self._as_job(now, forecast, alone=alone)
        return self.shown

    def _is_as(self, shown: Job, forecast: Forecast) -> bool:
        return (
            self.stopped_at is not None
            and shown.forecast is forecast
            and shown.state == self.state
            and shown.memory == self.memory
            and shown.waits == self.waits
        )

    def _as_job(self, now: float, forecast: Forecast, *, alone: bool) -> Job:
        return Job(
            id=self.id,
            job_class=self.identity.job_class,
            state=self.state,
            memory=self.memory,
            peak=self.peak,
            cpu_seconds=self.progress(now),
            forecast=forecast,
            can_stop=self.can_stop,
            waits=self.waits,
            alone=alone,
        )

    def lose(self, held: int, now: float) -> None:
        """One of its processes holds nothing any more: it ended.

        What a hidden job's driver collects in the end was lost when it was killed.
        """
        stopped = self.stopped_at is not None
        is_known = self.hidden is not None or (self.loss is not None and self.loss.stopped)
        if held > (0 if stopped else WEIGHT) and not is_known:
            self.loss = Loss(now, held, stopped)

    # ------------------------------------------------------------ signals

    def is_loose(self) -> bool:
        """No one signal reaches all of it, so what it starts meanwhile may be missed."""
        return not self.own_group or any(
            member.stat.group != self.leader.pid for member in self.members.values()
        )

    def stop(self, now: float, state: State) -> bool:
        """Stops all its processes; False where that is not allowed. `state`: held or paused."""
        if not self.can_stop or not self._signal(signal.SIGSTOP, self.members.values()):
            self.can_stop = False
            return False
        self.state, self.stopped_at = state, now if self.stopped_at is None else self.stopped_at
        self.at_rest = False
        return True

    def go_on(self, now: float) -> None:
        """Continues it. Also right for a job that was never stopped."""
        self._signal(signal.SIGCONT, self.members.values())
        if self.stopped_at is not None:
            self.stopped += now - self.stopped_at
            for member in self.members.values():
                member.fresh = now
        self.begun = now if self.begun is None else self.begun
        self.state, self.stopped_at, self.at_rest = "running", None, False

    def stop_straggler(self, process: Process) -> None:
        """A process that was on its way when its job was stopped."""
        self._signal_each(signal.SIGSTOP, (process,))
        if process.stat.session != self.leader.stat.session:
            self.state = "paused"  # Its server had begun: it keeps a place there.

    def interrupt(self, number: int, now: float) -> None:
        """Ends a stopped job by the user's signal: it meets it before it does anything else."""
        self._signal(number, self.members.values())
        self.go_on(now)

    def kill(self, now: float) -> None:
        """Ends what holds its memory and lets the rest end by itself: where it cannot be hidden.

        A compiler driver that sees its compiler killed removes its temporary files and says so;
        clang removes a half-written object at SIGTERM. The leader itself is never sent SIGTERM:
        ninja takes a command that ended by it for the user's wish to stop.
        """
        if len(self.members) > 1:
            others = (member for member in self.members.values() if member is not self.leader)
            self._signal_each(signal.SIGTERM, others)
            self.go_on(now)
        else:
            self.kill_all()

    def kill_all(self) -> None:
        self._signal(signal.SIGKILL, self.members.values())

    def _signal(self, number: int, members: Iterable[Process]) -> bool:
        if self.ended is not None:
            return True
        if not self.own_group:
            return self._signal_each(number, members)
        # A member that made a group of its own (`timeout` does) is not reached by the leader's.
        apart = [member for member in members if member.stat.group != self.leader.pid]
        try:
            os.killpg(self.leader.pid, number)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return self._signal_each(number, apart)

    def _signal_each(self, number: int, members: Iterable[Process]) -> bool:
        sent = [send(member.pid, number) for member in members]
        return all(sent)


def send(pid: int, number: int) -> bool:
    """False where it is not allowed; who is gone needs no signal."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return True
