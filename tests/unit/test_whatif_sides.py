"""`simulate --remote-jobs`: what is left here of a build whose compiles are elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninjapool.forecast import Prior
from ninjapool.govern.trace import Trace
from ninjapool.model import Setting as Said
from ninjapool.profiles import read_profile
from ninjapool.size.elsewhere import PREPROCESSING, STUB, assumptions, load, stub
from ninjapool.units import GIB, MIB
from ninjapool.whatif import afar, cells, picture, sides, table
from ninjapool.whatif.figures import Figured
from ninjapool.whatif.model import Cell, Limit, Setting, Took
from ninjapool.whatif.sent import Sent, sent
from tests.builders import project
from tests.looks import trace_job
from tests.recorded import HOSTILE
from tests.unit.test_whatif import ANSWER

SETTING = Setting(cpus=4, memory=8 * GIB, reserve=256 * MIB, width=6, window=9, pools={})
LINKS = [trace_job(f"bin{n}", 900, 2.0, job_class="link") for n in range(3)]


LEFT = stub(read_profile("generic"), project())
STUBS = Prior.from_estimate(LEFT)


def made(compiles: int = 60, seconds: float = 5.0, peak: float = 400, links: int = 1) -> Figured:
    """Compiles, then links that need them all."""
    jobs = [trace_job(f"{n}.o", peak, seconds) for n in range(compiles)]
    needs = tuple(one.name for one in jobs)
    jobs += [replace(one, needs=needs) for one in LINKS[:links]]
    known = {one.name: Took(seconds=one.seconds, peak=one.peak) for one in jobs}
    return Figured(trace=Trace(name="t", source="", jobs=tuple(jobs)), origins={}, known=known)


def away(figured: Figured, gigabits: float = 10.0) -> Sent:
    return sent(figured, STUBS, {}, gigabits)


def run(build: Sent, remote: int, **others: object) -> Cell:
    setting = replace(SETTING, remote=remote, **others)  # type: ignore[arg-type]
    return afar.run(build, setting, cells.knowledge(build.known, {"remote": STUBS}))


# ---------------------------------------------------------------- what is left here


def test_of_a_compile_a_stub_is_left_and_of_a_link_all():
    jobs = {one.name: one for one in away(made()).trace.jobs}
    assert jobs["0.o"].job_class == "remote"
    assert STUB <= jobs["0.o"].peak < 100 * MIB
    assert jobs["bin0"] == made().trace.jobs[-1]


def test_a_stub_that_a_build_has_shown_goes_before_the_profile():
    build = sent(made(), STUBS, {"0.o": 33 * MIB}, 1.0)
    assert build.trace.jobs[0].peak == 33 * MIB


def test_it_is_in_no_pool_that_was_sized_for_compiles_of_this_machine():
    pooled = [replace(one, pool="compile") for one in made().trace.jobs]
    build = away(replace(made(), trace=Trace(name="t", source="", jobs=tuple(pooled))))
    assert {one.pool for one in build.trace.jobs if one.job_class == "remote"} == {None}


def test_the_slower_the_wire_the_longer_it_lasts():
    assert load(10.0, gigabits=1.0).seconds > load(10.0, gigabits=10.0).seconds > 10.0
    assert load(10.0).here == pytest.approx(10.0 * PREPROCESSING)


# ---------------------------------------------------------------- what limits it


def test_few_slots_are_the_limit():
    found = run(away(made()), 4)
    assert found.limit == "slots"
    assert found.seconds == pytest.approx(60 * 5.0 / 4, rel=0.15)


def test_with_many_slots_the_cpus_here_are_for_each_compile_is_preprocessed():
    found = run(away(made(200)), 300, cpus=2, width=3)
    assert found.limit == "CPUs"
    assert found.seconds >= 200 * 5.0 * PREPROCESSING / 2


def test_a_client_that_preprocesses_one_at_a_time_is():
    found = run(away(made(200)), 1000, cpus=16, width=18, preprocessors=1)
    assert found.limit == "client"
    assert found.seconds >= 200 * 5.0 * PREPROCESSING


def test_a_slow_wire_is():
    assert run(away(made(40), gigabits=0.05), 100).limit == "wire"


def test_the_memory_here_is_where_links_are_heavy():
    links = [trace_job(f"l{n}", 900, 20.0, job_class="link") for n in range(12)]
    trace = Trace(name="t", source="", jobs=(*made(8).trace.jobs, *links))
    known = {one.name: Took(seconds=one.seconds, peak=one.peak) for one in trace.jobs}
    found = run(away(Figured(trace=trace, origins={}, known=known)), 200, memory=2 * GIB, cpus=16,
                width=18)  # fmt: skip
    assert found.limit == "memory"
    assert found.kills == 0
    assert found.peak <= 2 * GIB


def test_a_hundred_stubs_take_less_memory_than_two_compiles():
    build = away(made(100, peak=900, links=0))
    assert run(build, 100).peak < 1800 * MIB


def test_what_waits_for_what_is_where_there_is_little_to_do():
    assert run(away(made(3, 20.0)), 1000).limit == "order"


def test_what_does_not_fit_is_said_to_be_too_small():
    heavy = trace_job("big", 9000, 5.0, job_class="link")
    trace = Trace(name="t", source="", jobs=(heavy,))
    found = run(Sent(trace=trace, loads={}, known={}), 50)
    assert found.limit == "too small"


SHAPES = st.lists(
    st.tuples(st.integers(50, 1500), st.floats(0.3, 12.0), st.booleans()), min_size=1, max_size=40
)


@settings(max_examples=15, deadline=None)
@given(shapes=SHAPES, slots=st.tuples(st.integers(1, 60), st.integers(1, 300)))
def test_more_slots_are_never_slower_but_for_the_order_of_jobs(shapes, slots):
    """A list of jobs may do worse with more of anything (Graham): by one job's length at most."""
    jobs = [
        trace_job(f"{n}.o", peak, seconds, job_class="link" if here else "compile")
        for n, (peak, seconds, here) in enumerate(shapes)
    ]
    known = {one.name: Took(seconds=one.seconds, peak=one.peak) for one in jobs}
    build = away(
        Figured(trace=Trace(name="t", source="", jobs=tuple(jobs)), origins={}, known=known)
    )
    few, many = (run(build, number) for number in sorted(slots))
    assert few.limit != "too small"
    assert many.seconds <= 1.05 * few.seconds + max(seconds for _, seconds, _ in shapes) + 1.0
    assert many.peak <= SETTING.memory


