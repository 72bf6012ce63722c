"""A whole build under the governor: rounds of one driver, with what surrounds them.

Around the rounds: the jobserver, the watchdog, the signals. Between them: whether memory was what
made the driver fail, and so whether it is started again. The command line is not known here.
"""

from __future__ import annotations

import os
import resource
import secrets
import signal
import subprocess
import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ninjapool.errors import CannotRunError, NotFoundError
from ninjapool.govern import confine, driver, ninjalog
from ninjapool.govern.contract import Kill, Measured, Outcome
from ninjapool.govern.interrupts import HANDLED
from ninjapool.govern.jobs import JobTable
from ninjapool.govern.jobserver import JobServer
from ninjapool.govern.kernel import (
    SignalReader,
    adopt_orphans,
    ahead_of_the_build,
    dying_with_parent,
)
from ninjapool.govern.loop import Loop, Round, Tally
from ninjapool.govern.procfs import Processes
from ninjapool.govern.summary import calibrate, started_again
from ninjapool.govern.verdict import Ended, Facts, judge, undecided
from ninjapool.govern.watchdog import MARK, Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable

    from ninjapool.govern.contract import BuildRequest, Options, RunRequest
    from ninjapool.govern.driver import Launch
    from ninjapool.govern.loop import Counted, Decider, Knowledge, Senses
    from ninjapool.govern.model import Forecast
    from ninjapool.govern.watched import Watched


@dataclass(frozen=True, slots=True)
class Mind:
    """Who decides, and what is known and sensed. Given, so that tests can have others."""

    decider: Callable[[int], Decider]
    """Made for a number of cores."""
    knowledge: Knowledge
    senses: Callable[[Counted], Senses]
    """Whose kills count: the machine's, where the build lives in a cgroup that is not ours."""
    say: Callable[[str], object] = str
    """Tells the user, in mid-build, what would else look like a failure."""


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
        status = spawn(launch, None, {}, _interruptible).wait()
    finally:
        signal.signal(signal.SIGINT, handler)
    return Outcome(
        exit_code=exit_code(status),
        governed=False,
        seconds=time.monotonic() - begin,
        slots=launch.says,
        notes=(reason,) if launch.governed else (),
    )


def _interruptible() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


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
    unhurried: Callable[[], None]
    helpers: tuple[int, ...]
    mark: str
    tally: Tally = field(default_factory=Tally)
    alone: dict[str, int] = field(default_factory=dict)
    kills: list[Kill] = field(default_factory=list)
    ended: list[tuple[Watched, Forecast]] = field(default_factory=list)
    rounds: int = 0

    def go(self) -> Round:
        """Starts the driver until it succeeds or fails for good."""
        while True:
            before = ninjalog.mark(self.launch.log) if self.launch.log else None
            round_ = self._one_round()
            self.rounds += 1
            self.ended += round_.ended
            if round_.status == 0 or round_.interrupted is not None:
                return round_
            facts = _facts(round_, self.launch, before, self.alone)
            last = not self.launch.repeatable or self.rounds > self.options.retries
            verdict = judge(facts, last=last)
            self.kills += verdict.kills
            if not verdict.retry:
                return round_
            if facts.driver_killed:
                self.tally.notes.append("the kernel killed the build driver itself: started again")
            self.mind.say(started_again(len(verdict.kills)))
            for kill in verdict.kills:
                self.alone[kill.key] = max(kill.peak, self.alone.get(kill.key, 0))

    def _one_round(self) -> Round:
        armed = (dying_with_parent(), confine.dying_first(self.options.root), self.unhurried)
        extra = {MARK: self.mark}
        if self.server is not None:
            before = self.launch.environ.get("MAKEFLAGS", "")
            extra["MAKEFLAGS"] = driver.makeflags(self.server.flags, before)
        process = spawn(self.launch, self.server, extra, self._arm(armed))
        table = JobTable(
            process.pid,
            Processes(self.options.root / "proc"),
            base=str(self.launch.base),
            ours=(os.getpid(), *self.helpers),
            root_joins=self.launch.joins,
        )
        try:
            return Loop(
                process.pid,
                table=table,
                decider=self.decider,
                knowledge=self.mind.knowledge,
                senses=self.senses,
                signals=self.signals,
                server=self.server,
                alone=self.alone,
                tally=self.tally,
            ).run()
        finally:
            process.returncode = 0  # The loop has collected it.

    def _arm(self, armed: tuple[Callable[[], None], ...]) -> Callable[[], None]:
        mask = self.signals.before

        def arm() -> None:
            for each in armed:
                each()
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

        return arm


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
        unhurried = ahead_of_the_build()
        stack.callback(unhurried)
        prefix = confine.scope(options.root, launch.environ)
        whole = _Build(
            launch=replace(launch, command=(*prefix, *launch.command)),
            options=options,
            mind=mind,
            decider=mind.decider(launch.cores),
            senses=mind.senses("machine" if prefix else "cgroup"),
            signals=signals,
            server=server,
            unhurried=unhurried,
            helpers=(watchdog.pid,),
            mark=mark,
        )
        last = whole.go()
    return _outcome(whole, last, time.monotonic() - begin)


