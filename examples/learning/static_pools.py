"""Ninja under job pools in virtual time: what a plan by history gains over one by profile.

Ninja takes the next job in the order of the build file whose pool has room, as long as its own
width is not full. A build whose jobs hold more than the limit at any time is killed. Each job has
a processor of its own, as in `ninjapool.govern.simulate`; what is not modelled there is not here.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, replace
from pathlib import PurePath
from random import Random
from statistics import median
from typing import TYPE_CHECKING

from examples.replay import shapes
from ninjapool.history.entry import Entry, noise
from ninjapool.model import CpuLimit, Machine, MemoryLimit, Project, Setting
from ninjapool.size import Wishes, size_build
from ninjapool.units import MIB

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ninjapool.govern.trace import Trace, TraceJob
    from ninjapool.model import JobClass, Plan

CPUS, MEMORY = 16, 3500 * MIB
STEP = 0.1
"""Seconds between two looks at what all jobs hold."""
PEAK_NOISE, SECONDS_NOISE = 0.01, 0.10
"""ln of what two builds of an edge differ by, as in `examples.replay.simulate_policies`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One build."""

    seconds: float
    peak: float
    """Bytes; above the limit the kernel would have killed."""

    @property
    def killed(self) -> bool:
        return self.peak > MEMORY


def run(jobs: Sequence[TraceJob], pools: Mapping[JobClass, int], width: int) -> Ran:
    """Without an order between the jobs: the traces of compiles have none."""
    waiting = list(jobs)
    room, running, now, peak = dict(pools), list[tuple[float, int, float, "TraceJob"]](), 0.0, 0.0
    while waiting or running:
        begun = _take(waiting, room, width - len(running))
        for number, job in enumerate(begun):
            heapq.heappush(running, (now + job.seconds, len(waiting) * 100 + number, now, job))
        end = running[0][0]
        while now < end:
            now = min(end, now + STEP)
            peak = max(peak, sum(job.memory(now - since) for _, _, since, job in running))
        job = heapq.heappop(running)[3]
        if job.job_class in room:
            room[job.job_class] += 1
    return Ran(seconds=now, peak=peak)


def _take(waiting: list[TraceJob], room: dict[JobClass, int], width: int) -> list[TraceJob]:
    """The next jobs whose pools have room; they leave the queue."""
    taken: list[TraceJob] = []
    for job in list(waiting):
        if len(taken) >= width or not any(room.values()):
            break
        if room.get(job.job_class, 1) > 0:
            taken.append(job)
            waiting.remove(job)
            if job.job_class in room:
                room[job.job_class] -= 1
    return taken


# ---------------------------------------------------------------- the plans


def machine() -> Machine:
    return Machine(
        platform="linux",
        memory_limits=(MemoryLimit(name="cgroup", source="the replay", bytes=MEMORY),),
        cpu_limits=(CpuLimit(name="replayed", source="the replay", cpus=CPUS),),
    )


def project() -> Project:
    told = {"compiler": "gcc", "build_type": "Release", "debug_info": "none", "lto": "off"}
    settings = {key: Setting(value=value, source="the replay") for key, value in told.items()}
    linker = Setting(value="bfd", source="the replay")
    return Project(source=PurePath("/llvm"), name="LLVM", llvm=True, linker=linker, **settings)  # type: ignore[arg-type]


def learned(trace: Trace, seed: int) -> list[Entry]:
    """What an earlier build of the same jobs would have left."""
    random = Random(seed + 1000)
    found = []
    for job in trace.jobs:
        seconds = job.seconds * math.exp(random.gauss(0, SECONDS_NOISE))
        entry = Entry(
            output=job.name,
            variant="gcc -O3",
            job_class=job.job_class,
            source=job.name,
            command="",
            compiler="",
            size=job.size,
            peak=int(job.peak * math.exp(random.gauss(0, PEAK_NOISE))),
            spread=noise(seconds),
            seconds=seconds,
            curve=None,
            at_least=0,
            builds=1,
            at=0,
        )
        found.append(entry)
    return found


def plan(past: Sequence[Entry]) -> Plan:
    return size_build(machine(), project(), Wishes(), past=past).plan


def under(trace: Trace, plan: Plan) -> Ran:
    """The trace in the plan's pools, under ninja's own width."""
    heavy = {source for pool in plan.pools for source in pool.estimate.sources}
    jobs = [replace(job, job_class="heavy") if job.name in heavy else job for job in trace.jobs]
    return run(jobs, {pool.job_class: pool.depth for pool in plan.pools}, CPUS + 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Over some seeds."""

    gain: float
    """Median of the time under the profile's pools over that under history's."""
    least: float
    kills: int
    depths: str
    """Of the last seed."""


def compare(seeds: int) -> Compared:
    by_profile = plan([])
    gains, kills, by_history = [], 0, by_profile
    for seed in range(1, seeds + 1):
        trace = shapes.llvm(seed)
        by_history = plan(learned(trace, seed))
        before, after = under(trace, by_profile), under(trace, by_history)
        gains.append(before.seconds / after.seconds)
        kills += after.killed
    depths = ", ".join(_depth(one) for one in (by_profile, by_history))
    return Compared(gain=median(gains), least=min(gains), kills=kills, depths=depths)


def _depth(plan: Plan) -> str:
    return " ".join(
        f"{p.job_class} {p.depth}" for p in plan.pools if p.job_class in ("compile", "heavy")
    )
