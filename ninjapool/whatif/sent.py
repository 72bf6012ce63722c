"""A trace whose compiles are done elsewhere: what is left of each here, and for how long.

Does not run it; that is the business of `afar`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ninjapool.size.elsewhere import COMPILES, STEPS, STUB, load
from ninjapool.whatif.figures import place_of
from ninjapool.whatif.model import Took

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ninjapool.forecast import Prior
    from ninjapool.govern.trace import Curve, Trace, TraceJob
    from ninjapool.size.elsewhere import Load
    from ninjapool.whatif.figures import Figured


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The same build with its compiles elsewhere."""

    trace: Trace
    loads: Mapping[str, Load]
    """What each that is sent takes of this machine, by name."""
    known: Mapping[str, Took]
    """What the next such build will know of its jobs."""


def sent(made: Figured, stub: Prior, stubs: Mapping[str, int], gigabits: float) -> Sent:
    """`stub`: what stubs and preprocessors take as a rule; `stubs`: what they took, where seen."""
    compiles = [job for job in made.trace.jobs if job.job_class in COMPILES]
    loads = {job.name: load(job.seconds, gigabits) for job in compiles}
    peaks = {job.name: stubs.get(job.name) or _likely(job.name, stub) for job in compiles}
    left = {job.name: _stub(job, loads[job.name], peaks[job.name]) for job in compiles}
    took = {job.name: _took(job) for job in left.values()}
    return Sent(
        trace=replace(made.trace, jobs=tuple(left.get(job.name, job) for job in made.trace.jobs)),
        loads=loads,
        known={**made.known, **took},
    )


def _took(job: TraceJob) -> Took:
    return Took(seconds=job.seconds, peak=job.peak, curve=job.curve)


def _stub(job: TraceJob, left: Load, peak: int) -> TraceJob:
    """The pool that it had was sized for compiles of this machine: it is in none."""
    return replace(
        job,
        job_class="remote",
        peak=peak,
        seconds=left.seconds,
        curve=_curve(left.here / left.seconds, peak),
        pool=None,
    )


def _likely(name: str, stub: Prior) -> int:
    return max(STUB, int(stub.peak * math.exp(place_of(name) * stub.peak_spread)))


def _curve(part: float, peak: int) -> Curve:
    """The preprocessor's, as if it had all from the first; then that of a stub that waits."""
    busy = max(1, math.ceil(STEPS * part)) + 1
    return (1.0,) * busy + (min(1.0, STUB / peak),) * (STEPS + 1 - busy)
