"""What governing costs where memory is plentiful: plain ninja and `ninjapool build`, turn by turn.

    python -m examples.replay.plentiful                          # all shapes, some twelve minutes
    python -m examples.replay.plentiful --shape wide --rounds 1  # its own CPU beside 64 jobs

`short`: 2000 real compiles of tiny C files, each some 20 ms, on this machine's own CPUs.
`long`: 200 replayed jobs of two seconds on 16 slots, light and asleep.
`wide`: 192 of twenty seconds on 64 slots; where that is no plenty, 96 more wait.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from compileall import compile_dir
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import ninja

import ninjapool
from examples.replay import governed
from examples.replay.bench import make_programs
from examples.replay.manifest import ninja_text
from examples.replay.runner import Command, Outcome, run
from examples.replay.shapes import alike

if TYPE_CHECKING:
    from collections.abc import Callable

NINJA = Path(ninja.BIN_DIR) / "ninja"
LONG_SLOTS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A build that fits into memory many times over."""

    write: Callable[[Path], None]
    jobs: int | None
    """-j for both; None leaves each its default."""
    allowed: float
    """The ratio that must not be passed."""


def write_short(folder: Path, edges: int = 2000) -> None:
    """Real sources, one function each."""
    lines = ["rule cc", "  command = cc -O1 -o $out -c $in", "  description = CC $out"]
    for number in range(edges):
        (folder / f"f{number}.c").write_text(f"int f{number}(int x) {{ return x + {number}; }}\n")
        lines.append(f"build f{number}.o: cc f{number}.c")
    (folder / "build.ninja").write_text("\n".join(lines) + "\n", encoding="ascii")


def write_long(folder: Path, edges: int = 200, seconds: float = 2.0) -> None:
    trace = alike(edges, seconds)
    programs = make_programs(folder.parent / "programs")
    (folder / "build.ninja").write_text(ninja_text(trace, programs=programs), encoding="utf-8")


SHAPES = {
    "short": Shape(write=write_short, jobs=None, allowed=1.05),
    "long": Shape(write=write_long, jobs=LONG_SLOTS, allowed=1.01),
    "wide": Shape(write=partial(write_long, edges=192, seconds=20.0), jobs=64, allowed=1.01),
}


def build(shape: Shape, scratch: Path, *, govern: bool) -> Outcome:
    """One build from nothing."""
    folder = scratch / "build"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shape.write(folder)
    width = () if shape.jobs is None else (f"-j{shape.jobs}",)
    ours = (sys.executable, "-m", "ninjapool", "build", str(folder))
    command = ours if govern else (str(NINJA), "-C", str(folder))
    state = {"NINJAPOOL_STATE": str(scratch / f"state{time.monotonic_ns()}")}
    environment = governed.surroundings(NINJA) | state if govern else {}
    return run(Command(argv=(*command, *width), folder=folder, environment=environment))


def compare(shape: Shape, rounds: int, scratch: Path) -> dict[str, object]:
    """Turn by turn, so that what else the machine does meets both."""
    pairs = []
    for turn in range(rounds):
        order = (False, True) if turn % 2 == 0 else (True, False)
        times = {govern: build(shape, scratch, govern=govern) for govern in order}
        for govern, outcome in times.items():
            if not outcome.finished:
                name = "ninjapool build" if govern else "ninja"
                sys.exit(f"{name} failed:\n{outcome.output[-2000:]}")
        pairs.append(times)
    return {
        "ninja_s": median(pair[False].seconds for pair in pairs),
        "ninjapool_s": median(pair[True].seconds for pair in pairs),
        "ratio": median(pair[True].seconds / pair[False].seconds for pair in pairs),
        "ratios": [round(pair[True].seconds / pair[False].seconds, 4) for pair in pairs],
        "own_cpu": median(pair[True].own_cpu / pair[True].seconds for pair in pairs),
        "own_memory": max(pair[True].own_memory for pair in pairs),
        "allowed": shape.allowed,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shape", choices=[*SHAPES, "all"], default="all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    names = list(SHAPES) if args.shape == "all" else [args.shape]
    told = {}
    compile_dir(ninjapool.__path__[0], quiet=1)  # as pip does when it installs, unless editable
    with tempfile.TemporaryDirectory(prefix="plentiful-") as scratch:
        for name in names:
            told[name] = compare(SHAPES[name], args.rounds, Path(scratch))
            print(f"{name}: {json.dumps(told[name])}", flush=True)
    if args.json:
        args.json.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
