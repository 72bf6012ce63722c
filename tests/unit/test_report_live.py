"""The look at a build that runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ninjapool.record.model import Frame, Live, LiveJob
from ninjapool.report.live import bar, panel
from ninjapool.units import GIB, MIB
from tests.recorded import HOSTILE, moment


def running(number, memory=100 * MIB, **others):
    return LiveJob(key=f"lib/{number}.cpp.o", **{"job_class": "compile", "state": "running",
                   "memory": memory, "forecast": 400 * MIB, "seconds": 3.0, **others})  # fmt: skip


LIVE = Live(
    frame=Frame(folder="/b", cores=4, reserve=GIB),
    moment=moment(12.0, 2, use=300 * MIB, free=2 * GIB, held=2, why="memory"),
    jobs=(
        running(1),
        running(2, 200 * MIB),
        running(3, 0, state="held", forecast=900 * MIB),
        running(4, 0, state="held"),
    ),
    done=31,
)


def test_it_tells_budget_use_jobs_and_what_is_held():
    assert panel(LIVE, 100, 10) == [
        "memory [#####...................] 300 MiB of 1.3 GiB, 2.0 GiB free on the machine",
        "jobs   [############............] 2 of 4 run, 2 held back, 31 done in 12 s",
        "  [#####.....]   200 MiB of 400 MiB   3.0 s  lib/2.cpp.o",
        "  [##........]   100 MiB of 400 MiB   3.0 s  lib/1.cpp.o",
        "  held back for memory: lib/3.cpp.o (900 MiB) and 1 more",
    ]


@pytest.mark.parametrize("height", range(3, 40, 5))
@pytest.mark.parametrize("width", [20, 80])
def test_it_fits_any_terminal(width, height):
    many = replace(LIVE, jobs=tuple(running(n, n * MIB) for n in range(64)) + LIVE.jobs)
    lines = panel(many, width, height)
    assert len(lines) <= height
    assert all(len(line) < width for line in lines)


def test_what_is_not_shown_is_counted():
    many = replace(LIVE, jobs=tuple(running(n) for n in range(10)))
    assert panel(many, 100, 6)[-1] == "  and 7 more with 700 MiB"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_cannot_move_the_cursor(name):
    lines = panel(replace(LIVE, jobs=(replace(LIVE.jobs[0], key=name),)), 100, 10)
    assert all(line.isprintable() for line in lines)


def test_a_bar_is_never_longer_than_its_place():
    assert bar(5, 1, 10) == "[##########]"
    assert bar(0, 0, 10) == "[..........]"
    assert bar(1, 3, 6) == "[##....]"
