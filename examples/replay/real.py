"""Compiles real heavy C++ sources in a memory cgroup: plain ninja, then `ninjapool build`.

python -m examples.replay.real --count 40 --memory 1200M
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import ninja

from examples.replay import cgroup, governed, heavy_sources
from examples.replay.runner import Command, Outcome, run
from ninjapool.units import parse_size

LAST_LINES = 6
NINJA = Path(ninja.BIN_DIR) / "ninja"


def configure(source: Path) -> Path:
    """A fresh build directory by the cmake at hand; CalledProcessError if that fails."""
    build = source / "build"
    make = f"-DCMAKE_MAKE_PROGRAM={NINJA}"
    command = ["cmake", "-S", str(source), "-B", str(build), "-G", "Ninja", make]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return build


def plain(source: Path, memory: int | None) -> Outcome:
    """Ninja with its default jobs."""
    build = configure(source)
    return run(Command(argv=(str(NINJA), "-C", str(build)), folder=build, memory=memory))


def governed_build(source: Path, memory: int | None) -> Outcome:
    """`ninjapool build` with its defaults, knowing nothing."""
    build = configure(source)
    governed.write_knowledge(build)
    argv, environment = governed.argv(build, jobs=None), governed.surroundings(NINJA)
    return run(Command(argv=argv, folder=build, environment=environment, memory=memory))


def told(name: str, outcome: Outcome) -> str:
    state = "finished" if outcome.finished else "FAILED"
    peak = "?" if outcome.peak is None else f"{outcome.peak >> 20} MiB"
    return f"{name:16} {outcome.seconds:7.1f} s  {state}, kernel kills {outcome.kills}, peak {peak}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=40, help="how many heavy sources")
    parser.add_argument(
        "--memory", type=parse_size, default=parse_size("1200M"), help="the cgroup's limit"
    )
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    refusal = cgroup.refusal(args.memory)
    if refusal:
        print(f"No memory cgroup can be had here ({refusal}): measured WITHOUT the limit.")
    memory = None if refusal else args.memory
    with tempfile.TemporaryDirectory(prefix="heavy-") as scratch:
        for name, way in (("ninja", plain), ("ninjapool build", governed_build)):
            source = Path(scratch) / name.replace(" ", "-")
            heavy_sources.write_project(source, count=args.count, seed=args.seed)
            outcome = way(source, memory)
            print(told(name, outcome), flush=True)
            if not outcome.finished:
                print("    " + "\n    ".join(outcome.output.splitlines()[-LAST_LINES:]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
