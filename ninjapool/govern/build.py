"""A whole build under the governor: rounds of one driver, with what surrounds them.

Around the rounds: the jobserver, the watchdog, the signals. Between them: whether memory was what
made the driver fail, and so whether it is started again. The command line is not known here.

After a kill by the kernel ninja starts nothing new, waits for the jobs that it has, and ends; then
it is started again. (Most of our own kills are kept from it until it has nothing else to do:
`victims`, `hidden`.) Jobs that are held at that time are run, not ended: their work is wanted in
any case, the cores are free for it, and each one that was ended would be printed as a failure.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ninjapool.govern import aftermath, confine, driver, ninjalog, summary
from ninjapool.govern.aftermath import Course
from ninjapool.govern.away import Away
from ninjapool.govern.contract import Outcome
from ninjapool.govern.interrupts import ENDING, HANDLED
from ninjapool.govern.jobs import JobTable
from ninjapool.govern.jobserver import JobServer
from ninjapool.govern.kernel import (
    SignalReader,
    adopt_orphans,
    ahead_of_the_build,
    all_descriptors,
    dying_with_parent,
)
from ninjapool.govern.loop import Loop
from ninjapool.govern.mind import Mind
from ninjapool.govern.ninjas import MARK
from ninjapool.govern.procfs import Processes
from ninjapool.govern.recorder import Recorder
from ninjapool.govern.senses import KillCounter
from ninjapool.govern.start import armed, exit_code, interruptible, spawn
from ninjapool.govern.verdict import got_done, judge
from ninjapool.govern.watchdog import Watchdog
from ninjapool.record.model import Frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from ninjapool.govern.contract import BuildRequest, Options, RunRequest
    from ninjapool.govern.driver import Launch
    from ninjapool.govern.mind import Senses
    from ninjapool.govern.model import Decider
    from ninjapool.govern.rounds import Retries, Round
    from ninjapool.govern.verdict import Verdict

__all__ = ["Mind", "build", "cannot_govern", "run"]


def build(request: BuildRequest, mind: Mind) -> Outcome:
    """`ninjapool build`. Raises SourceError, NotFoundError, CannotRunError, WrapperError."""
    options = request.options
    if reason := cannot_govern(options):
        narrow = replace(request, options=_narrow(options))
        return _ungoverned(driver.for_build(narrow), reason)
    return _govern(driver.for_build(request), options, mind)


def run(request: RunRequest, mind: Mind) -> Outcome:
    """`ninjapool run`. Raises as `build` does."""
    options = request.options
    if reason := cannot_govern(options):
        narrow = replace(request, options=_narrow(options))
        return _ungoverned(driver.for_run(narrow), reason)
    return _govern(driver.for_run(request), options, mind)


# ---------------------------------------------------------------- when it is not for us


def cannot_govern(options: Options) -> str | None:
    """Why a build must do without us here, in a sentence."""
    processes = Processes(options.root / "proc")
    me = processes.stat(os.getpid())
    if me is None:
        return f"{options.root / 'proc'} does not show our processes, so jobs cannot be watched"
    if _is_governed(options.environ.get(MARK, ""), processes):
        return "an outer ninjapool governs this build already"
    return None


def _is_governed(mark: str, processes: Processes) -> bool:
    pid, _, rest = mark.partition(".")
    start = rest.partition(".")[0]
    if not (pid.isdigit() and start.isdigit()):
        return False
    governor = processes.stat(int(pid))
    return governor is not None and governor.start == int(start)


def _narrow(options: Options) -> Options:
    """As wide as the static plan says, with nobody waiting: nobody could hold them."""
    if MARK in options.environ:
        return options
    return replace(options, jobs=options.jobs or options.fallback_jobs, window=0)


def _ungoverned(launch: Launch, reason: str) -> Outcome:
    """The command alone; signals are its own business."""
    begin = time.monotonic()
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        status = spawn(launch, None, {}, interruptible).wait()
    finally:
        signal.signal(signal.SIGINT, handler)
    return Outcome(
        exit_code=exit_code(status),
        governed=False,
        seconds=time.monotonic() - begin,
        slots=launch.says,
        notes=(reason,) if launch.governed else (),
    )


# ---------------------------------------------------------------- governed


@dataclass(slots=True)
class _Build:
    """One build over all its rounds."""

    launch: Launch
    options: Options
    mind: Mind
    decider: Decider
    senses: Senses
    signals: SignalReader
    server: JobServer | None
    undo: tuple[Callable[[], None], ...]
    """What a child does to have the priority and the limits that we were started with."""
    helpers: tuple[int, ...]
    mark: str
    recorder: Recorder
    away: Away
    course: Course = field(default_factory=Course)

    def go(self) -> Round:
        """Starts the driver until it succeeds or fails for good."""
        while True:
            before = ninjalog.mark(self.launch.log) if self.launch.log else None
            possible = not self._is_last(self.course.barren + 1)
            retries = replace(self.course.retries(), possible=possible)
            last = self._round(retries)
            self.course.ended += last.ended
            self._count_round(before)
            if last.status == 0 or last.interrupted is not None:
                return last
            if not self._is_worth_another(last, before, retries):
                return last
            if number := self._interrupted_meanwhile():
                return replace(last, interrupted=number, status=-number)

    def _count_round(self, before: ninjalog.LogMark | None) -> None:
        self.course.rounds += 1
        if self.launch.log is not None and before is not None:
            self.course.finished += ninjalog.edges_since(self.launch.log, before)

    def _is_worth_another(
        self, last: Round, before: ninjalog.LogMark | None, retries: Retries
    ) -> bool:
        facts = aftermath.facts(last, self.launch, before, retries)
        self.course.add_failure(got_done(facts))
        verdict = judge(facts, last=self._is_last(self.course.barren))
        self.course.kills += verdict.kills
        for kill in (kill for kill in verdict.kills if kill.by == "kernel"):  # ours it knows
            self.mind.knowledge.lost(kill.key, kill.job_class, kill.peak)
        if verdict.retry:
            self._say_why(verdict, driver_killed=facts.driver_killed)
        return verdict.retry

    def _say_why(self, verdict: Verdict, *, driver_killed: bool) -> None:
        if verdict.kills:
            text = summary.retry_text(verdict.kills, self.course.retries().alone)
        else:
            text = summary.DRIVER_KILLED if driver_killed else summary.UNSEEN_KILLED
            self.course.tally.notes.append(text)
        self.mind.say(text)

    def _is_last(self, barren: int) -> bool:
        """After so many rounds that have got nothing new done the driver is not started again.

        However many there were before: a long build may lose a job every hour.
        """
        return not self.launch.repeatable or barren > self.options.retries

    def _interrupted_meanwhile(self) -> int | None:
        """Between two rounds nobody else can have received it."""
        received = [one.number for one in self.signals.read()]
        return next((number for number in received if number in ENDING), None)

    def _round(self, retries: Retries) -> Round:
        kills = KillCounter(self.senses.oom_kills, self.senses.clock())
        process = spawn(self.launch, self.server, self._extra(), self._arm())
        processes = Processes(self.options.root / "proc")
        table = JobTable(
            process.pid,
            processes,
            base=str(self.launch.base),
            ours=(os.getpid(), *self.helpers),
            width=self.launch.slots,
            root_joins=self.launch.joins,
            after=self.course.last_id,
            away=self.away,
        )
        try:
            return Loop(
                process.pid,
                table=table,
                processes=processes,
                decider=self.decider,
                knowledge=self.mind.knowledge,
                senses=self.senses,
                kills=kills,
                witness=self.mind.witness,
                signals=self.signals,
                server=self.server,
                retries=retries,
                tally=self.course.tally,
                recorder=self.recorder,
            ).run()
        finally:
            self.course.last_id = table.last_id
            process.returncode = 0  # The loop has collected it.

    def _extra(self) -> dict[str, str]:
        if self.server is None:
            return {MARK: self.mark}
        before = self.launch.environ.get("MAKEFLAGS", "")
        return {MARK: self.mark, "MAKEFLAGS": driver.makeflags(self.server.flags, before)}

    def _arm(self) -> Callable[[], None]:
        steps = (dying_with_parent(), confine.dying_first(self.options.root), *self.undo)
        return armed(steps, self.signals.before)


def _govern(launch: Launch, options: Options, mind: Mind) -> Outcome:
    if not launch.governed:
        return _ungoverned(launch, "")
    begin = time.monotonic()
    with ExitStack() as stack:
        server = JobServer(launch.jobserver, launch.slots) if launch.jobserver else None
        if server is not None:
            stack.enter_context(closing(server))
        mark = _new_mark(Processes(options.root / "proc"))
        watchdog = Watchdog(mark, remove=server.folder if server else None)
        stack.push(watchdog.leave)
        adopt_orphans()
        stack.callback(adopt_orphans, adopt=False)
        signals = stack.enter_context(closing(SignalReader(HANDLED)))
        undo = (ahead_of_the_build(), all_descriptors())
        prefix = confine.scope(options.root, launch.environ)
        whole = _Build(
            launch=replace(launch, command=(*prefix, *launch.command)),
            options=options,
            mind=mind,
            decider=mind.decider(launch.cores, launch.away),
            senses=mind.senses("machine" if prefix else "cgroup"),
            signals=signals,
            server=server,
            undo=undo,
            helpers=(watchdog.pid,),
            mark=mark,
            away=Away(options.launchers if launch.away else ()),
            recorder=Recorder(_frame(launch), mind.publish),
        )
        last = whole.go()
    return aftermath.outcome(whole.course, launch, last, time.monotonic() - begin, whole.recorder)


def _frame(launch: Launch) -> Frame:
    return Frame(folder=str(launch.base), cores=launch.cores, away=launch.away, slots=launch.says)


def _new_mark(processes: Processes) -> str:
    """Names this governor for good: its pid may be reused, the pid with its start may not."""
    me = processes.stat(os.getpid())
    return f"{os.getpid()}.{me.start if me else 0}.{os.urandom(8).hex()}"
