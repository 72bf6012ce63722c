"""The record of a build that is over, from what the loop saw of its jobs and the recorder kept.

Gathers only. What was asked of the build, and when it began by the calendar, others add.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninjapool.govern.recorder import pauses
from ninjapool.govern.start import exit_code
from ninjapool.record.model import JobRecord, Record

if TYPE_CHECKING:
    from ninjapool.govern.aftermath import Course
    from ninjapool.govern.model import Forecast
    from ninjapool.govern.recorder import Recorder, Trail
    from ninjapool.govern.rounds import Round
    from ninjapool.govern.watched import Watched
    from ninjapool.record.model import Killer


def recorded(course: Course, last: Round, seconds: float, recorder: Recorder) -> Record:
    began = recorder.began or 0.0
    killed = {(kill.key, kill.peak) for kill in course.kills if kill.by == "kernel"}
    lives: set[str] = set()
    jobs = []
    for job, forecast in course.ended:
        trail = recorder.trails.get(job.id)
        if job.nested or trail is None:
            continue
        by_kernel = (job.identity.key, job.peak) in killed
        killer: Killer | None = "governor" if job.killed else "kernel" if by_kernel else None
        again = job.identity.key in lives
        jobs.append(_job(job, forecast, trail, began, killer=killer, again=again))
        if killer is not None:
            lives.add(job.identity.key)
    return Record(
        frame=recorder.frame,
        seconds=seconds,
        exit_code=exit_code(last.status),
        rounds=course.rounds,
        jobs=tuple(jobs),
        timeline=tuple(recorder.timeline),
        used=recorder.used,
        unused=dict(recorder.unused),
    )


def _job(  # noqa: PLR0913 - two views of one job, and what became of it
    job: Watched,
    forecast: Forecast,
    trail: Trail,
    began: float,
    *,
    killer: Killer | None,
    again: bool,
) -> JobRecord:
    over = job.hidden if job.hidden is not None else job.ended
    ended = over if over is not None else recorded_end(trail)
    begun = job.begun
    return JobRecord(
        key=job.identity.key,
        job_class=job.identity.job_class,
        source=forecast.source,
        born=job.born - began,
        begun=None if begun is None else begun - began,
        ended=ended - began,
        seconds=job.progress(ended),
        forecast=forecast.peak,
        peak=job.peak if killer or job.is_peak_known(ended) else None,
        killed=killer,
        again=again,
        home=None if job.home_at is None else job.home_at - began,
        size=job.source_size,
        pauses=pauses(trail, begun, ended, began),
        times=tuple(time - began for time in trail.times),
        memory=tuple(trail.memory),
    )


def recorded_end(trail: Trail) -> float:
    """The last that was seen of a job whose end was not."""
    return trail.times[-1] if trail.times else trail.born
