"""Replays recorded builds under a real memory limit and prints how each policy fares.

python -m examples.replay                                # LLVM, 16 slots, 3500 MiB, 3 seeds
python -m examples.replay --trace giants --policies build,sweep
python -m examples.replay --quick                        # about two minutes, for CI
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import ninja

from examples.replay import bench, cgroup, shapes, table, traces
from ninjapool.govern.trace import lower_bound
from ninjapool.units import parse_size

if TYPE_CHECKING:
    from examples.replay.policies import Policy
    from ninjapool.govern.trace import Trace

HONEST_SCALE = 0.25
"""Below this, memory grows faster against a governor's reaction than it does in life."""
LAST_LINES = 12
"""Of the output of a governed build that failed."""


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    about = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m examples.replay", description=about)
    parser.add_argument(
        "--trace", default="llvm", help="llvm, duckdb, debug-links, giants, or a file"
    )
    parser.add_argument("--slots", type=int, default=16, help="processors of the replayed machine")
    parser.add_argument(
        "--memory", type=parse_size, default=parse_size("3500M"), help="its memory: 3500M, 8G"
    )
    parser.add_argument(
        "--seeds", type=int, default=3, help="draws of the trace; the table has medians"
    )
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--time-scale", type=float, default=HONEST_SCALE)
    parser.add_argument("--memory-scale", type=float, default=1.0)
    parser.add_argument(
        "--policies", default="all", help="of plain,sweep,ram-per,configure,build,j4"
    )
    parser.add_argument("--full-sweep", action="store_true", help="every -jK, not only to the best")
    parser.add_argument("--patience", type=float, default=6.0, help="cut a run after N x the bound")
    parser.add_argument("--json", type=Path, help="also write every run there")
    parser.add_argument(
        "--quick", action="store_true", help="one seed, 120 sources, time scale 0.1"
    )
    parser.add_argument("--scratch", type=Path, help="where to build (default: a temporary folder)")
    return parser.parse_args(arguments)


def trace_for(args: argparse.Namespace, seed: int) -> Trace:
    if args.trace not in shapes.SHAPES:
        made = traces.load(Path(args.trace))
    elif args.quick and args.trace == "llvm":
        made = shapes.llvm(seed, tus=120)
    else:
        made = shapes.SHAPES[args.trace](seed)
    return made.scaled(time=args.time_scale, memory=args.memory_scale)


def selected(policies: list[Policy], wanted: str) -> list[Policy]:
    """Those whose kind is named; `j4` names that width."""
    if wanted == "all":
        return policies
    names = wanted.split(",")
    return [policy for policy in policies if policy.kind in names or f"j{policy.jobs}" in names]


def setup_for(args: argparse.Namespace, scratch: Path) -> bench.Setup:
    memory = int(args.memory * args.memory_scale)
    refusal = cgroup.refusal(memory)
    if refusal:
        print(f"No memory cgroup can be had here ({refusal}): measured WITHOUT the limit.")
    return bench.Setup(
        slots=args.slots,
        memory=memory,
        limited=refusal is None,
        time_scale=args.time_scale,
        ninja=Path(ninja.BIN_DIR) / "ninja",
        scratch=scratch,
        patience=args.patience,
        full_sweep=args.full_sweep,
    )


def say(result: bench.Result) -> None:
    outcome = result.outcome
    state = "finished" if outcome.finished else "cut" if outcome.cut else "failed"
    ratio = outcome.seconds / result.bound.seconds
    drag = "" if result.drag is None else f", jobs took x {result.drag:.2f}"
    print(
        f"  seed {result.seed}  {result.policy.name:38}  {outcome.seconds:7.1f} s"
        f"  {ratio:5.2f} x bound  {state}, kills: {outcome.kills}{drag}",
        flush=True,
    )
    if result.policy.governed and not outcome.finished:
        print("    " + "\n    ".join(outcome.output.splitlines()[-LAST_LINES:]), flush=True)


def measure(args: argparse.Namespace, scratch: Path, results: list[bench.Result]) -> None:
    """Adds to the results run by run, so that an interrupt loses only the run it meets."""
    setup = setup_for(args, scratch)
    chosen = selected(bench.default_policies(setup), args.policies)

    def keep(result: bench.Result) -> None:
        results.append(result)
        say(result)

    for seed in range(args.first_seed, args.first_seed + args.seeds):
        trace = trace_for(args, seed)
        bound = lower_bound(trace, cores=setup.slots, limit=setup.memory)
        print(
            f"{trace.name}, seed {seed}: {len(trace.jobs)} jobs; bound {bound.seconds:.1f} s"
            f" (cpu {bound.cpu:.1f}, memory {bound.memory:.1f}, path {bound.path:.1f})",
            flush=True,
        )
        bench.replay(setup, trace, seed, chosen, keep)


def main() -> int:
    args = parse()
    if args.quick:
        args.seeds, args.time_scale = 1, min(args.time_scale, 0.1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(
        f"{args.trace}: {args.slots} slots, {args.memory >> 20} MiB,"
        f" time x {args.time_scale:g}, memory x {args.memory_scale:g}"
    )
    if args.time_scale < HONEST_SCALE:
        print(
            f"Below time x {HONEST_SCALE:g} memory grows faster against our reaction than in life."
        )
    results: list[bench.Result] = []
    code = 0
    try:
        with tempfile.TemporaryDirectory(prefix="replay-", dir=args.scratch) as scratch:
            measure(args, Path(scratch), results)
    except KeyboardInterrupt:
        print("interrupted: the table has what was measured until then")
        code = 130
    print("\n" + table.text(table.rows(results)))
    if args.json:
        head = {key: str(value) for key, value in vars(args).items()}
        args.json.write_text(json.dumps({"setup": head, "runs": table.as_json(results)}, indent=1))
    return code


if __name__ == "__main__":
    sys.exit(main())
