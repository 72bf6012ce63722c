"""The governor and the policies of others over several builds, in virtual time.

    python examples/replay/simulate_policies.py [--seeds 10] [--trace llvm] [--stress] [--json]

Prints, for each build and each state of knowledge, the time against the lower bound and against
the best `-jK` that survives (found by trying each), and what was killed and paused; medians over
the seeds. Nothing is run: `bench.py` beside this file does it with real processes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ninjapool.forecast import LOOSE, Forecaster, Prior
from ninjapool.govern import shapes, static
from ninjapool.govern.governor import Governor
from ninjapool.govern.simulate import World, simulate
from ninjapool.govern.trace import Chance, lower_bound, trace_from_edges
from ninjapool.model import Forecast
from ninjapool.units import MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ninjapool.govern.trace import Trace
    from ninjapool.model import JobClass

DATA = Path(__file__).parent / "data" / "llvm14.jsonl.gz"
RESERVE = 100 * MIB
PRIORS: Mapping[JobClass, Prior] = {
    "compile": Prior(peak=304 * MIB, peak_spread=0.57, seconds=3.0, seconds_spread=0.97),
    "link": Prior(
        peak=800 * MIB, peak_spread=0.7, seconds=5.0, seconds_spread=0.7, law_spread=LOOSE
    ),
    "archive": Prior(
        peak=40 * MIB, peak_spread=0.4, seconds=0.3, seconds_spread=0.6, law_spread=LOOSE
    ),
    "tablegen": Prior(
        peak=100 * MIB, peak_spread=0.8, seconds=1.0, seconds_spread=1.0, law_spread=LOOSE
    ),
}
"""By class, as a profile gives them: the compile's are those of LLVM 14 under gcc, Release."""


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


def measured() -> tuple[list[Any], list[tuple[float, ...]]]:
    """The edges of a real build, and the curves of its gcc Release compiles."""
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    curves = [
        tuple(row["shares"]) for row in rows if row.get("curve", "").startswith("gcc:release/")
    ]
    return [row for row in rows if "kind" in row], curves


def makers() -> dict[str, Callable[[int], Trace]]:
    rows, curves = measured()
    return {
        "llvm": lambda seed: trace_from_edges(rows, seed, curves=curves),
        "llvm by path": lambda seed: trace_from_edges(rows, seed, curves=curves, by_path=True),
        "debug links": shapes.debug_links,
        "few giants": shapes.few_giants,
        "wide fan-in": shapes.wide_fan_in,
    }


def nothing(trace: Trace, seed: int) -> Forecaster:  # noqa: ARG001
    return Forecaster(PRIORS)


def durations(trace: Trace, seed: int) -> Forecaster:
    """As from `.ninja_log`, 10 % off."""
    chance = Chance(seed + 1000)
    seconds = {job.name: job.seconds * math.exp(0.1 * chance.normal()) for job in trace.jobs}
    return Forecaster(PRIORS, durations=seconds)


def history(trace: Trace, seed: int) -> Forecaster:
    """Peaks 3 % off, durations 8 %, and the curve."""
    chance = Chance(seed + 1000)
    known = {
        job.name: Forecast(
            peak=int(job.peak * math.exp(0.03 * chance.normal())),
            peak_spread=0.03,
            seconds=job.seconds * math.exp(0.08 * chance.normal()),
            seconds_spread=0.1,
            curve=job.curve,
            source="history",
        )
        for job in trace.jobs
    }
    return Forecaster(PRIORS, history=known.get)


KNOWLEDGE = {"nothing known": nothing, "durations known": durations, "history": history}
STRESS = {
    "as it is": (1.0, World()),
    "reaction 30 ms": (1.0, World(reaction=0.03)),
    "reaction 50 + 50 ms": (1.0, World(reaction=0.05, notice=0.05)),
    "ends not noticed": (1.0, World(notice=1e9)),
    "time x 0.25": (0.25, World(reaction=0.02)),
    "cores contended x 1.5": (1.0, World(sharing=16 / 1.5)),
}


def governed(name: str, traces: Sequence[Trace], knows: str, scale: float, world: World) -> Row:
    runs = []
    for seed, whole in enumerate(traces):
        trace = whole.scaled(scale)
        governor = Governor(cores=trace.cores, window=trace.cores, reserve=RESERVE)
        runs.append(simulate(trace, governor, KNOWLEDGE[knows](trace, seed), world))
    ratios = [
        run.seconds / scale / lower_bound(trace) for run, trace in zip(runs, traces, strict=True)
    ]
    best = [static.best_surviving(static.sweep(trace)) for trace in traces]
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


def others(name: str, traces: Sequence[Trace]) -> list[Row]:
    """What a user has today; one that the kernel killed a job of has no time."""
    deciders: dict[str, Callable[[Trace], static.Fixed | static.Memfree]] = {
        "-j by maximum": lambda trace: static.Fixed(jobs=static.by_maximum(trace)),
        "1500 MiB per job": lambda t: static.Fixed(jobs=static.ram_per_job(t, 1500 * MIB)),
        "parallel --memfree 500M": lambda t: static.Memfree(jobs=t.cores, size=500 * MIB),
        "free now > 500 MiB": lambda t: static.Memfree(jobs=t.cores, size=500 * MIB, kills=False),
        "plain -j16": lambda trace: static.Fixed(jobs=trace.cores),
    }
    rows = []
    for policy, decider in deciders.items():
        world = World(retries=False, takes_slots_at_ends=False)
        runs = [simulate(t, decider(t), static.Nothing(), world) for t in traces]
        done = [r.seconds / lower_bound(t) for r, t in zip(runs, traces, strict=True) if r.finished]
        rows.append(
            Row(
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
        )
    return rows


def plenty() -> list[Row]:
    """Short and long jobs with memory in plenty, against plain ninja of the same width."""
    rows = []
    for label, count, seconds in (("2000 short", 2000, 0.2), ("200 long", 200, 5.0)):
        trace = shapes.alike(count, seconds)
        plain = simulate(trace, static.Fixed(jobs=trace.cores), static.Nothing()).seconds
        row = governed(f"plenty, {label}", [trace], "nothing known", 1.0, World())
        ratio = row.to_bound * lower_bound(trace) / plain
        rows.append(Row(**{**asdict(row), "to_static": ratio}))
    return rows


HEAD = (
    f"{'build':18} {'policy':24} {'to bound':>9} {'worst':>6} {'to -jK':>7} "
    f"{'kernel kills':>12} {'kills':>5} {'pauses':>6}  all finished"
)


def shown(row: Row) -> str:
    static_ratio = f"{row.to_static:7.2f}" if row.to_static is not None else "      -"
    return (
        f"{row.trace:18} {row.policy:24} {row.to_bound:9.3f} {row.worst:6.2f} {static_ratio} "
        f"{row.kernel_kills:12d} {row.kills:5d} {row.pauses:6.0f}  {'yes' if row.finished else 'no'}"
    )


def stress(seeds: int) -> list[Row]:
    traces = [makers()["llvm"](seed) for seed in range(seeds)]
    return [
        governed(label, traces, knows, scale, world)
        for label, (scale, world) in STRESS.items()
        for knows in KNOWLEDGE
    ]


def figures(only: str | None, seeds: int) -> list[Row]:
    rows = []
    for name, make in makers().items():
        if only in (None, name):
            traces = [make(seed) for seed in range(seeds)]
            rows += [governed(name, traces, knows, 1.0, World()) for knows in KNOWLEDGE]
            rows += others(name, traces)
    return rows + (plenty() if only is None else [])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trace", choices=sorted(makers()))
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