def _new_mark(processes: Processes) -> str:
    """Names this governor for good: its pid may be reused, the pid with its start may not."""
    me = processes.stat(os.getpid())
    return f"{os.getpid()}.{me.start if me else 0}.{secrets.token_hex(8)}"


def spawn(
    launch: Launch,
    server: JobServer | None,
    extra: dict[str, str],
    arm: Callable[[], None],
) -> subprocess.Popen[bytes]:
    """Starts the driver with our terminal and our descriptors. Raises as exit codes 126, 127."""
    for end in server.descriptors if server else ():
        os.set_inheritable(end, True)  # noqa: FBT003
    try:
        return subprocess.Popen(
            launch.command,
            cwd=launch.folder,
            env={**launch.environ, **extra},
            close_fds=False,
            preexec_fn=arm,  # noqa: PLW1509 - there are no threads
        )
    except FileNotFoundError as problem:
        raise NotFoundError(f"cannot start {launch.command[0]}: {problem.strerror}") from problem
    except OSError as problem:
        raise CannotRunError(f"cannot start {launch.command[0]}: {problem.strerror}") from problem


def exit_code(status: int) -> int:
    """As a shell says it: 128+n for a driver that signal n ended."""
    return 128 - status if status < 0 else status


# ---------------------------------------------------------------- what came of it


def _facts(
    round_: Round, launch: Launch, before: ninjalog.LogMark | None, alone: dict[str, int]
) -> Facts:
    logged = None
    if launch.log is not None and before is not None:
        logged = ninjalog.finished_since(launch.log, before)
    facts = Facts(
        ended=[_as_ended(job, alone) for job, _ in round_.ended],
        kernel_kills=round_.kernel_kills,
        driver_killed=round_.status == -signal.SIGKILL,
        logged=logged,
        outputs={},
    )
    unknown = {job.command for job in undecided(facts)}
    if unknown and launch.query and (facts.kernel_kills or _any_killed(facts)):
        facts = replace(facts, outputs=ninjalog.outputs_of(unknown, launch.query))
    return facts


def _any_killed(facts: Facts) -> bool:
    return any(job.killed for job in facts.ended)


def _as_ended(job: Watched, alone: dict[str, int]) -> Ended:
    return Ended(
        id=job.id,
        key=job.identity.key,
        job_class=job.identity.job_class,
        output=job.identity.output,
        command=job.identity.command,
        driver=job.driver,
        within=job.within,
        nested=job.nested,
        peak=job.peak,
        ended=job.ended if job.ended is not None else 0.0,
        lost=job.loss[0] if job.loss else None,
        killed=job.killed is not None,
        alone=job.identity.key in alone,
    )


def _is_measured(job: Watched) -> bool:
    return job.ended is not None and job.is_peak_known(job.ended)


def _measured(job: Watched) -> Measured:
    peak = job.peak if _is_measured(job) else None
    return Measured(
        key=job.identity.key,
        job_class=job.identity.job_class,
        seconds=job.progress(job.ended or 0.0),
        peak=peak,
    )


def _outcome(whole: _Build, last: Round, seconds: float) -> Outcome:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    tally = whole.tally
    return Outcome(
        exit_code=exit_code(last.status),
        governed=True,
        seconds=seconds,
        slots=whole.launch.says,
        width=whole.launch.cores,
        rounds=whole.rounds,
        jobs=sum(not job.nested for job, _ in whole.ended),
        peak=tally.peak or None,
        least_headroom=tally.least_headroom,
        held_seconds={why: held for why, held in tally.held.items() if why != "nothing"},
        pauses=tally.pauses,
        kills=tuple(whole.kills),
        calibration=calibrate(
            (job.identity.job_class, forecast.peak, job.peak)
            for job, forecast in whole.ended
            if not job.nested and job.killed is None and _is_measured(job)
        ),
        forecasts=dict(Counter(forecast.source for job, forecast in whole.ended if not job.nested)),
        measured=tuple(
            _measured(job)
            for job, _ in whole.ended
            if not job.nested and job.killed is None and job.ended is not None
        ),
        own_cpu_seconds=usage.ru_utime + usage.ru_stime,
        own_memory=usage.ru_maxrss * 1024,
        interrupted=signal.Signals(last.interrupted).name if last.interrupted else None,
        notes=tuple(tally.notes),
    )
