"""Puts a Plan together: pools with their chain of reasons, and what the user must be warned of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ninjapool.model import Figure, Plan, Pool
from ninjapool.plan.figures import cpu_figure, memory_figure, reserve_figure
from ninjapool.plan.sizing import (
    RISK,
    THETAS,
    UNLUCK,
    Demand,
    binding_step,
    covered,
    fits,
    mean_running,
    needed_mib,
    pressure,
    size_pools,
)
from ninjapool.units import MIB, format_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ninjapool.model import Binding, Estimate, JobClass, Machine, Policy


def plan_build(machine: Machine, estimates: Sequence[Estimate], policy: Policy) -> Plan:
    """The pools for these jobs on this machine.

    Raises MachineError if the machine tells no memory or CPUs, ExcessError if the user asks for
    more than there is, UsageError if the reserve leaves nothing.
    """
    cpus = cpu_figure(machine, policy)
    memory = memory_figure(machine, policy)
    reserve = reserve_figure(machine, memory, policy)
    budget = memory.value - reserve.value
    estimates = [_with_user_memory(estimate, policy) for estimate in estimates]
    sizing = _Sizing(estimates, policy, cpus.value, budget)
    return Plan(
        memory=memory,
        reserve=reserve,
        budget=budget,
        cpus=cpus,
        jobs=sizing.single_number(policy),
        pools=tuple(sizing.pool(estimate) for estimate in estimates),
        unluck=sizing.unluck(),
        risk=RISK,
        warnings=tuple(_warnings(machine, estimates, sizing)),
    )


def _with_user_memory(estimate: Estimate, policy: Policy) -> Estimate:
    """The user's own figure is what each job of the class takes, no more and no less."""
    own = policy.job_memory.get(estimate.job_class)
    if own is None:
        return estimate
    flat = replace(
        estimate.distribution, median=own.value, p95=own.value, p99=own.value, max=own.value
    )
    return replace(estimate, distribution=flat, curve=(1.0,), cells=(), source=own.source, steps=())


