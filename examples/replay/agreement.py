"""Does `ninjapool simulate` tell what a build takes? Real replays beside what it makes of one.

    python -m examples.replay.agreement [--time-scale 0.25] [--sources 414] [--json FILE]

As root, best under `chrt -r 5`. The first setting is replayed and leaves its record, as any
governed build does. From that record alone (and the build file) all settings are simulated, as the
command does, and each is replayed by real ninja under the kernel's OOM killer.

Sixteen jobs share this machine's few CPUs. They catch up on what they waited for one, but it is not
in the seconds that the record has of them. So those are stretched by the pace of that record: the
jobs' progress per second in which they were not stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import ninja

from examples.replay import bench, cgroup, policies, shapes
from examples.replay.governed_build import RESERVE, priors
from ninjapool.govern.driver import waiting
from ninjapool.project.graph import read_graph
from ninjapool.record import shelf
from ninjapool.units import GIB, MIB, format_size
from ninjapool.whatif import cells
from ninjapool.whatif.figures import Sources, figured, of_record
from ninjapool.whatif.model import Setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ninjapool.forecast import Prior
    from ninjapool.govern.trace import Trace
    from ninjapool.model import JobClass
    from ninjapool.record.model import Record
    from ninjapool.whatif.figures import Figured
    from ninjapool.whatif.model import Cell

SETTINGS = (
    (16, 3500 * MIB),
    (8, 3500 * MIB),
    (4, 2 * GIB),
    (8, 2 * GIB),
    (16, 6 * GIB),
    (24, 5 * GIB),
    (4, 6 * GIB),
)
"""CPUs and memory; what the first one records is all that is known of the others."""
GOOD = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One setting, both ways. Seconds of the replay's time."""

    slots: int
    memory: int
    replayed: float
    simulated: float
    limit: str

    @property
    def error(self) -> float:
        return self.simulated / self.replayed - 1


def replayed(trace: Trace, slots: int, memory: int, scale: float, scratch: Path) -> float:
    """Seconds of one governed replay; its record lies in the state folder afterwards."""
    setup = bench.Setup(
        slots=slots,
        memory=memory,
        limited=True,
        time_scale=scale,
        ninja=Path(ninja.BIN_DIR) / "ninja",
        scratch=scratch,
    )
    policy = policies.governed(slots)[-1]
    programs = bench.make_programs(scratch / "programs")
    result = bench.replay_one(setup, trace, 1, policy, programs)
    if not result.outcome.finished:
        sys.exit(f"the replay on {slots} slots failed:\n{result.outcome.output[-2000:]}")
    return float(str(result.known["seconds"]))


def recorded(folder: Path) -> Record:
    record = shelf.read(shelf.names(folder, os.environ).last)
    return record or sys.exit("the replay left no record")


def learned(folder: Path, prior: dict[JobClass, Prior]) -> Figured:
    """What the last build of a folder tells of the next, as `ninjapool simulate` sees it."""
    record = recorded(folder)
    forecast = cells.knowledge({}, prior).forecast
    sources = Sources(record=of_record(record.jobs), forecast=forecast)
    return figured("replay", read_graph(folder).nodes, sources)


def simulated(
    known: Figured, slots: int, memory: int, pace: float, prior: dict[JobClass, Prior]
) -> Cell:
    setting = Setting(
        cpus=slots,
        memory=memory,
        reserve=RESERVE,
        width=slots,
        window=waiting(slots),
        pools={},
        pace=pace,
    )
    return cells.run(known.trace, setting, cells.knowledge(known.known, prior))


def compare(args: argparse.Namespace, scratch: Path) -> list[Pair]:
    whole = shapes.llvm_whole(1, args.sources)
    trace = whole.scaled(time=args.time_scale)
    prior = priors(args.time_scale)
    pairs: list[Pair] = []
    known: Figured | None = None
    pace = 1.0
    for slots, memory in SETTINGS[: args.settings]:
        took = replayed(trace, slots, memory, args.time_scale, scratch)
        if known is None:
            known, pace = learned(scratch / "build", prior), recorded(scratch / "build").pace
        began = time.monotonic()
        cell = simulated(known, slots, memory, pace, prior)
        pair = Pair(
            slots=slots,
            memory=memory,
            replayed=took,
            simulated=cell.seconds,
            limit=cell.limit,
        )
        print(f"{line(pair)}   (simulated in {time.monotonic() - began:.1f} s)", flush=True)
        pairs.append(pair)
    return pairs


def line(pair: Pair) -> str:
    return (
        f"| {pair.slots} | {format_size(pair.memory)} | {pair.replayed:.1f} s "
        f"| {pair.simulated:.1f} s | {pair.error:+.1%} | {pair.limit} |"
    ).replace("%", " %")


def table(pairs: Sequence[Pair]) -> str:
    head = "| CPUs | memory | replayed | simulated | error | limited by |"
    return "\n".join([head, "|---|---|---|---|---|---|", *map(line, pairs)])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--time-scale", type=float, default=0.25)
    parser.add_argument("--sources", type=int, default=414)
    parser.add_argument("--settings", type=int, default=len(SETTINGS), help="only the first ones")
    parser.add_argument("--json", type=Path, help="write the pairs there")
    args = parser.parse_args()
    if refusal := cgroup.refusal(SETTINGS[0][1]):
        sys.exit(f"no memory cgroup can be had here: {refusal}")
    with tempfile.TemporaryDirectory(prefix="agreement-") as scratch:
        os.environ["NINJAPOOL_STATE"] = str(Path(scratch) / "state")
        pairs = compare(args, Path(scratch))
    print(f"time x {args.time_scale:g}, {args.sources} sources\n{table(pairs)}")
    if args.json:
        rows = [asdict(pair) for pair in pairs]
        args.json.write_text(json.dumps(rows, indent=1))
    return 0 if all(abs(pair.error) <= GOOD for pair in pairs) else 1


if __name__ == "__main__":
    sys.exit(main())
