"""The governor and the policies of others over the replayed builds, in virtual time.

    python -m examples.replay.simulate_policies [--seeds 10] [--trace llvm] [--stress] [--json]

Prints, for each build and each state of knowledge, the time against the lower bound and against
the best `-jK` that survives (found by trying each), and what was killed and paused; medians over
the seeds. Nothing is run: `python -m examples.replay` does it with real processes.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from examples.replay import past, shapes
from ninjapool.forecast import GENERATING, LINKING, Forecaster, Prior
from ninjapool.govern import static
from ninjapool.govern.driver import waiting
from ninjapool.govern.governor import Governor
from ninjapool.govern.simulate import World, simulate
from ninjapool.govern.trace import lower_bound
from ninjapool.units import MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ninjapool.govern.trace import Trace
    from ninjapool.model import JobClass

CORES = 16
RESERVE = 100 * MIB
MACHINE = World(cores=CORES, limit=3500 * MIB, slots=CORES + waiting(CORES))
PRIORS: dict[JobClass, Prior] = {
    "compile": Prior(),
    "link": Prior(
        peak=400.0 * MIB, peak_spread=0.7, seconds=3.0, power=1.0, law_spread=0.35, curve=LINKING
    ),
    "archive": Prior(peak=40.0 * MIB, peak_spread=0.4, seconds=0.3, power=1.0, law_spread=0.35),
    "tablegen": Prior(
        peak=50.0 * MIB, peak_spread=0.9, seconds=0.5, power=1.0, law_spread=0.35, curve=GENERATING
    ),
    "other": Prior(),
}
"""By class, as a profile gives them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Medians over the seeds; kills are summed over all of them."""

    trace: str
    policy: str
    to_bound: float
    worst: float
    to_static: float | None
    kernel_kills: int
    kills: int
    pauses: float
    finished: bool


def nothing(trace: Trace, seed: int) -> Forecaster:  # noqa: ARG001
    return Forecaster(PRIORS)


def durations(trace: Trace, seed: int) -> Forecaster:
    """As from `.ninja_log`."""
    return Forecaster(PRIORS, durations=past.durations(trace, seed))


def history(trace: Trace, seed: int) -> Forecaster:
    """Peaks, durations and curves."""
    entries = past.entries(trace, seed)
    known = {output: past.expected(entry) for output, entry in entries.items()}
    return Forecaster(PRIORS, history=known.get)


KNOWLEDGE = {"nothing known": nothing, "durations known": durations, "history": history}
STRESS = {
    "as it is": (1.0, MACHINE),
    "reaction 30 ms": (1.0, replace(MACHINE, reaction=0.03)),
    "reaction 50 + 50 ms": (1.0, replace(MACHINE, reaction=0.05, notice=0.05)),
    "ends not noticed": (1.0, replace(MACHINE, notice=1e9)),
    "kills seen by ninja": (1.0, replace(MACHINE, kills_hidden=False)),
    "time x 0.25": (0.25, replace(MACHINE, reaction=0.02)),
}


def governed(name: str, traces: Sequence[Trace], knows: str, scale: float, world: World) -> Row:
    runs = []
    for seed, whole in enumerate(traces):
        trace = whole.scaled(time=scale)
        governor = Governor(cores=world.cores, reserve=RESERVE)
        runs.append(simulate(trace, world, governor, KNOWLEDGE[knows](trace, seed)))
    bounds = [lower_bound(trace, cores=world.cores, limit=world.limit).seconds for trace in traces]
    ratios = [run.seconds / scale / bound for run, bound in zip(runs, bounds, strict=True)]
    best = [static.best_surviving(static.sweep(trace, world)) for trace in traces]
    to_static = [
        run.seconds / scale / found[1].seconds
        for run, found in zip(runs, best, strict=True)
        if found is not None
    ]
    return Row(
        trace=name,
        policy=knows,
        to_bound=statistics.median(ratios),
        worst=max(ratios),
        to_static=statistics.median(to_static) if to_static else None,
        kernel_kills=sum(run.kernel_kills for run in runs),
        kills=sum(run.kills for run in runs),
        pauses=statistics.median(run.pauses for run in runs),
        finished=all(run.finished for run in runs),
    )


def others(name: str, traces: Sequence[Trace], world: World) -> list[Row]:
    """What a user has today; one that the kernel killed a job of has no time."""
    cores, size = world.cores, 500 * MIB
    deciders: dict[str, Callable[[Trace], static.Fixed | static.Memfree]] = {
        "-j by maximum": lambda trace: static.Fixed(jobs=static.by_maximum(trace, world)),
        "1500 MiB per job": lambda _: static.Fixed(jobs=static.ram_per_job(world, 1500 * MIB)),
        "parallel --memfree 500M": lambda _: static.Memfree(jobs=cores, size=size),
        "free now > 500 MiB": lambda _: static.Memfree(jobs=cores, size=size, kills=False),
        "plain -j16": lambda _: static.Fixed(jobs=cores),
    }
    return [_other(name, policy, decider, traces, world) for policy, decider in deciders.items()]


def _other(
    name: str,
    policy: str,
    decider: Callable[[Trace], static.Fixed | static.Memfree],
    traces: Sequence[Trace],
    world: World,
) -> Row:
    deciders = [decider(trace) for trace in traces]
    runs = [
        simulate(trace, _alone(world, one.jobs), one, static.Nothing())
        for trace, one in zip(traces, deciders, strict=True)
    ]
    bounds = [lower_bound(t, cores=world.cores, limit=world.limit).seconds for t in traces]
    done = [r.seconds / bound for r, bound in zip(runs, bounds, strict=True) if r.finished]
    return Row(
        trace=name,
        policy=policy,
        to_bound=statistics.median(done) if done else math.nan,
        worst=max(done, default=math.nan),
        to_static=None,
        kernel_kills=sum(run.kernel_kills for run in runs),
        kills=sum(run.kills for run in runs),
        pauses=0,
        finished=all(run.finished for run in runs),
    )


def _alone(world: World, jobs: int) -> World:
    """With nobody who holds jobs at birth, so none more is born than may run."""
    return replace(world, retries=0, held_at_birth=False, slots=jobs)


HEAD = (
    f"{'build':20} {'policy':24} {'to bound':>9} {'worst':>6} {'to -jK':>7} "
    f"{'kernel kills':>12} {'kills':>5} {'pauses':>6}  all finished"
)


def shown(row: Row) -> str:
    finished = "yes" if row.finished else "no"
    static_ratio = f"{row.to_static:7.2f}" if row.to_static is not None else "      -"
    return (
        f"{row.trace:20} {row.policy:24} {row.to_bound:9.3f} {row.worst:6.2f} {static_ratio} "
        f"{row.kernel_kills:12d} {row.kills:5d} {row.pauses:6.0f}  {finished}"
    )


def stress(seeds: int) -> list[Row]:
    traces = [shapes.llvm(seed) for seed in range(1, seeds + 1)]
    return [
        governed(label, traces, knows, scale, world)
        for label, (scale, world) in STRESS.items()
        for knows in KNOWLEDGE
    ]


def figures(only: str | None, seeds: int) -> list[Row]:
    rows = []
    for name, make in shapes.SHAPES.items():
        if only in (None, name):
            traces = [make(seed) for seed in range(1, seeds + 1)]
            rows += [governed(name, traces, knows, 1.0, MACHINE) for knows in KNOWLEDGE]
            rows += others(name, traces, MACHINE)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trace", choices=sorted(shapes.SHAPES))
    parser.add_argument("--stress", action="store_true", help="slow reactions and busy machines")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    began = time.monotonic()
    rows = stress(args.seeds) if args.stress else figures(args.trace, args.seeds)
    if args.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
        return
    print(HEAD, *map(shown, rows), sep="\n")
    print(f"{args.seeds} seeds, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
