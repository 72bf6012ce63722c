"""What is simulated: a build directory or a trace, with all that is known of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ninjapool.cli.args import Args
from ninjapool.cli.known import look
from ninjapool.errors import FileError, NinjapoolError
from ninjapool.forecast import Forecaster, Prior
from ninjapool.govern import learned, place
from ninjapool.paths import is_file
from ninjapool.project.graph import read_graph
from ninjapool.record import shelf
from ninjapool.whatif import traces
from ninjapool.whatif.figures import Figured, Sources, figured, of_record
from ninjapool.whatif.model import Took

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ninjapool.cli.known import Known
    from ninjapool.model import JobClass
    from ninjapool.record.model import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is built, and all that settings have in common."""

    known: Known
    figured: Figured
    pools: Mapping[str, int]
    priors: Mapping[JobClass, Prior]
    record: Record | None = None
    stubs: Mapping[str, int] = field(default_factory=dict)
    """Bytes that jobs took here while they were compiled elsewhere, where a build has shown it."""


def subject_of(where: Path, profile: str | None = None) -> Subject:
    """`where`: a build directory, or a trace in a file. FileError where it is neither."""
    if is_file(where):
        return _from_file(where)
    known = look(Args(command=_nothing, profile=profile), where)
    record = shelf.read(shelf.names(where, os.environ).last)
    graph = read_graph(where)
    if not graph.nodes:
        raise _nothing_to_build(where)
    priors = {one.job_class: Prior.from_estimate(one) for one in known.estimates}
    fresh = Forecaster(priors)
    history, durations = _past(known)
    sources = Sources(
        record=of_record(record.jobs) if record else {},
        history=history,
        durations=durations,
        forecast=fresh.forecast,
    )
    made = figured(str(where), graph.nodes, sources)
    return Subject(
        known=known,
        figured=made,
        pools=graph.depths,
        priors=priors,
        record=record,
        stubs=_stubs(known, record),
    )


def _stubs(known: Known, record: Record | None) -> dict[str, int]:
    """By the last build first."""
    past = {key: one.peak for key, one in known.chronicle.past.sent().items() if one.peak}
    jobs = record.jobs if record else ()
    return past | {job.key: job.peak for job in jobs if job.job_class == "remote" and job.peak}


def _nothing_to_build(where: Path) -> NinjapoolError:
    file = where / "build.ninja"
    if not is_file(file):
        return place.not_configured(where, f"{where} has no build.ninja")
    return FileError(file, "there is nothing to build in it", hint=f"ninja -C {where} -n says more")


def _past(known: Known) -> tuple[dict[str, Took], dict[str, float]]:
    """What earlier builds have shown of each output, and its seconds in ninja's log."""
    pasts = known.chronicle.past.latest().items()
    took = {
        key: Took(seconds=one.seconds, peak=one.peak, curve=learned.curve(one))
        for key, one in pasts
    }
    return took, dict(known.durations)


def _from_file(file: Path) -> Subject:
    try:
        trace = traces.load(file)
    except ValueError as problem:
        raise FileError(file, "not a trace") from problem
    known = look(Args(command=_nothing), None)
    took = {
        job.name: Took(seconds=job.seconds, peak=job.peak, curve=job.curve) for job in trace.jobs
    }
    made = Figured(trace=trace, origins={"history": len(trace.jobs)}, known=took)
    priors = {one.job_class: Prior.from_estimate(one) for one in known.estimates}
    return Subject(known=known, figured=made, pools={}, priors=priors)


def _nothing(_: Args) -> int:
    return 0
