"""What an earlier build would have left in the history, as far off as two builds of an edge are.

The forecasts are made from it by ninjapool itself.
"""

from __future__ import annotations

import math
from random import Random
from typing import TYPE_CHECKING

from ninjapool.govern import learned
from ninjapool.govern.trace import share
from ninjapool.history.entry import Entry, noise
from ninjapool.history.past import Found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ninjapool.govern.trace import Trace, TraceJob
    from ninjapool.model import Forecast

PEAK_SPREAD, SECONDS_SPREAD = 0.01, 0.10
"""ln of what two builds of an edge differ by: 71 compiles of LLVM 19, built twice on this project's
two noisy virtual CPUs: 0.014 and 0.19."""
YOUNG, OLD = 0.1, 0.03
"""The same of its memory in the first quarter of its life, and later."""
PARTS = 8
"""Of a life, at whose borders the history keeps a curve."""


def durations(trace: Trace, seed: int) -> dict[str, float]:
    """Seconds by output, as from `.ninja_log`."""
    random = Random(seed + 1000)
    return {job.name: job.seconds * math.exp(random.gauss(0, SECONDS_SPREAD)) for job in trace.jobs}


def entries(trace: Trace, seed: int, *, time_scale: float = 1.0) -> dict[str, Entry]:
    """By output; `time_scale` is what the trace's seconds are multiplied by already."""
    random = Random(seed + 1000)
    return {job.name: _entry(job, random, time_scale) for job in trace.jobs}


def _entry(job: TraceJob, random: Random, time_scale: float) -> Entry:
    seconds = job.seconds * math.exp(random.gauss(0, SECONDS_SPREAD))
    return Entry(
        output=job.name,
        variant="",
        job_class=job.job_class,
        source="",
        command="",
        compiler="",
        size=job.size,
        peak=round(job.peak * math.exp(random.gauss(0, PEAK_SPREAD))),
        spread=noise(seconds / time_scale),
        seconds=seconds,
        curve=_curve(job, random),
        at_least=0,
        builds=1,
        at=0,
    )


def _curve(job: TraceJob, random: Random) -> bytes:
    """In 255ths of the peak."""
    spreads = [YOUNG if part < PARTS / 4 else OLD for part in range(PARTS + 1)]
    shares = [
        share(job.curve, part / PARTS) * math.exp(random.gauss(0, spread))
        for part, spread in enumerate(spreads)
    ]
    return bytes([min(255, round(255 * part)) for part in shares])


def expected(entry: Entry) -> Forecast | None:
    """What `ninjapool build` makes of it, under the same command."""
    now = learned.Now(command=entry.command, size=entry.size)
    return learned.forecast(Found(entry=entry, nearness="own"), now, 0.0, None)


def told(entry: Entry) -> Sequence[object]:
    """For JSON."""
    return [*entry._replace(curve=None), (entry.curve or b"").hex()]


def heard(fields: Sequence[object]) -> Entry:
    """Back from JSON."""
    *rest, curve = fields
    return Entry(*rest)._replace(curve=bytes.fromhex(str(curve)))  # type: ignore[arg-type]
