"""What a build would take elsewhere: figures by the best source, cells, machines and prices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ninjapool.errors import FileError, UsageError
from ninjapool.forecast import Forecaster
from ninjapool.govern.trace import Trace
from ninjapool.project.graph import Node
from ninjapool.record.model import Pause
from ninjapool.units import GIB, MIB
from ninjapool.whatif import cells, machines, picture, table
from ninjapool.whatif.figures import Sources, as_slow, figured, of_record, own_curve
from ninjapool.whatif.model import Cell, Offer, Setting, Took
from tests.looks import trace_job
from tests.recorded import HOSTILE, job, usual

FRESH = Forecaster().forecast
NODES = [
    Node("lib/a.cpp.o", "compile", None, ()),
    Node("lib/h.cpp.o", "compile", "pool", ()),
    Node("lib/l.cpp.o", "compile", None, ()),
    Node("lib/new.cpp.o", "compile", None, ("lib/a.cpp.o",)),
]
SOURCES = Sources(
    record=of_record(usual().jobs),
    history={
        "lib/h.cpp.o": Took(seconds=7.0, peak=70 * MIB, curve=(0.0, 1.0, 0.5)),
        "lib/a.cpp.o": Took(seconds=1.0),
    },
    durations={"lib/l.cpp.o": 5.0, "lib/a.cpp.o": 2.0},
    forecast=FRESH,
)
SETTING = Setting(cpus=4, memory=4 * GIB, reserve=256 * MIB, width=4, window=6, pools={})


def test_each_job_has_the_best_figures_there_are():
    made = figured("build", NODES, SOURCES)
    jobs = {one.name: one for one in made.trace.jobs}
    assert dict(made.origins) == {"record": 1, "history": 1, "log": 1, "profile": 1}
    assert (jobs["lib/a.cpp.o"].seconds, jobs["lib/a.cpp.o"].peak) == (10.0, 900 * MIB)
    assert (jobs["lib/h.cpp.o"].seconds, jobs["lib/h.cpp.o"].peak) == (7.0, 70 * MIB)
    assert jobs["lib/h.cpp.o"].curve == (0.0, 1.0, 0.5)
    assert jobs["lib/h.cpp.o"].pool == "pool"
    assert jobs["lib/l.cpp.o"].seconds == 5.0
    assert jobs["lib/new.cpp.o"].needs == ("lib/a.cpp.o",)


def test_only_what_was_seen_is_known_to_the_next_build():
    known = figured("build", NODES, SOURCES).known
    assert known["lib/a.cpp.o"].peak == 900 * MIB
    assert known["lib/l.cpp.o"] == Took(seconds=5.0)
    assert "lib/new.cpp.o" not in known


def test_unknown_jobs_differ_and_are_the_same_each_time():
    nodes = [Node(f"f{number}.o", "compile", None, ()) for number in range(400)]
    sources = Sources(forecast=FRESH)
    made, again = figured("b", nodes, sources), figured("b", nodes, sources)
    assert made == again
    peaks = sorted(one.peak for one in made.trace.jobs)
    assert peaks[380] > 4 * peaks[20], "as wide as the profile says"


def test_a_killed_life_tells_nothing_of_what_a_job_needs():
    assert of_record(usual().jobs)["lib/c.cpp.o"].peak == 600 * MIB


def test_a_job_has_the_curve_that_was_seen():
    curve = own_curve(job("a.o", 0.0, 10.0, 800))
    assert curve is not None
    assert curve[10] == pytest.approx(0.5, abs=0.01)
    assert max(curve) == 1.0


def test_time_stood_still_is_no_part_of_the_curve():
    paused = replace(
        job("a.o", 0.0, 10.0, 800),
        pauses=(Pause(begin=2.0, end=7.0, why=""),),
        times=(0.0, 1.0, 2.0, 7.0, 8.0, 9.0),
        memory=(0, 160, 320, 320, 480, 640),
    )
    curve = own_curve(paused)
    assert curve is not None
    assert curve[8] == pytest.approx(0.4, abs=0.02), "2 s of 5 are two fifths of its life"


def test_too_few_points_are_no_curve():
    assert own_curve(replace(job("a.o", 0.0, 1.0), times=(0.0, 1.0), memory=(0, 5))) is None
    assert own_curve(job("a.o", 0.0, 1.0, None)) is None


def test_slow_jobs_last_as_long_as_they_did():
    made = figured("build", NODES, SOURCES).trace
    slow = as_slow(made, {"lib/a.cpp.o": job("lib/a.cpp.o", 0.0, 30.0)})
    assert [one.seconds for one in slow.jobs[:2]] == [30.0, 7.0]


# ---------------------------------------------------------------- cells


def many(count: int = 40, peak: float = 400) -> Trace:
    return Trace(
        name="t", source="", jobs=tuple(trace_job(f"{n}.o", peak, 4.0) for n in range(count))
    )


def run(trace: Trace, **others: object) -> Cell:
    known = {one.name: Took(seconds=one.seconds, peak=one.peak) for one in trace.jobs}
    return cells.run(trace, replace(SETTING, **others), cells.knowledge(known, {}))  # type: ignore[arg-type]


def test_cpus_limit_what_has_memory_enough():
    cell = run(many(), memory=16 * GIB)
    assert cell.limit == "CPUs"
    assert cell.seconds == pytest.approx(40, rel=0.1)


def test_memory_limits_what_has_cpus_enough():
    cell = run(many(), cpus=16, width=16, window=24, memory=1500 * MIB)
    assert cell.limit == "memory"
    assert cell.peak <= 1500 * MIB


def test_a_chain_is_limited_by_its_order():
    chain = [trace_job("0.o", 50, 5.0)]
    chain += [trace_job(f"{n}.o", 50, 5.0, needs=[f"{n - 1}.o"]) for n in range(1, 6)]
    assert run(Trace(name="t", source="", jobs=tuple(chain))).limit == "order"


def test_a_job_that_never_fits_is_said_to_be_too_big():
    assert run(many(2, peak=9000)).limit == "too small"


def test_a_pool_narrows_the_build():
    pooled = replace(many(), jobs=tuple(replace(one, pool="p") for one in many().jobs))
    assert run(pooled, memory=16 * GIB, pools={"p": 1}).seconds > 150
    assert run(pooled, memory=16 * GIB, pools={"p": 0}).seconds < 50


def test_other_work_on_the_machine_slows_all():
    assert run(many(), memory=16 * GIB, pace=0.5).seconds == pytest.approx(80, rel=0.1)


def test_a_simulated_build_leaves_a_record():
    made = many(10)
    record = cells.recorded(made, SETTING, cells.knowledge({}, {}))
    assert {one.key for one in record.jobs if one.killed is None} == {f"{n}.o" for n in range(10)}
    assert record.seconds == pytest.approx(max(one.ended for one in record.jobs), abs=0.1)
    assert record.used > 0
    assert all(one.times for one in record.jobs)


def test_a_build_is_checked_with_what_it_knew():
    knew = cells.as_it_was(of_record(usual().jobs), {})
    assert knew.forecast("lib/b.cpp.o", "compile").peak == 300 * MIB


# ---------------------------------------------------------------- machines


LIST = """
[[machine]]
name = "small"
cpus = 2
memory = "4G"
per_hour = 0.10
source = "our bill, November 2026"