# ---------------------------------------------------------------- where it turns


def cell(remote: int, seconds: float, limit: Limit = "slots") -> Cell:
    return Cell(cpus=4, memory=8 * GIB, seconds=seconds, limit=limit, kills=0, peak=GIB,
                remote=remote)  # fmt: skip


def row(*found: Cell, name: str = "4 CPUs, 8.0 GiB") -> sides.Row:
    return sides.Row(name=name, cells=found)


TURNS = row(cell(0, 500, "CPUs"), cell(50, 200), cell(200, 100, "CPUs"), cell(1000, 99, "CPUs"))


def test_it_is_said_beyond_how_many_this_machine_is_the_limit():
    assert sides.sentence(TURNS) == (
        "beyond 200 compiles elsewhere (1 min 40 s) this machine is the limit: its CPUs, as each "
        "compile is preprocessed here"
    )


def test_numbers_between_are_tried_until_it_is_exact():
    tried, found = [], TURNS
    while number := sides.to_try(found):
        tried.append(number)
        turned = cell(number, 100, "CPUs") if number >= 120 else cell(number, 150)
        found = replace(found, between=(*found.between, turned))
    assert tried[0] == 100
    assert "beyond 1" in sides.sentence(found)
    assert 120 <= sides.wide(found)[sides.enough(found)].remote <= 132
    assert len(tried) <= 6


def test_where_slots_are_the_limit_to_the_end_more_would_help():
    told = sides.sentence(row(cell(0, 500, "CPUs"), cell(50, 200), cell(200, 60)))
    assert told == "more than 200 compiles elsewhere would make it faster still"


def test_too_few_elsewhere_are_said_to_be_worse_than_none():
    told = sides.sentence(row(cell(0, 300, "CPUs"), cell(5, 400), cell(200, 100, "memory")))
    assert "its memory, which links and stubs share; 5 are slower than none" in told


def test_a_machine_on_which_it_cannot_be_built_is_named():
    found = row(cell(0, 0, "too small"), cell(50, 0, "too small"))
    assert sides.sentence(found) == "it cannot be built there"
    assert sides.to_try(found) is None


# ---------------------------------------------------------------- as it is shown


SIDES = replace(
    ANSWER,
    cells=(),
    priced=(),
    within=None,
    sides=[
        TURNS,
        row(cell(0, 480, "memory"), cell(50, 210), cell(200, 130, "wire"), cell(1000, 128, "wire"),
            name="4 CPUs, 2.0 GiB"),
        row(cell(0, 90, "order"), cell(50, 100), cell(200, 70, "client"), cell(1000, 70, "order"),
            name="github-linux-8-core"),
    ],
    assumed=assumptions(LEFT, Said(value=8, source="distcc's --localslots_cpp"), 1.0),
)  # fmt: skip


def test_the_sides_are_a_table_with_what_is_assumed(expect):
    expect("simulate-sides.txt", table.text(SIDES))


@pytest.mark.parametrize("name", HOSTILE)
def test_the_page_takes_any_name(name):
    page = picture.page(replace(SIDES, name=name, sides=[row(*TURNS.cells, name=name)]))
    assert page.count("<script>") == 1
    assert "<img" not in page
    page.encode("utf-8")
