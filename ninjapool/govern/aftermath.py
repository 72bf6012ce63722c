"""What came of a round and of a build: the facts for the verdict, the outcome for the user.

Gathers only; judges nothing.
"""

from __future__ import annotations

import os
import resource
import signal
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.govern import ninjalog
from ninjapool.govern.contract import Kill, Outcome
from ninjapool.govern.procfs import Processes
from ninjapool.govern.recorded import recorded
from ninjapool.govern.remains import has_written
from ninjapool.govern.rounds import Retries
from ninjapool.govern.start import exit_code
from ninjapool.govern.summary import calibrate
from ninjapool.govern.tally import Tally
from ninjapool.govern.verdict import Ended, Facts, undecided

if TYPE_CHECKING:
    from collections.abc import Collection

    from ninjapool.govern.driver import Launch
    from ninjapool.govern.model import Forecast
    from ninjapool.govern.recorder import Recorder
    from ninjapool.govern.rounds import Round
    from ninjapool.govern.watched import Watched

BEFORE_ALONE = 2
"""Kills after which a job is run with nothing beside it; a first one only raises its forecast."""


@dataclass(slots=True)
class Course:
    """What has happened in a build so far, over all its rounds."""

    tally: Tally = field(default_factory=Tally)
    kills: list[Kill] = field(default_factory=list)
    ended: list[tuple[Watched, Forecast]] = field(default_factory=list)
    rounds: int = 0
    finished: int = 0
    """Commands that ninja's log has of it."""
    done: set[str] = field(default_factory=set)
    """What rounds that failed have got done."""
    barren: int = 0
    """Rounds in a row that have got nothing else done."""
    last_id: int = 0
    """Of the jobs: no number is given twice in a build."""

    def add_failure(self, done: Collection[str]) -> None:
        """A round has failed after it got this done.

        What was done before counts for nothing: some commands are run in every round.
        """
        self.barren = self.barren + 1 if self.done.issuperset(done) else 0
        self.done.update(done)

    def retries(self) -> Retries:
        """A job that was killed needs more than it had, and if that was no help, all there is."""
        times: dict[str, int] = {}
        for kill in self.kills:
            times[kill.key] = times.get(kill.key, 0) + (BEFORE_ALONE if kill.alone else 1)
        alone = frozenset(key for key, count in times.items() if count >= BEFORE_ALONE)
        return Retries(again=frozenset(times), alone=alone)


def facts(
    round_: Round, launch: Launch, before: ninjalog.LogMark | None, retries: Retries
) -> Facts:
    logged = None
    if launch.log is not None and before is not None:
        logged = ninjalog.finished_since(launch.log, before)
    found = Facts(
        ended=[_as_ended(job, retries) for job, _ in round_.ended],
        kernel_kills=round_.kernel_kills,
        driver_killed=round_.status == -signal.SIGKILL,
        logged=logged,
        outputs={},
    )
    unknown = {job.command for job in undecided(found)}
    killed = found.kernel_kills or any(job.killed for job in found.ended)
    if unknown and launch.query and killed:
        found = replace(found, outputs=ninjalog.outputs_of(unknown, launch.query))
    return found


def _as_ended(job: Watched, retries: Retries) -> Ended:
    return Ended(
        id=job.id,
        key=job.identity.key,
        job_class=job.identity.job_class,
        output=job.identity.output,
        made=bool(has_written(job)),
        command=job.identity.command,
        driver=job.driver,
        within=job.within,
        nested=job.nested,
        peak=job.peak,
        begun=job.begun,
        ended=job.ended if job.hidden is None else job.hidden,
        lost=job.loss.at if job.loss else None,
        killed=job.killed is not None,
        alone=job.identity.key in retries.alone,
        again=job.identity.key in retries.again,
    )


def _is_measured(job: Watched) -> bool:
    return job.ended is not None and job.is_peak_known(job.ended)


def outcome(
    course: Course, launch: Launch, last: Round, seconds: float, recorder: Recorder
) -> Outcome:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    tally = course.tally
    return Outcome(
        exit_code=exit_code(last.status),
        governed=True,
        seconds=seconds,
        slots=launch.says,
        width=launch.cores,
        away=launch.away,
        went=sum(job.went for job, _ in course.ended),
        came_home=sum(job.home for job, _ in course.ended),
        rounds=course.rounds,
        jobs=max(course.finished, sum(not job.nested for job, _ in course.ended)),
        peak=tally.peak or None,
        least_headroom=tally.least_headroom,
        held_seconds={why: held for why, held in tally.held.items() if why != "nothing"},
        pauses=tally.pauses,
        kills=tuple(course.kills),
        calibration=calibrate(
            (job.identity.job_class, forecast, job.peak)
            for job, forecast in course.ended
            # What a signal cut short would pass for a forecast that was far off.
            if last.interrupted is None
            and not job.nested
            and job.killed is None
            and _is_measured(job)
        ),
        forecasts=dict(Counter(f.source for job, f in course.ended if not job.nested)),
        record=recorded(course, last, seconds, recorder),
        own_cpu_seconds=usage.ru_utime + usage.ru_stime,
        own_memory=Processes(Path("/proc")).most_resident(os.getpid()) or None,
        interrupted=signal.Signals(last.interrupted).name if last.interrupted else None,
        notes=tuple(tally.notes),
    )
