"""A build as trace events: for Perfetto, chrome://tracing and speedscope. Pure.

Format: "Trace Event Format", complete events (X) and counters (C); times are microseconds. Jobs
stand in rows as in slots, each in the first that is free; what is held back has rows of its own.
"""

from __future__ import annotations

import heapq
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ninjapool.record.model import JobRecord, Moment, Record

BUILD, WAITING, AWAY = 1, 2, 3
"""Process numbers: the rows of what ran here, what was held back, what was compiled elsewhere."""


def trace(record: Record) -> str:
    timed = sorted([*_jobs(record), *_counters(record)], key=lambda event: event["ts"])
    events = [*_names(record), *timed]
    document = {"traceEvents": events, "displayTimeUnit": "ms"}
    return json.dumps(document, separators=(",", ":")) + "\n"


def _names(record: Record) -> Iterator[dict[str, Any]]:
    named = [(BUILD, f"jobs of {record.frame.folder}"), (WAITING, "held back")]
    if any(job.job_class == "remote" for job in record.jobs):
        named.append((AWAY, "compiled elsewhere"))
    for process, name in named:
        head = {"ph": "M", "pid": process, "tid": 0, "ts": 0, "name": "process_name"}
        yield {**head, "args": {"name": name}}


def _jobs(record: Record) -> Iterator[dict[str, Any]]:
    began = [job for job in record.jobs if job.begun is not None]
    yield from _ran(BUILD, [job for job in began if job.job_class != "remote"])
    yield from _ran(AWAY, [job for job in began if job.job_class == "remote"])
    held = [job for job in record.jobs if job.held > 0]
    for row, job in rows(((job.born, job) for job in held), held=True):
        yield _span(WAITING, row, job, job.born, job.born + job.held)


def _ran(process: int, jobs: Iterable[JobRecord]) -> Iterator[dict[str, Any]]:
    for row, job in rows((job.begun or 0.0, job) for job in jobs):
        yield _span(process, row, job, job.begun or 0.0, job.ended)
        for pause in job.pauses:
            event = _span(process, row, job, pause.begin, pause.end)
            yield {**event, "name": "paused", "cname": "terrible", "args": {"why": pause.why}}


def rows(
    jobs: Iterable[tuple[float, JobRecord]], *, held: bool = False
) -> Iterator[tuple[int, JobRecord]]:
    """Each in the lowest row that is free from its begin to its end."""
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    for begin, job in sorted(jobs, key=lambda one: one[0]):
        while busy and busy[0][0] <= begin:
            heapq.heappush(free, heapq.heappop(busy)[1])
        row = heapq.heappop(free) if free else len(busy) + 1
        heapq.heappush(busy, (job.born + job.held if held else job.ended, row))
        yield row, job


def _span(process: int, row: int, job: JobRecord, begin: float, end: float) -> dict[str, Any]:
    return {
        "ph": "X",
        "pid": process,
        "tid": row,
        "name": job.key,
        "cat": job.job_class,
        "ts": round(begin * 1e6),
        "dur": max(1, round((end - begin) * 1e6)),
        "args": {
            "peak_bytes": job.peak,
            "forecast_bytes": job.forecast,
            "forecast_by": job.source,
            "held_seconds": round(job.held, 3),
            "killed_by": job.killed,
            **({} if job.home is None else {"came_home_at": round(job.home, 3)}),
        },
    }


def _counters(record: Record) -> Iterator[dict[str, Any]]:
    for moment in record.timeline:
        yield _counter("memory", moment, use=moment.use, budget=record.frame.budget(moment))
        yield _counter("jobs", moment, running=moment.running, paused=moment.paused)
        if record.frame.away:
            yield _counter("elsewhere", moment, away=moment.away)
        yield _counter("held back", moment, held=moment.held)


def _counter(name: str, moment: Moment, **values: int) -> dict[str, Any]:
    return {"ph": "C", "pid": BUILD, "name": name, "ts": round(moment.at * 1e6), "args": values}