[[machine]]
name = "small-two"
cpus = 4
memory = "8G"
source = "the cupboard"
"""


def test_machines_are_read_with_their_source():
    small, two = machines.parse(Path("prices.toml"), LIST)
    assert (small.cpus, small.memory, small.per_hour) == (2, 4 * GIB, 0.10)
    assert two.per_hour is None


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('source = "the cupboard"', "", "has no source"),
        ("cpus = 2", "cpus = 0", "above 0"),
        ("cpus = 2", 'cpus = "x"', "machine 1"),
        ('"4G"', '"4 elephants"', "not a size"),
        ("per_hour", "per_day", "only cpus"),
        ("[[machine]]", "[machine", "prices.toml"),
        (LIST, "", "no [[machine]]"),
        (LIST, "machine = 3", "no [[machine]]"),
    ],
)
def test_what_is_wrong_in_a_list_is_said(before, after, says):
    with pytest.raises(FileError, match=r"prices\.toml") as error:
        machines.parse(Path("prices.toml"), LIST.replace(before, after, 1))
    assert says in str(error.value)


def test_machines_are_chosen_by_name_or_its_beginning():
    offers = machines.parse(Path("p"), LIST)
    assert [one.name for one in machines.chosen(offers, ["small"])] == ["small"]
    assert [one.name for one in machines.chosen(offers, ["small-"])] == ["small-two"]
    assert len(machines.chosen(offers, ["s", "small"])) == 2
    with pytest.raises(UsageError, match="large"):
        machines.chosen(offers, ["large"])


def test_those_that_come_with_ninjapool_name_their_source_and_year():
    for offer in machines.named():
        assert "2026" in offer.source
        assert offer.memory >= GIB


# ---------------------------------------------------------------- the answer


def cell(cpus, memory, seconds, limit="CPUs"):
    return Cell(cpus=cpus, memory=memory, seconds=seconds, limit=limit, kills=0, peak=GIB)


def offer(name, per_hour):
    return Offer(name=name, cpus=4, memory=8 * GIB, per_hour=per_hour, source="a list, 2026")


ANSWER = table.Answer(
    name="/src/build",
    jobs=2200,
    cpu_seconds=12720.0,
    origins=(("record", 2100), ("profile", 100)),
    cells=[
        cell(4, 2 * GIB, 1.0, "too small"),
        cell(4, 8 * GIB, 3300.0),
        cell(16, 2 * GIB, 5400.0, "memory"),
        cell(16, 8 * GIB, 840.0, "order"),
    ],
    priced=[
        table.Priced(offer=offer("slow", 0.10), cell=cell(4, 8 * GIB, 7200.0)),
        table.Priced(offer=offer("fast", 1.00), cell=cell(16, 8 * GIB, 1800.0, "memory")),
        table.Priced(offer=offer("tiny", 0.01), cell=cell(1, GIB, 9.0, "too small")),
        table.Priced(offer=offer("own", None), cell=cell(4, 8 * GIB, 3000.0)),
    ],
    within=3600.0,
    checked=table.Checked(cell=cell(8, 4 * GIB, 104.0), measured=100.0, pace=0.8),
)


def test_the_answer_is_a_table(expect):
    expect("simulate.txt", table.text(ANSWER))


def test_the_cheapest_is_the_cheapest_of_those_fast_enough():
    best, any_time = table.cheapest(ANSWER), table.cheapest(replace(ANSWER, within=None))
    assert best is not None
    assert any_time is not None
    assert (best.offer.name, any_time.offer.name) == ("fast", "slow")
    assert best.cost == pytest.approx(0.5)
    assert table.cheapest(replace(ANSWER, within=60.0)) is None


def test_it_says_so_where_none_is_fast_enough_or_nothing_was_recorded():
    text = table.text(replace(ANSWER, within=60.0, checked=None))
    assert "None of them builds this in under 1 min 00 s." in text
    assert "its error is not known" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_the_page_takes_any_name(name):
    page = picture.page(replace(ANSWER, name=name))
    assert page.count("<script>") == 1
    assert "<img" not in page
    page.encode("utf-8")
