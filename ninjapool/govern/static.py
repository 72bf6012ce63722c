"""The policies of others, for comparison: a fixed `-j`, and the gates on what is free now.

They know the jobs' memory only as their own rule does. The sweep finds the `-j` that a user could
only find by trying each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ninjapool.govern.model import Action, Decision
from ninjapool.govern.simulate import NEVER, Run, World, simulate
from ninjapool.model import Forecast

if TYPE_CHECKING:
    from ninjapool.govern.model import Finished, Sample
    from ninjapool.govern.trace import Trace

_UNKNOWN = Forecast(
    peak=1, peak_spread=1.0, seconds=1.0, seconds_spread=1.0, curve=(1.0, 1.0), source="none"
)


class Nothing:
    """Knows nothing of any job and learns nothing."""

    def forecast(self, key: str, job_class: str) -> Forecast:  # noqa: ARG002
        return _UNKNOWN

    def seen(self, key: str, job_class: str, peak: int, seconds: float) -> None: ...

    def learn(self, key: str, job_class: str, peak: int, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """`ninja -jN`."""

    jobs: int

    def decide(self, sample: Sample, now: float) -> Decision:  # noqa: ARG002
        return Decision(actions=(), slots=self.jobs, next_look=NEVER, held_for="nothing")

    def finished(self, job: Finished) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Memfree:
    """GNU parallel's `--memfree`: one more while `size` is free; the youngest dies below half."""

    jobs: int
    size: int
    kills: bool = True
    look: float = 1.0

    def decide(self, sample: Sample, now: float) -> Decision:  # noqa: ARG002
        alive = len(sample.jobs)
        more = sample.headroom >= self.size or not alive
        actions: tuple[Action, ...] = ()
        if self.kills and sample.headroom < self.size / 2 and alive > 1:
            youngest = max(job.id for job in sample.jobs)
            actions = (Action(verb="kill", job=youngest, why="memory is short now"),)
        slots = min(self.jobs, alive + 1) if more else max(1, alive)
        return Decision(actions=actions, slots=slots, next_look=self.look, held_for="memory")

    def finished(self, job: Finished) -> None: ...


def by_maximum(trace: Trace) -> int:
    """The `-j` at which all jobs could be at the largest peak at once."""
    return _clamped(trace, max(job.peak for job in trace.jobs))


def ram_per_job(trace: Trace, per_job: int) -> int:
    """LLVM's `LLVM_RAM_PER_COMPILE_JOB`: memory divided by what the user says a job takes."""
    return _clamped(trace, per_job)


def _clamped(trace: Trace, per_job: int) -> int:
    return max(1, min(trace.cores, trace.limit // per_job))


def sweep(trace: Trace, world: World | None = None) -> dict[int, Run]:
    """Each `-jK` from 1 to the cores."""
    runs: dict[int, Run] = {}
    world = replace(world or World(), retries=False)
    for jobs in range(1, trace.cores + 1):
        runs[jobs] = simulate(trace, Fixed(jobs=jobs), Nothing(), world)
    return runs


def best_surviving(runs: dict[int, Run]) -> tuple[int, Run] | None:
    """The fastest `-jK` in which the kernel killed nothing."""
    alive = [(jobs, run) for jobs, run in runs.items() if run.finished and not run.kernel_kills]
    return min(alive, key=lambda item: item[1].seconds, default=None)
