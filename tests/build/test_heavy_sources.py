"""Real heavy C++ sources under real g++: what is claimed of them, and the build that survives."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from examples.replay import heavy_sources, real
from ninjapool.units import GIB, MIB

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 1100 * MIB
"""One source at a time fits, three (ninja's default on two processors) do not."""

pytestmark = [
    pytest.mark.build,
    pytest.mark.skipif(shutil.which("g++") is None, reason="the figures are g++'s"),
]


PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""By a small process: a child of this one begins with all that this one has grown to."""


def compile_peak(source: Path) -> int:
    """Bytes that the compiler had at most."""
    command = ["g++", "-std=c++17", "-O1", "-c", str(source), "-o", os.devnull]
    return int(subprocess.check_output([sys.executable, "-c", PEAK, *command])) * 1024


@pytest.mark.parametrize(
    ("weight", "low", "high"),
    [
        (heavy_sources.Weight(types=130, keys=12), 0.15 * GIB, 0.45 * GIB),
        (heavy_sources.Weight(types=250, keys=40), 0.7 * GIB, 1.0 * GIB),
    ],
    ids=["lightest", "heaviest"],
)
def test_a_source_takes_g_plus_plus_what_is_said(tmp_path, weight, low, high) -> None:
    source = tmp_path / "heavy.cpp"
    source.write_text(heavy_sources.source_text("heavy", weight, 1))
    assert low <= compile_peak(source) <= high


@pytest.mark.cgroup
@pytest.mark.usefixtures("a_cgroup")
def test_the_kernel_kills_ninja_where_ninjapool_build_finishes(tmp_path) -> None:
    for name in ("plain", "governed"):
        heavy_sources.write_project(tmp_path / name, count=6, seed=1)
    plain = real.plain(tmp_path / "plain", LIMIT)
    assert not plain.finished
    assert (plain.kills or 0) >= 1
    governed = real.governed_build(tmp_path / "governed", LIMIT)
    assert governed.finished, governed.output
    assert governed.kills == 0
    assert (tmp_path / "governed" / "build" / "heavy").exists()
