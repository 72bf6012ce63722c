"""What a build learns from those before it, measured.

    python -m examples.learning [--only project|cost|pools] [--source DIR] [-- CMAKE-ARGS...]

`project` fetches a Debian source package and builds it four times; `cost` writes and reads a
history of 10,000 edges; `pools` runs LLVM's trace under static pools in virtual time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from examples.learning import figures, static_pools
from examples.learning.project import Workshop, fetch
from ninjapool.units import format_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ninjapool.history.calibration import Errors

RELEASE = ("-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_STANDARD=17")


def project(folder: Path, source: Path | None, flags: tuple[str, ...]) -> Iterator[str]:
    found = source or fetch(folder / "fetched")
    learned = figures.measure(Workshop(found, folder / "shop", flags))
    second, third = learned.second, learned.third
    yield f"{found.name}, {learned.edges} edges, {second.jobs} of them long enough to be seen"
    yield f"first build, ninja's log only: compiles {_near(learned.by_log)}"
    yield f"  by the profile alone they would be {_near(learned.by_profile)}"
    share = learned.by_log.median / learned.by_profile.median
    yield f"  so the median error is {share:.2f} times as large (to reach: 0.50)"
    yield f"second build: {_near(second)} (to reach: half within 3 %)"
    yield f"  above the 99 % bound: {second.above} of {second.jobs} (to reach: 1 %)"
    yield f"build directory deleted, another name, 10 % touched: {learned.known:.1%} had a past"
    yield f"  (to reach: 95 %), {_near(third)}, {third.above} above the bound"
    yield from (f"  | {line}" for line in learned.told.splitlines())


def _near(found: Errors) -> str:
    return f"half within {found.median:.1%}, 95 % within {found.p95:.1%}"


def cost(folder: Path) -> Iterator[str]:
    found = figures.cost(folder)
    times = f"written in {found.write * 1000:.0f} ms, read in {found.read * 1000:.0f} ms"
    yield f"a history of {found.edges} edges: {times} (to reach: 150 ms each), "
    yield f"  {format_size(found.size)} on the disk (to reach: 10 MB)"


def pools(seeds: int) -> Iterator[str]:
    found = static_pools.compare(seeds)
    yield f"static pools, LLVM's trace, {seeds} seeds: those by history are {found.gain:.2f} times"
    yield f"  as fast as those by profile (least {found.least:.2f}; to reach: 1.3), killed:"
    yield f"  {found.kills} (to reach: 0); {found.depths}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=("project", "cost", "pools"))
    parser.add_argument("--source", type=Path, help="a CMake project instead of the fetched one")
    parser.add_argument("--work", type=Path, help="keep what is fetched and built there")
    parser.add_argument("--seeds", type=int, default=10)
    own = sys.argv[1:]
    at = own.index("--") if "--" in own else len(own)
    args, flags = parser.parse_args(own[:at]), tuple(own[at + 1 :]) or RELEASE
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.work or Path(scratch)
        parts = {
            "cost": cost(folder),
            "pools": pools(args.seeds),
            "project": project(folder, args.source, flags),
        }
        for name, lines in parts.items():
            if args.only in (None, name):
                print(*lines, sep="\n", flush=True)


if __name__ == "__main__":
    main()
