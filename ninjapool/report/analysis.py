"""What a record shows: how the slots were used, which jobs weighed, what the end waited for.

Pure sums over the record and, where it is known, over what waits for what. Knows no layout.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ninjapool.model import JobClass
    from ninjapool.record.model import JobRecord, Moment, Record

Slot = Literal["used", "cpus", "memory", "pool", "nothing"]
SLOTS: tuple[Slot, ...] = ("used", "cpus", "memory", "pool", "nothing")
"""What becomes of a slot: a job gets on in it; its job waits for a CPU; it stands empty for want
of memory, because a job pool is full, or because nothing is ready."""
FAR = 1.5
"""A job that took so many times its forecast was far above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What waits for what; empty where no build file tells it."""

    needs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pools: Mapping[str, str] = field(default_factory=dict)
    """Pool by output."""
    depths: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A job of the chain that the end waited for."""

    job: JobRecord
    ready: float
    """When the last that it needed had ended."""

    @property
    def waited(self) -> float:
        """Seconds from then in which it did not run."""
        return max(0.0, self.job.ended - self.ready - self.job.ran)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Forecast against measured, over the jobs of a class."""

    job_class: JobClass
    jobs: int
    forecast: int
    """Mean, in bytes."""
    measured: int
    far: int
    """Jobs that took more than FAR times what was forecast."""


@dataclass(frozen=True)
class Analysis:
    """A record with what follows from it; each part is computed when it is asked for."""

    record: Record
    wiring: Wiring = Wiring()

    @cached_property
    def jobs(self) -> tuple[JobRecord, ...]:
        """Those that ended by themselves."""
        return tuple(job for job in self.record.jobs if job.killed is None)

    @cached_property
    def killed(self) -> tuple[JobRecord, ...]:
        return tuple(job for job in self.record.jobs if job.killed is not None)

    @cached_property
    def waited(self) -> tuple[JobRecord, ...]:
        """Held back or paused for a second and more; the longest first."""
        found = [job for job in self.record.jobs if job.held + job.paused >= 1.0]
        return tuple(sorted(found, key=lambda job: (-job.held - job.paused, job.key)))

    @cached_property
    def heaviest(self) -> tuple[JobRecord, ...]:
        return tuple(sorted(self.jobs, key=lambda job: (-(job.peak or 0), job.key)))

    @cached_property
    def longest(self) -> tuple[JobRecord, ...]:
        return tuple(sorted(self.jobs, key=lambda job: (-job.seconds, job.key)))

    @cached_property
    def peak(self) -> Moment | None:
        """When all jobs held most."""
        return max(self.record.timeline, key=lambda moment: moment.use, default=None)

    @cached_property
    def budget(self) -> int:
        """The median of what jobs might hold."""
        budgets = sorted(self.record.frame.budget(moment) for moment in self.record.timeline)
        return budgets[len(budgets) // 2] if budgets else 0

    # ------------------------------------------------------------ bounds

    @cached_property
    def cpu_seconds(self) -> float:
        """On this machine."""
        return sum(job.seconds for job in self.jobs if job.job_class != "remote")

    @cached_property
    def byte_seconds(self) -> float:
        return sum(area(job) for job in self.jobs)

    @cached_property
    def longest_chain(self) -> float | None:
        """Seconds of the slowest chain if nothing ever waited; None where needs are not known."""
        if not self.wiring.needs:
            return None
        seconds = {job.key: job.seconds for job in self.jobs}
        ends: dict[str, float] = {}
        for key, needs in self.wiring.needs.items():  # each after those that it needs
            start = max((ends.get(need, 0.0) for need in needs), default=0.0)
            ends[key] = start + seconds.get(key, 0.0)
        return max(ends.values(), default=0.0)

    # ------------------------------------------------------------ slots

    @cached_property
    def spans(self) -> tuple[tuple[Moment, float], ...]:
        """Each moment with the seconds that it stands for."""
        timeline = self.record.timeline
        if not timeline:
            return ()
        ends = [*(moment.at for moment in timeline[1:]), self.record.seconds]
        return tuple((m, max(0.0, end - m.at)) for m, end in zip(timeline, ends, strict=True))

    def slots(self, moment: Moment) -> dict[Slot, float]:
        """The slots at a moment, by what becomes of them."""
        cores = self.record.frame.cores
        running = min(moment.running, cores)
        idle = cores - running
        why: Slot = "memory" if moment.why == "memory" else "nothing"
        if why == "nothing" and idle and self.full_pool(moment.at):
            why = "pool"
        gets_on = running * moment.pace
        found: dict[Slot, float] = dict.fromkeys(SLOTS, 0.0)
        found["used"], found["cpus"] = gets_on, running - gets_on
        found[why] += idle
        return found

    @cached_property
    def shares(self) -> dict[Slot, float]:
        """Parts of all slot time, which add up to 1; counted, where the record has counted."""
        sums: dict[Slot, float] = dict.fromkeys(SLOTS, 0.0)
        for moment, span in self.spans:
            for slot, number in self.slots(moment).items():
                sums[slot] += number * span
        counted = self.record.unused
        ran, empty = sums["used"] + sums["cpus"], sums["pool"] + sums["nothing"]
        groups: tuple[tuple[tuple[Slot, ...], float, float], ...] = (
            (("used", "cpus"), ran, self.record.used),
            (("memory",), sums["memory"], counted.get("memory", 0.0)),
            (("pool", "nothing"), empty, counted.get("nothing", 0.0)),
        )
        for slots, seen, exact in groups:
            for slot in slots:
                sums[slot] = exact * (sums[slot] / seen if seen else float(slot == slots[-1]))
        whole = sum(sums.values())
        return {slot: number / whole if whole else 0.0 for slot, number in sums.items()}

    @cached_property
    def _pooled(self) -> dict[str, tuple[list[float], list[float]]]:
        """Births and ends, sorted, of the jobs of each pool."""
        times: dict[str, tuple[list[float], list[float]]] = {}
        for job in self.record.jobs:
            pool = self.wiring.pools.get(job.key)
            if pool is not None and pool in self.wiring.depths:
                births, ends = times.setdefault(pool, ([], []))
                births.append(job.born)
                ends.append(job.ended)
        for births, ends in times.values():
            births.sort()
            ends.sort()
        return times

    def full_pool(self, at: float) -> str | None:
        """A pool that has all the jobs that it may have, and later gets more."""
        for pool, (births, ends) in self._pooled.items():
            born = bisect_right(births, at)
            alive = born - bisect_left(ends, at)
            if born < len(births) and alive >= self.wiring.depths[pool] > 0:
                return pool
        return None

    # ------------------------------------------------------------ the chain

    @cached_property
    def chain(self) -> tuple[Step, ...]:
        """From the job that ended last, back to what each waited for longest; in order of time."""
        lives = {job.key: job for job in self.jobs}
        job = max(self.jobs, key=lambda job: job.ended, default=None)
        steps: list[Step] = []
        while job is not None and self.wiring.needs:
            needed = (lives.get(need) for need in self.wiring.needs.get(job.key, ()))
            before = max((one for one in needed if one), key=lambda one: one.ended, default=None)
            if before is not None and before.ended > job.ended:
                before = None  # it was built anew later: not what this one waited for
            steps.append(Step(job=job, ready=before.ended if before else 0.0))
            job = before
        return tuple(reversed(steps))

    # ------------------------------------------------------------ calibration

    @cached_property
    def fits(self) -> tuple[Fit, ...]:
        return tuple(self._fits())

    def _fits(self) -> Iterator[Fit]:
        by_class: dict[JobClass, list[tuple[int, int]]] = {}
        for job in self.jobs:
            if job.peak:
                by_class.setdefault(job.job_class, []).append((job.forecast, job.peak))
        for job_class, pairs in by_class.items():
            yield Fit(
                job_class=job_class,
                jobs=len(pairs),
                forecast=sum(forecast for forecast, _ in pairs) // len(pairs),
                measured=sum(measured for _, measured in pairs) // len(pairs),
                far=sum(measured > FAR * forecast for forecast, measured in pairs),
            )


def area(job: JobRecord) -> float:
    """Byte-seconds that it held, by the points that were kept, else three quarters of its peak."""
    points = outline(job)
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in itertools.pairwise(points))


def outline(job: JobRecord) -> list[tuple[float, float]]:
    """What it held over time, from its begin to its end."""
    begin = job.ended if job.begun is None else job.begun
    if len(job.times) < 2:
        held = 0.75 * (job.peak or 0)
        return [(begin, held), (max(begin, job.ended), held)]
    points = [(begin, 0.0)] if job.times[0] > begin else []
    points += [(t, float(m)) for t, m in zip(job.times, job.memory, strict=True) if t <= job.ended]
    last = points[-1][1] if points else 0.0
    return [*points, (job.ended, last)]
