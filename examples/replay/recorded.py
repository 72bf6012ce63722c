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
    from ninjapool.whatif.model import Origin

MEASURED: tuple[Origin, ...] = ("record", "history")
ENOUGH = 0.95
"""Of all edges. One that is over in a few hundredths of a second may be missing in the record."""


def trace(build: Path, name: str, source: str) -> Trace:
    """ValueError for a directory of whose edges too many were never built under ninjapool."""
    figured = subject_of(build).figured
    jobs, origins = figured.trace.jobs, figured.origins
    found = sum(origins.get(origin, 0) for origin in MEASURED)
    if found < ENOUGH * len(jobs):
        msg = f"{build}: only {found} of {len(jobs)} edges were measured: ninjapool build {build}"
        raise ValueError(msg)
    return replace(figured.trace, name=name, source=source, jobs=tuple(map(_plain_job, jobs)))


def _plain_job(job: TraceJob) -> TraceJob:
    """Without its pool, which the replayed build does not have."""
    needs = tuple(map(plain, job.needs))
    return replace(job, name=plain(job.name), needs=needs, pool=None)


def plain(path: str) -> str:
    """A path below the build directory, of letters that mean nothing to ninja or a shell."""
    inside = re.sub(r"^/|(?<![^/])\.\./", "_/", path)
    return re.sub(r"[^\w./+-]", "_", inside, flags=re.ASCII)
