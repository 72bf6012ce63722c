"""How many jobs of each class one budget holds at once. Knows no machine and no project: integers.

Ninja runs all pools at once, so one budget must hold them all, and a job's memory is a tail, not
a constant: by the maximum a build is two to four times too slow, by the mean it dies. The rule
here is Chernoff's bound on the sum of what the running jobs hold at a random moment. With
K_c(t) = ln E[exp(t * memory of a running job of class c)], the depths d_c are safe if

    sum_c d_c * K_c(t) + ln(1 / RISK)  <=  t * budget        for some t > 0.

It is additive in the jobs: at the t that binds, each counts as K_c(t) / t bytes, its effective
memory (the effective bandwidth of Hui and Kelly, for memory), and ln(1 / RISK) / t is kept for the
unlucky moment. A running job is drawn with the weight of its duration, since heavy jobs last, and
stands at a random point of its curve. On 2718 sources of LLVM and clang in random order the depths
agree with what survives 999 of 1000 simulated builds (tests/simulation/test_plan_against_llvm.py).

All arithmetic is on integers over a fixed grid of t, so that cmake_modules/NinjaPool.cmake, which
has no other, comes to the same depths.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING

from ninjapool.units import MIB

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ninjapool.model import Distribution, Estimate, JobClass

RISK = 1e-3
NANO = 1_000_000_000
UNLUCK = math.ceil(-math.log(RISK) * NANO)
"""ln(1 / RISK) in billionths."""
THETAS = tuple(round(NANO * 2 ** (step / 2) / (64 * 1024)) for step in range(29))
"""The grid of t, in billionths per MiB: from 1 / 64 GiB to 1 / 4 MiB."""

Pressure = tuple[int, ...]
"""K(t) of a class for each t of the grid, in billionths."""

_CELLS = 200
_TAIL_CELLS = 50


# ---------------------------------------------------------------- one class


@lru_cache(maxsize=64)
def pressure(estimate: Estimate) -> Pressure:
    """Ln E[exp(t * memory)] of a running job at each t of THETAS, in billionths, rounded up."""
    cells = running(estimate)
    peak = max(memory for memory, _ in cells)
    return tuple(math.ceil(_log_moment(cells, peak, theta / NANO) * NANO) for theta in THETAS)


def _log_moment(cells: Sequence[tuple[float, float]], peak: float, theta: float) -> float:
    # the largest exponent is taken out, or exp() would overflow
    return theta * peak + math.log(sum(p * math.exp(theta * (m - peak)) for m, p in cells))


def running(estimate: Estimate) -> list[tuple[float, float]]:
    """What a job holds at a random moment of the build: (MiB, probability) cells."""
    peaks: Sequence[tuple[float, float]] = estimate.cells
    weights = [weight for _, weight in estimate.cells]
    if not peaks:
        peaks = _peaks(estimate.distribution)
        weights = [p * (m / MIB) ** estimate.duration_exponent for m, p in peaks]
    total = sum(weights)
    shares = estimate.curve
    return [
        (peak / MIB * share, weight / total / len(shares))
        for (peak, _), weight in zip(peaks, weights, strict=True)
        for share in shares
    ]


@lru_cache(maxsize=64)
def mean_running(estimate: Estimate) -> int:
    """Mean bytes of a running job at a random moment."""
    return int(sum(m * p for m, p in running(estimate)) * MIB)


def _peaks(distribution: Distribution) -> list[tuple[float, float]]:
    """The distribution as cells of equal probability, finer in the last hundredth."""
    body = [(i + 0.5) / _CELLS for i in range(_CELLS - _CELLS // 100)]
    tail = [1 - 0.01 * (i + 0.5) / _TAIL_CELLS for i in range(_TAIL_CELLS)]
    cells = [(quantile(distribution, u), 1 / _CELLS) for u in body]
    return cells + [(quantile(distribution, u), 0.01 / _TAIL_CELLS) for u in tail]


def quantile(distribution: Distribution, u: float) -> float:
    """The peak that a share `u` of the jobs stays below: log-normal pieces between the figures."""
    normal = NormalDist()
    at = normal.inv_cdf(u)
    marks = [0.0, normal.inv_cdf(0.95), normal.inv_cdf(0.99)]
    marks.append(max(normal.inv_cdf(1 - 1 / max(distribution.count, 2)), marks[-1] + 0.1))
    sizes = (distribution.median, distribution.p95, distribution.p99, distribution.max)
    logs = [math.log(size) for size in sizes]
    if at >= marks[-1]:
        return float(distribution.max)
    # below the median the curve goes on as it came from the 95th percentile
    piece = max((i for i, mark in enumerate(marks[:-1]) if at >= mark), default=0)
    slope = (logs[piece + 1] - logs[piece]) / (marks[piece + 1] - marks[piece])
    return math.exp(logs[piece] + slope * (at - marks[piece]))


# ---------------------------------------------------------------- all classes together


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A class as the sizing sees it: integers only."""

    job_class: JobClass
    pressure: Pressure
    mean_mib: int
    share_ppm: int
    cap: int
    """Never deeper than this."""
    fixed: int | None = None
    """The user's own depth."""


def size_pools(demands: Sequence[Demand], budget_mib: int) -> dict[JobClass, int]:
    """The depths that one budget allows at once, each at least 1.

    Begins with one job of each class and gives each further one to the class that gains the most
    time for its memory, until no class can have another. A class of which not even one job is
    safe alone stays at one and out of the sum: no depth of the others could save it.
    """
    depths = {demand.job_class: demand.fixed or 1 for demand in demands}
    demands = covered(demands, budget_mib)
    open_demands = [demand for demand in demands if demand.fixed is None]
    while open_demands:
        best = max(open_demands, key=lambda demand: _gain(demand, depths[demand.job_class]))
        deeper = {**depths, best.job_class: depths[best.job_class] + 1}
        if deeper[best.job_class] <= best.cap and fits(demands, deeper, budget_mib):
            depths = deeper
        else:
            open_demands.remove(best)
    return depths


def covered(demands: Sequence[Demand], budget_mib: int) -> list[Demand]:
    """The classes of which a job is safe at least when it runs alone."""
    return [d for d in demands if fits([d], {d.job_class: 1}, budget_mib)]


def _gain(demand: Demand, depth: int) -> int:
    """Time that one job more saves, for each MiB it takes, on a scale of its own."""
    return demand.share_ppm * 1_000_000 // (depth * (depth + 1)) // max(demand.mean_mib, 1)


def fits(demands: Sequence[Demand], depths: Mapping[JobClass, int], budget_mib: int) -> bool:
    """Whether the sum of all running jobs stays inside with probability 1 - RISK."""
    return any(
        _needed(demands, depths, step) <= theta * budget_mib for step, theta in enumerate(THETAS)
    )


def _needed(demands: Sequence[Demand], depths: Mapping[JobClass, int], step: int) -> int:
    return UNLUCK + sum(depths[d.job_class] * d.pressure[step] for d in demands)


def binding_step(demands: Sequence[Demand], depths: Mapping[JobClass, int]) -> int:
    """The t at which these depths need the least memory: where the bound is tight."""
    return min(range(len(THETAS)), key=lambda step: _needed(demands, depths, step) / THETAS[step])


def needed_mib(demands: Sequence[Demand], depths: Mapping[JobClass, int]) -> int:
    """The least budget in which these depths are safe."""
    step = binding_step(demands, depths)
    return -(-_needed(demands, depths, step) // THETAS[step])
