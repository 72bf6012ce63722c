"""What a governed build has left of itself, as a trace: each edge with its own peak and curve.

The figures are those of `ninjapool simulate`, which asks them of the last build's record, then of
the history. Names are made such that ninja and a shell take them as they are.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ninjapool.cli.subject import subject_of

if TYPE_CHECKING:
    from pathlib import Path

    from ninjapool.govern.trace import Trace, TraceJob

ENOUGH = 0.95
"""Of all edges. One that is over in a few hundredths of a second may be missing in the record."""


def trace(build: Path, name: str, source: str) -> Trace:
    """Of the edges that were measured; nobody waits for the others.

    ValueError for a directory of whose edges too many were never built under ninjapool.
    """
    figured = subject_of(build).figured
    measured = {output for output, took in figured.known.items() if took.peak is not None}
    jobs = [job for job in figured.trace.jobs if job.name in measured]
    if len(jobs) < ENOUGH * len(figured.trace.jobs):
        msg = f"{build}: only {len(jobs)} of {len(figured.trace.jobs)} edges were measured"
        raise ValueError(f"{msg}: ninjapool build {build}")
    made = tuple(_plain_job(job, measured) for job in jobs)
    return replace(figured.trace, name=name, source=source, jobs=made)


def _plain_job(job: TraceJob, measured: set[str]) -> TraceJob:
    """Without its pool, which the replayed build does not have."""
    needs = tuple(plain(need) for need in job.needs if need in measured)
    return replace(job, name=plain(job.name), needs=needs, pool=None)


def plain(path: str) -> str:
    """A path below the build directory, of letters that mean nothing to ninja or a shell."""
    inside = re.sub(r"^/|(?<![^/])\.\./", "_/", path)
    return re.sub(r"[^\w./+-]", "_", inside, flags=re.ASCII)
