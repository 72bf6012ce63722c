"""What a record shows, and the three sentences that are said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ninjapool.report.analysis import Analysis, Wiring, area
from ninjapool.report.verdict import binding, sentences
from ninjapool.units import GIB, MIB
from tests.recorded import NEEDS, job, moment, record, usual


def analysis(of=None, needs=NEEDS, **wiring):
    return Analysis(usual() if of is None else of, Wiring(needs=needs, **wiring))


def test_the_shares_of_slot_time_add_up():
    shares = analysis().shares
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares["memory"] == pytest.approx(10 / 40)
    assert shares["cpus"] == pytest.approx(8 / 40), "two ran for 8 s at half their pace"
    assert shares["nothing"] == pytest.approx(2 / 40)


def test_what_was_counted_goes_before_what_the_timeline_shows():
    """The timeline is thinned out where a build is long, the count is not."""
    counted = replace(usual(), used=10.0, unused={"memory": 30.0})
    assert analysis(counted).shares["memory"] == pytest.approx(0.75)


def test_without_any_job_nothing_is_said_wrongly():
    empty = Analysis(record([], seconds=0.0))
    assert sum(empty.shares.values()) == 0
    assert empty.chain == ()
    assert len(sentences(empty)) == 3


def test_the_chain_is_what_the_end_waited_for():
    chain = analysis().chain
    assert [step.job.key for step in chain] == ["lib/c.cpp.o", "bin/program"]
    assert chain[0].waited == pytest.approx(12.0), "born at once, it ran 6 of its first 18 s"
    assert chain[1].waited == 0.0


def test_without_needs_there_is_no_chain():
    assert analysis(needs={}).chain == ()
    assert analysis(needs={}).longest_chain is None


def test_a_need_that_was_built_later_is_not_what_was_waited_for():
    built = record([job("a.o", 5.0, 9.0), job("program", 1.0, 2.0)])
    found = Analysis(built, Wiring(needs={"a.o": ("program",), "program": ("a.o",)}))
    assert [step.job.key for step in found.chain] == ["program", "a.o"]


def test_a_full_pool_is_told_from_nothing_to_do():
    pools = {"lib/a.cpp.o": "heavy", "lib/b.cpp.o": "heavy", "lib/c.cpp.o": "heavy"}
    timeline = [moment(0.0, 1), moment(10.0, 2), moment(18.0, 1)]
    jobs = [replace(one, born=one.begun or 0.0) for one in usual().jobs if one.killed is None]
    found = Analysis(record(jobs, timeline), Wiring(pools=pools, depths={"heavy": 1}))
    assert found.shares["pool"] == pytest.approx(10 / 40)
    assert binding(found) == "pool"
    assert "heavy (depth 1)" in sentences(found)[2]


def test_a_job_that_grew_evenly_held_half_its_peak_on_average():
    assert area(job("a.o", 0.0, 8.0, 100)) == pytest.approx(400, rel=0.05)
    assert area(job("a.o", 0.0, 8.0, 100, times=(), memory=())) == pytest.approx(600)
    assert area(job("a.o", 0.0, 8.0, None, times=(), memory=())) == 0


def test_killed_and_waiting_jobs_are_found():
    found = analysis()
    assert [one.key for one in found.killed] == ["lib/c.cpp.o"]
    assert [one.key for one in found.waited] == ["lib/b.cpp.o", "lib/c.cpp.o"]
    assert found.heaviest[0].key == "lib/a.cpp.o"
    assert found.longest[0].key == "lib/a.cpp.o"


def test_forecasts_are_held_against_what_was_measured():
    compiles, links = analysis().fits
    assert (compiles.job_class, compiles.jobs, compiles.far) == ("compile", 3, 1)
    assert compiles.forecast == (900 + 300 + 600) * MIB // 3
    assert links.measured == 300 * MIB


def test_memory_is_named_with_what_would_be_enough():
    short = record(
        [job(f"{n}.o", 10.0 * n, 10.0 * n + 10, GIB) for n in range(6)],
        [moment(0.0, 1, why="memory", held=5, use=GIB, free=GIB)],
        cores=4,
    )
    limit, weight, remedy = sentences(Analysis(short))
    assert limit == (
        "Memory limited this build: its 4 slots were busy 25 % of its 1 min 00 s, "
        "75 % empty for want of memory."
    )
    assert weight == "The heaviest job, 0.o, took 1.0 GiB for 10 s."
    assert "instead of 1.0 GiB would keep all 4 slots busy" in remedy
    assert "as little as 15 s" in remedy


def test_cpus_are_named_where_the_slots_were_busy():
    busy = record(
        [job(f"{n}.o", 0.0, 60.0, 100 * MIB) for n in range(2)],
        [moment(0.0, 2, use=200 * MIB, free=8 * GIB)],
    )
    limit, _, remedy = sentences(Analysis(busy))
    assert limit == "The CPUs limited this build: its 2 slots were busy 100 % of its 1 min 00 s."
    assert remedy.startswith("More CPUs would make it faster: about ")


def test_a_long_chain_is_named_with_its_slowest_job():
    chain = record(
        [job("a.o", 0.0, 50.0), job("program", 50.0, 60.0, job_class="link")],
        [moment(0.0, 1)],
        cores=4,
    )
    found = Analysis(chain, Wiring(needs={"a.o": (), "program": ("a.o",)}))
    limit, _, remedy = sentences(found)
    assert limit.startswith("The order of the jobs limited this build")
    assert "a chain of 2 jobs that ran 1 min 00 s, most of it a.o (50 s)" in remedy


def test_a_chain_that_had_to_wait_is_told_from_one_that_ran():
    late = record(
        [job("b.o", 0.0, 10.0), job("a.o", 10.0, 30.0, born=0.0)],
        [moment(0.0, 1, why="memory", held=1), moment(10.0, 1)],
        cores=4,
    )
    found = Analysis(late, Wiring(needs={"a.o": (), "b.o": ()}))
    assert "waited 10 s for memory or a CPU, a.o longest" in sentences(found)[2]


def test_other_work_on_the_machine_is_named():
    slow = record([job("a.o", 0.0, 60.0, seconds=20.0)], [moment(0.0, 2, pace=0.33)])
    assert sentences(Analysis(slow))[0].startswith("Other work on the machine limited this build")


def test_a_build_too_short_to_be_seen_blames_nothing():
    analysis = Analysis(record([]), Wiring())
    assert sentences(analysis)[0].endswith("was too short to tell what limited it.")
