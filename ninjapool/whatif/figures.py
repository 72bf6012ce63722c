"""A build directory as a trace: each edge with what it took last, or what is thought of its kind.

Pure. A job of which nothing is known gets a peak and seconds drawn from its forecast: which one,
its name decides, so that the same question has the same answer. That is a likely build, not this.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections import Counter
from dataclasses import dataclass, field, replace
from statistics import NormalDist
from typing import TYPE_CHECKING

from ninjapool.govern.trace import Trace, TraceJob
from ninjapool.whatif.model import Took

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ninjapool.model import Forecast, JobClass
    from ninjapool.project.graph import Node
    from ninjapool.record.model import JobRecord
    from ninjapool.whatif.model import Origin

STEPS = 20
"""Of a curve."""
ENOUGH = 5
"""Points of a job from which its own curve is known."""
BRIEF = 0.02
"""Seconds of a job whose own are not known, or so short that it hardly counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """All that is known: the better ones first."""

    record: Mapping[str, JobRecord] = field(default_factory=dict)
    """The last build's jobs that ended well, by key."""
    history: Mapping[str, Took] = field(default_factory=dict)
    durations: Mapping[str, float] = field(default_factory=dict)
    """Seconds in ninja's log."""
    forecast: Callable[[str, JobClass, int | None], Forecast]
    """What would be thought of it without all that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figured:
    """The trace, and how many of its jobs rest on what."""

    trace: Trace
    origins: Mapping[Origin, int]
    known: Mapping[str, Took]
    """What the next build will know of its jobs."""


def figured(name: str, nodes: Iterable[Node], sources: Sources) -> Figured:
    jobs: list[TraceJob] = []
    origins: Counter[Origin] = Counter()
    known: dict[str, Took] = {}
    for node in nodes:
        job, origin = _job(node, sources)
        jobs.append(job)
        origins[origin] += 1
        if origin in ("record", "history"):
            known[job.name] = Took(seconds=job.seconds, peak=job.peak, curve=job.curve)
        elif origin == "log":
            known[job.name] = Took(seconds=job.seconds)
    whence = ", ".join(f"{count} by {origin}" for origin, count in origins.items())
    trace = Trace(name=name, source=whence, jobs=tuple(jobs))
    return Figured(trace=trace, origins=dict(origins), known=known)


def of_record(jobs: Iterable[JobRecord]) -> dict[str, JobRecord]:
    """Those that ended well on this machine, by key: what is left of others tells nothing."""
    return {job.key: job for job in jobs if job.killed is None and job.job_class != "remote"}


def as_slow(trace: Trace, jobs: Mapping[str, JobRecord]) -> Trace:
    """The same with jobs that last as long as these did by the clock, beside other work."""
    ran = {key: job.ran for key, job in jobs.items()}
    return replace(
        trace,
        jobs=tuple(
            replace(job, seconds=max(job.seconds, ran.get(job.name, 0.0))) for job in trace.jobs
        ),
    )


def _job(node: Node, sources: Sources) -> tuple[TraceJob, Origin]:
    record, past = sources.record.get(node.output), sources.history.get(node.output)
    size = record.size if record else None
    thought = sources.forecast(node.output, node.job_class, size)
    curve = thought.curve
    origin: Origin = "profile"
    place = place_of(node.output)
    peak = int(thought.peak * math.exp(place * thought.peak_spread))
    seconds = thought.seconds * math.exp(place * thought.seconds_spread)
    if record is not None and (record.peak or record.seconds < BRIEF * 10):
        origin, seconds = "record", record.seconds
        peak = record.peak or min(peak, SMALL)
        curve = own_curve(record) or curve
    elif past is not None and past.peak is not None:
        origin, seconds, peak = "history", past.seconds, past.peak
        curve = past.curve or curve
    elif past is not None or node.output in sources.durations:
        seconds = past.seconds if past else sources.durations[node.output]
        origin = "log"
    job = TraceJob(
        name=node.output,
        job_class=node.job_class,
        peak=max(peak, 1 << 16),
        seconds=max(seconds, BRIEF),
        curve=curve,
        needs=node.needs,
        size=size,
        pool=node.pool,
    )
    return job, origin


SMALL = 8 << 20
"""Bytes of a job that was over before it was seen."""


def place_of(key: str) -> float:
    """Where a job stands among those of its kind, in standard deviations: by its name, evenly."""
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=6).digest()
    return NormalDist().inv_cdf((int.from_bytes(digest, "big") + 0.5) / 2**48)


def own_curve(job: JobRecord) -> tuple[float, ...] | None:
    """Its memory by its progress, as shares of its peak; None where too few points are known."""
    if job.begun is None or not job.peak or len(job.times) < ENOUGH or job.ran <= 0:
        return None
    points = [(0.0, 0.0)]
    for time, memory in zip(job.times, job.memory, strict=True):
        stood = sum(min(p.end, time) - p.begin for p in job.pauses if p.begin < time)
        place = (time - job.begun - stood) / job.ran
        if points[-1][0] < place < 1.0:
            points.append((place, memory / job.peak))
    points.append((1.0, points[-1][1]))
    shares = [_between(points, step / STEPS) for step in range(STEPS + 1)]
    top = max(range(len(shares)), key=shares.__getitem__)
    shares[top] = 1.0
    return tuple(round(share, 3) for share in shares)


def _between(points: list[tuple[float, float]], place: float) -> float:
    for (left, low), (right, high) in itertools.pairwise(points):
        if place <= right:
            return low + (high - low) * (place - left) / (right - left)
    return points[-1][1]
