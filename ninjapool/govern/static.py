"""The policies of others, for comparison: a fixed `-j`, and the gates on what is free now.

They know the jobs' memory only as their own rule does. The sweep finds the `-j` that a user could
only find by trying each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ninjapool.govern.model import Action, Decision
from ninjapool.govern.simulate import NEVER, SHELL, Run, World, simulate
from ninjapool.model import Forecast

if TYPE_CHECKING:
    from ninjapool.govern.model import Finished, Sample
    from ninjapool.govern.trace import Trace
    from ninjapool.model import JobClass

_UNKNOWN = Forecast(
    peak=1, peak_spread=1.0, seconds=1.0, seconds_spread=1.0, curve=(1.0, 1.0), source="none"
)


class Nothing:
    """Knows nothing of any job and learns nothing."""

    def forecast(self, key: str, job_class: JobClass, size: int | None = None) -> Forecast:
        del key, job_class, size
        return _UNKNOWN

    def seen(self, key: str, job_class: JobClass, peak: int, seconds: float) -> None: ...
    def learn(self, key: str, job_class: JobClass, peak: int, seconds: float) -> None: ...
    def lost(self, key: str, job_class: JobClass, peak: int) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """`ninja -jN`: the N oldest run. Looks only when a job has ended."""

    jobs: int

    def decide(self, sample: Sample, now: float) -> Decision:
        del now
        return Decision(actions=_only(self.jobs, sample), next_look=NEVER, held_for="nothing")

    def finished(self, job: Finished) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Memfree:
    """GNU parallel's `--memfree`: one more while `size` is free; the youngest dies below half."""

    jobs: int
    size: int
    kills: bool = True
    look: float = 1.0

    def decide(self, sample: Sample, now: float) -> Decision:
        del now
        begun = [job.id for job in sample.jobs if job.memory > SHELL]
        more = sample.headroom >= self.size or not begun
        width = min(self.jobs, len(begun) + 1) if more else len(begun)
        actions = _only(max(1, width), sample)
        if self.kills and sample.headroom < self.size / 2 and len(begun) > 1:
            actions += (Action(verb="kill", job=max(begun), why="memory is short now"),)
        return Decision(actions=actions, next_look=self.look, held_for="memory")

    def finished(self, job: Finished) -> None: ...


def _only(jobs: int, sample: Sample) -> tuple[Action, ...]:
    """Starts the oldest that stand still, as far as there is room, and holds the newborn others."""
    oldest = sorted(sample.jobs, key=lambda job: job.id)
    starts = [
        Action(verb="start", job=job.id, why="a slot is free")
        for job in oldest[:jobs]
        if job.state != "running"
    ]
    holds = [
        Action(verb="pause", job=job.id, why="no slot is free")
        for job in oldest[jobs:]
        if job.state == "running"
    ]
    return (*starts, *holds)


def by_maximum(trace: Trace, world: World) -> int:
    """The `-j` at which all jobs could be at the largest peak at once."""
    return ram_per_job(world, max(job.peak for job in trace.jobs))


def ram_per_job(world: World, per_job: int) -> int:
    """LLVM's `LLVM_RAM_PER_COMPILE_JOB`: memory divided by what the user says a job takes."""
    return max(1, min(world.cores, world.limit // per_job))


def sweep(trace: Trace, world: World) -> dict[int, Run]:
    """Each `-jK` from 1 to the cores."""
    runs: dict[int, Run] = {}
    for jobs in range(1, world.cores + 1):
        alone = replace(world, retries=0, slots=jobs, held_at_birth=False)
        runs[jobs] = simulate(trace, alone, Fixed(jobs=jobs), Nothing())
    return runs


def best_surviving(runs: dict[int, Run]) -> tuple[int, Run] | None:
    """The fastest `-jK` in which the kernel killed nothing."""
    alive = [(jobs, run) for jobs, run in runs.items() if run.finished and not run.kernel_kills]
    return min(alive, key=lambda item: item[1].seconds, default=None)
