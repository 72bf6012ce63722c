"""A record as text and back: JSON, a job a list, so that ten thousand stay small. Pure.

What only some builds have, as compiles that were done elsewhere, stands at the end of a list, and
only where it is: so older records are read, and of new ones those that have none are as they were.

What cannot be understood, of a newer version or damaged, is None: a record is a help, no duty.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast, get_args

from ninjapool.model import JobClass
from ninjapool.record.model import (
    Frame,
    JobRecord,
    Live,
    LiveJob,
    Moment,
    Pause,
    Record,
    State,
    Why,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA = 1
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)


def render(record: Record) -> str:
    document = {
        "schema": SCHEMA,
        "frame": asdict(record.frame),
        "seconds": _short(record.seconds),
        "exit_code": record.exit_code,
        "rounds": record.rounds,
        "used": _short(record.used),
        "unused": {why: _short(seconds) for why, seconds in record.unused.items()},
        "jobs": [_job_row(job) for job in record.jobs],
        "timeline": [_moment_row(moment) for moment in record.timeline],
    }
    return json.dumps(document, separators=(",", ":")) + "\n"


def parse(text: str) -> Record | None:
    try:
        told = json.loads(text)
        if told["schema"] != SCHEMA:
            return None
        return Record(
            frame=Frame(**told["frame"]),
            seconds=float(told["seconds"]),
            exit_code=int(told["exit_code"]),
            rounds=int(told["rounds"]),
            used=float(told["used"]),
            unused={_why(why): float(seconds) for why, seconds in told["unused"].items()},
            jobs=tuple(_job(row) for row in told["jobs"]),
            timeline=tuple(_moment(row) for row in told["timeline"]),
        )
    except _UNREADABLE:
        return None


def render_live(live: Live) -> str:
    document = {
        "schema": SCHEMA,
        "frame": asdict(live.frame),
        "moment": _moment_row(live.moment),
        "jobs": [_live_row(job) for job in live.jobs],
        "done": live.done,
        "over": live.over,
    }
    return json.dumps(document, separators=(",", ":")) + "\n"


def parse_live(text: str) -> Live | None:
    try:
        told = json.loads(text)
        if told["schema"] != SCHEMA:
            return None
        return Live(
            frame=Frame(**told["frame"]),
            moment=_moment(told["moment"]),
            jobs=tuple(_live_job(row) for row in told["jobs"]),
            done=int(told["done"]),
            over=bool(told["over"]),
        )
    except _UNREADABLE:
        return None


def _short(seconds: float) -> float:
    return round(seconds, 3)


def _job_row(job: JobRecord) -> list[Any]:
    return [
        job.key,
        job.job_class,
        job.source,
        _short(job.born),
        None if job.begun is None else _short(job.begun),
        _short(job.ended),
        _short(job.seconds),
        job.forecast,
        job.peak,
        job.killed,
        int(job.again),
        job.size,
        [[_short(pause.begin), _short(pause.end), pause.why] for pause in job.pauses],
        [_short(time) for time in job.times],
        [memory >> 10 for memory in job.memory],
        *([] if job.home is None else [_short(job.home)]),
    ]


def _job(row: Sequence[Any]) -> JobRecord:
    key, job_class, source, born, begun, ended, seconds, forecast, peak, killed, *rest = row
    again, size, pauses, times, memory, *home = rest
    if job_class not in get_args(JobClass) or len(times) != len(memory):
        raise ValueError(job_class)
    return JobRecord(
        key=str(key),
        job_class=cast("JobClass", job_class),
        source=str(source),
        born=float(born),
        begun=None if begun is None else float(begun),
        ended=float(ended),
        seconds=float(seconds),
        forecast=int(forecast),
        peak=None if peak is None else int(peak),
        killed=killed if killed in ("governor", "kernel") else None,
        again=bool(again),
        home=float(home[0]) if home else None,
        size=None if size is None else int(size),
        pauses=tuple(Pause(begin=float(b), end=float(e), why=str(why)) for b, e, why in pauses),
        times=tuple(float(time) for time in times),
        memory=tuple(int(kib) << 10 for kib in memory),
    )


def _live_row(job: LiveJob) -> list[Any]:
    return [job.key, job.job_class, job.state, job.memory, job.forecast, _short(job.seconds)]


def _live_job(row: Sequence[Any]) -> LiveJob:
    key, job_class, state, memory, forecast, seconds = row
    if job_class not in get_args(JobClass) or state not in ("held", "running", "paused"):
        raise ValueError(job_class)
    return LiveJob(
        key=str(key),
        job_class=cast("JobClass", job_class),
        state=cast("State", state),
        memory=int(memory),
        forecast=int(forecast),
        seconds=float(seconds),
    )


def _moment_row(moment: Moment) -> list[Any]:
    counts = [moment.running, moment.held, moment.paused]
    away = [moment.away] if moment.away else []
    return [
        _short(moment.at), moment.use, moment.free, *counts, moment.why, _short(moment.pace), *away
    ]  # fmt: skip


def _moment(row: Sequence[Any]) -> Moment:
    at, use, free, running, held, paused, why, pace, *away = row
    return Moment(
        at=float(at),
        use=int(use),
        free=int(free),
        running=int(running),
        held=int(held),
        paused=int(paused),
        why=_why(why),
        pace=float(pace),
        away=int(away[0]) if away else 0,
    )


def _why(text: str) -> Why:
    if text not in get_args(Why):
        raise ValueError(text)
    return cast("Why", text)