class _Sizing:
    """The depths, and the sentences about them."""

    def __init__(
        self, estimates: Sequence[Estimate], policy: Policy, cpus: int, budget: int
    ) -> None:
        self.cpus = cpus
        self.budget = budget
        self.demands = [_demand(estimate, policy, cpus) for estimate in estimates]
        self.depths: Mapping[JobClass, int] = size_pools(self.demands, budget // MIB)
        self.covered = covered(self.demands, budget // MIB)
        self.step = binding_step(self.covered or self.demands, self.depths)
        self.slots = {one.job_class: one.slots.source for one in estimates if one.slots}
        self.sources = {job_class: own.source for job_class, own in policy.depths.items()}

    def pool(self, estimate: Estimate) -> Pool:
        demand = next(d for d in self.demands if d.job_class == estimate.job_class)
        binding = self._binding(demand)
        return Pool(
            job_class=demand.job_class,
            depth=self.depths[demand.job_class],
            binding=binding,
            job_bytes=self._job_bytes(demand),
            estimate=estimate,
            why=(
                _which(estimate) + self._reason(demand, binding, estimate.threads),
                _figures(estimate),
                *estimate.steps,
            ),
        )

    def single_number(self, policy: Policy) -> Figure:
        """For tools that know one number: it must fear that all its jobs are of the worst class."""
        if policy.jobs is not None:
            return Figure(value=policy.jobs.value, why=policy.jobs.source)
        alone = [(self._alone(demand), demand) for demand in self.demands]
        depth, worst = min(alone, key=lambda pair: pair[0])
        if depth >= self.cpus:
            return Figure(value=self.cpus, why="one for each CPU")
        return Figure(value=depth, why=f"as many {worst.job_class} jobs as fit when all are such")

    def _alone(self, demand: Demand) -> int:
        # -j counts jobs, so the threads within a job do not lower it
        free = replace(demand, fixed=None, cap=self.cpus)
        return size_pools([free], self.budget // MIB)[demand.job_class]

    def unluck(self) -> Figure:
        value = UNLUCK * MIB // THETAS[self.step]
        return Figure(value=value, why=f"for the one moment in {1 / RISK:.0f} when heavy jobs meet")

    def _job_bytes(self, demand: Demand) -> int:
        return demand.pressure[self.step] * MIB // THETAS[self.step]

    def safe(self) -> bool:
        return fits(self.covered, self.depths, self.budget // MIB)

    def _deeper(self, demand: Demand) -> dict[JobClass, int]:
        return {**self.depths, demand.job_class: self.depths[demand.job_class] + 1}

    def _binding(self, demand: Demand) -> Binding:
        if demand.fixed is not None:
            return "user"
        if demand not in self.covered or not self.safe():
            return "minimum"
        if self.depths[demand.job_class] >= demand.cap:
            return "slots" if demand.job_class in self.slots else "cpus"
        return "memory"

    def _reason(self, demand: Demand, binding: Binding, threads: int) -> str:
        budget = format_size(self.budget)
        if binding == "user":
            return f"yours, kept as it is ({self.sources[demand.job_class]})"
        if binding == "minimum":
            jobs = self.covered if demand in self.covered else [demand]
            need = format_size(needed_mib(jobs, self.depths) * MIB)
            return f"one at least, though to be safe it would take {need} and there is {budget}"
        each = f"x {format_size(self._job_bytes(demand))} while they run"
        if binding == "slots":
            return f"{each}; limited by {self.slots[demand.job_class]}"
        if binding == "cpus" and threads > 1:
            return f"{each}; each can fill {threads} CPUs, and there are {self.cpus}"
        if binding == "cpus":
            return f"{each}; the {self.cpus} CPUs are the limit"
        more = format_size(needed_mib(self.covered, self._deeper(demand)) * MIB)
        return f"{each}; one more would make the sum {more}"


def _demand(estimate: Estimate, policy: Policy, cpus: int) -> Demand:
    own = policy.depths.get(estimate.job_class)
    return Demand(
        job_class=estimate.job_class,
        pressure=pressure(estimate),
        mean_mib=max(mean_running(estimate) // MIB, 1),
        share_ppm=round(estimate.share * 1_000_000),
        cap=estimate.slots.value if estimate.slots else max(-(-cpus // estimate.threads), 1),
        fixed=own.value if own is not None else None,
    )


def _which(estimate: Estimate) -> str:
    """Which sources a pool is for, where not all of the class are."""
    return f"{estimate.source.partition(': ')[2]}, " if estimate.sources else ""


def _figures(estimate: Estimate) -> str:
    sizes = estimate.distribution
    if sizes.median == sizes.max:
        return f"each takes {format_size(sizes.max)} ({estimate.source})"
    spread = f"median {format_size(sizes.median)}, 99 % below {format_size(sizes.p99)}"
    return f"{spread}, largest {format_size(sizes.max)} ({estimate.source})"


def _warnings(machine: Machine, estimates: Sequence[Estimate], sizing: _Sizing) -> Iterator[str]:
    yield from _too_large(estimates, sizing.budget)
    if any(d.fixed is not None for d in sizing.demands) and not sizing.safe():
        need = format_size(needed_mib(sizing.covered, sizing.depths) * MIB)
        yield f"with your own depths the build may need {need} of {format_size(sizing.budget)}"
    yield from _ceilings(machine, estimates)
    if machine.tmpfs_build is not None:
        yield f"the build directory is on a tmpfs ({machine.tmpfs_build}): its files eat memory"


def _too_large(estimates: Sequence[Estimate], budget: int) -> Iterator[str]:
    for estimate in estimates:
        largest = estimate.distribution.max
        if largest > budget:
            yield (
                f"the largest {estimate.job_class} jobs may take {format_size(largest)} "
                f"of the {format_size(budget)} there are: even alone they could be killed"
            )


def _ceilings(machine: Machine, estimates: Sequence[Estimate]) -> Iterator[str]:
    largest = max((estimate.distribution.max for estimate in estimates), default=0)
    for limit in machine.process_limits:
        if limit.bytes < 2 * largest:  # address space is about twice what is held
            yield (
                f"{limit.name} is {format_size(limit.bytes)}: larger jobs end with "
                "'virtual memory exhausted', whatever the number of jobs"
            )
    if machine.overcommit is not None and machine.overcommit.mode == 2:
        yield "vm.overcommit_memory is 2: allocation can fail before memory is full"
