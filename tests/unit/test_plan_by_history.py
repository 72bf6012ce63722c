"""Pools sized by what a project's own jobs took, and the few sources that get one to themselves."""

from __future__ import annotations

import math

import pytest

from ninjapool.emit.json import render_json
from ninjapool.history.estimates import cells, estimates, of_project, peak, split
from ninjapool.model import Setting
from ninjapool.report.inspection import inspection
from ninjapool.size import Wishes, size_build
from ninjapool.units import MIB
from tests.builders import machine, project
from tests.pasts import entry

LIGHT, HEAVY = 60, 7


def past(*, light=100 * MIB, heavy=1500 * MIB, **other):
    """A project of many light and a few heavy sources."""
    peaks = [light] * LIGHT + [heavy] * HEAVY
    return [
        entry(f"{n}.o", source=f"lib/{n}.cpp", peak=size, seconds=9.0, **other)
        for n, size in enumerate(peaks)
    ]


def plan(entries, memory=6.0, cpus=32, wishes=None, **changed):
    sized = size_build(
        machine(memory, cpus), project(llvm=False, **changed), wishes or Wishes(), None, entries
    )
    return sized.plan


def test_heavy_sources_get_a_pool_and_the_rest_runs_wide():
    by_profile, by_history = plan([]), plan(past())
    heavy = next(pool for pool in by_history.pools if pool.job_class == "heavy")
    assert heavy.estimate.sources == tuple(
        sorted(f"lib/{n}.cpp" for n in range(LIGHT, LIGHT + HEAVY))
    )
    assert heavy.depth == 1
    assert (by_history.depth("compile") or 0) >= 4 * (by_profile.depth("compile") or 0)


def test_inspect_says_which_of_how_many(capsys):
    found = plan(past())
    profile = Setting(value="history", source="measured")
    page = inspection(machine(3.0), project(), found, profile)
    assert f"these {HEAVY} of {LIGHT + HEAVY} sources" in page
    assert "lib/63.cpp" in page
    assert f'"lib/{LIGHT}.cpp"' in render_json(machine(3.0), project(), found)


def test_every_number_says_that_it_is_measured():
    for pool in plan(past()).pools:
        if pool.job_class in ("compile", "heavy"):
            assert "history" in pool.why[1]


def test_where_memory_is_plentiful_nothing_is_set_apart():
    assert plan(past(), memory=900.0, cpus=4).depth("heavy") is None


def test_where_all_are_alike_nothing_is_set_apart():
    assert plan(past(heavy=100 * MIB)).depth("heavy") is None


def test_a_tool_that_knows_one_number_gets_that_of_the_whole():
    assert plan(past()).jobs.value >= 1


@pytest.mark.parametrize(
    "changed", [{"compiler": "clang"}, {"debug_info": "full"}], ids=["compiler", "debug"]
)
def test_what_was_built_otherwise_does_not_count(changed):
    assert plan(past(), **changed) == plan([], **changed)


def test_too_few_edges_do_not_count():
    assert of_project(past()[:10], project()) == []
    assert of_project(past(), project(edges={"compile": 500})) == []
    assert len(of_project(past(), project(edges={"compile": 80}))) == LIGHT + HEAVY


def test_of_two_variants_the_last_one_counts():
    old, new = past(variant="gcc -O2", at=86400), past(variant="gcc -O3", at=5 * 86400)
    assert {one.variant for one in of_project([*old, *new], project())} == {"gcc -O3"}


def test_the_users_own_figures_go_before_what_was_measured():
    wishes = Wishes(pool_memory={"compile": "500M"})
    assert plan(past(), wishes=wishes) == plan([], wishes=wishes)
    assert plan(past(), wishes=Wishes(profile="clang")).depth("heavy") is None
    mine = plan(past(), wishes=Wishes(pool_jobs={"compile": 3}))
    assert mine.depth("compile") == 3


def test_the_cells_hold_all_the_time_and_the_heaviest_alone():
    entries = past()
    found = cells(entries)
    assert math.isclose(sum(weight for _, weight in found), 1.0, abs_tol=1e-3)
    assert found[0][0] == max(peak(one) for one in entries)
    assert len(found) < 80


def test_a_job_that_was_killed_counts_with_what_it_had():
    assert peak(entry()._replace(at_least=900 * MIB)) == 900 * MIB
    assert peak(entry(peak=None, seconds=0.01)) < 10 * MIB


def test_a_source_that_is_built_twice_is_set_apart_as_one():
    twice = [*past(), entry("other/66.o", source="lib/66.cpp", peak=10 * MIB)]
    heavy, others = split(twice, 1)
    sources = {one.source for one in heavy}
    assert len(sources) == 1
    assert sources.isdisjoint(one.source for one in others)


def test_a_class_that_was_not_measured_keeps_its_profile():
    given = [pool.estimate for pool in plan([]).pools]
    found = {one.job_class: one for one in estimates(past(), given)}
    assert found["compile"].source.startswith("history")
    assert found["link"] == next(one for one in given if one.job_class == "link")
    assert math.isclose(sum(one.share for one in found.values()), 1.0, abs_tol=0.01)
