"""Pools of a build whose compiles are done elsewhere: wide for these, for all others as ever."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ninjapool.model import Remote, Setting
from ninjapool.report.inspection import inspection
from ninjapool.size import Wishes, size_build
from tests.builders import machine, project
from tests.pasts import entry


def distcc(slots: int, preprocessors: int | None = 8) -> Remote:
    limit = Setting(value=preprocessors, source="by default") if preprocessors else None
    return Remote(
        kind="distcc",
        program="/usr/bin/distcc",
        slots=Setting(value=slots, source="distcc -j"),
        preprocessors=limit,
    )


def sized(remote: Remote | None, memory: int = 8, cpus: int = 4, wishes: Wishes | None = None):
    built = replace(project(), remote=remote)
    return size_build(machine(memory, cpus), built, wishes or Wishes())


def depths(remote: Remote | None, **more: object) -> dict[str, int]:
    plan = sized(remote, **more).plan  # type: ignore[arg-type]
    return {pool.job_class: pool.depth for pool in plan.pools}


def test_compiles_go_as_wide_as_the_slots_and_links_as_memory_allows():
    here, away = depths(None), depths(distcc(60), memory=16)
    assert away["compile"] == 60
    assert away["link"] <= max(here["link"], 4)


def test_the_memory_of_stubs_and_preprocessors_limits_the_compiles_as_well():
    few = depths(distcc(1000), memory=2)["compile"]
    assert 10 < few < 1000
    assert depths(distcc(1000), memory=4)["compile"] > few


def test_a_client_that_limits_its_preprocessors_may_have_more_compiles():
    limited, free = distcc(1000, preprocessors=8), distcc(1000, preprocessors=None)
    assert depths(limited, memory=4)["compile"] > 2 * depths(free, memory=4)["compile"]


def test_a_depth_and_a_figure_of_the_users_go_first():
    plan = sized(distcc(60), wishes=Wishes(pool_jobs={"compile": 5})).plan
    assert plan.depth("compile") == 5


def test_every_number_has_its_reason():
    found = sized(distcc(60), memory=16)
    [pool] = [pool for pool in found.plan.pools if pool.job_class == "compile"]
    assert pool.binding == "slots"
    assert "limited by the 60 slots of distcc (distcc -j)" in pool.why[0]
    assert "8 at once are preprocessing (by default)" in pool.why[-1]
    built = replace(project(), remote=distcc(60))
    page = inspection(machine(16, 4), built, found.plan, found.profile)
    assert "60 slots: distcc -j" in page


@pytest.mark.parametrize("remote", [None, distcc(60)])
def test_what_compiles_took_here_says_nothing_of_stubs(remote):
    past = [entry(f"src/{n}.o", peak=900, seconds=3.0) for n in range(40)]
    built = replace(project(), remote=remote)
    plan = size_build(machine(16, 4), built, Wishes(), None, past).plan
    assert (plan.depth("compile") == 60) == (remote is not None)
