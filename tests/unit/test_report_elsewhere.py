"""A build with two sides: what was compiled elsewhere is told from what ran here."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ninjapool.record.model import Live
from ninjapool.report import chrome, terminal, verdict
from ninjapool.report.analysis import Analysis
from ninjapool.report.areas import HIGH
from ninjapool.report.elsewhere import chart, sentence, sides, table
from ninjapool.report.live import panel
from ninjapool.report.page import page
from ninjapool.units import MIB
from tests.recorded import HOSTILE, job, moment, record, two_sides, usual

BOTH = Analysis(two_sides())


def found():
    both = sides(BOTH)
    assert both is not None
    return both


def test_jobs_are_counted_by_side():
    both = found()
    assert (len(both.here.jobs), len(both.away.jobs), len(both.home.jobs)) == (3, 6, 1)
    assert both.away.seconds == pytest.approx(6 + 7 + 8 + 6 + 7 + 8)
    assert both.away.most == 3
    assert both.busy == pytest.approx(42 / (4 * 20))


def test_what_stubs_hold_here_is_summed():
    assert 20 * MIB < found().away.memory < 36 * MIB
    assert found().here.memory > 500 * MIB


def test_who_ends_when_another_begins_was_not_there_with_it():
    one_after_the_other = [job(f"{n}.o", n, n + 1.0, job_class="remote") for n in range(5)]
    both = sides(Analysis(record(one_after_the_other)))
    assert both is not None
    assert both.away.most == 1


def test_the_time_elsewhere_is_none_of_the_cpus_here():
    assert BOTH.cpu_seconds == pytest.approx(9 + 3 + 3)
    assert BOTH.record.pace == pytest.approx(1.0)


def test_the_picture_has_the_slots_elsewhere_as_its_height():
    drawn = chart(found(), BOTH.record.seconds)
    assert drawn.top == 4
    assert f" {HIGH - 75:.2f}" in drawn.away
    assert drawn.home


def test_where_nothing_went_elsewhere_nothing_is_shown():
    plain = Analysis(usual())
    assert sides(plain) is None
    assert "elsewhere" not in page(plain).split("<script>")[0]
    assert "elsewhere" not in terminal.page(plain)
    assert "elsewhere" not in chrome.trace(usual())


def test_a_record_that_knows_no_slots_elsewhere_tells_what_it_has():
    """As ninjapool wrote them before it kept the two apart."""
    older = replace(two_sides(), frame=replace(two_sides().frame, away=0, cores=6))
    both = sides(Analysis(older))
    assert both is not None
    assert (both.slots, both.busy) == (None, None)
    assert "6 jobs compiled elsewhere, at most 3 at once: here" in sentence(both)
    assert "Here and elsewhere" in page(Analysis(older))


def test_slots_elsewhere_that_were_always_busy_limited_the_build():
    jobs = [job(f"{n}.o", 5.0 * n, 5.0 * n + 5, 9 * MIB, job_class="remote") for n in range(4)]
    busy = Analysis(record(jobs, [moment(0.0, 0, away=1)], away=1))
    limit, _, remedy = verdict.sentences(busy)
    assert limit == "The slots elsewhere limited this build: 1 slot, busy 100 % of its 20 s."
    assert "simulate --remote-jobs" in remedy


def test_the_text_shows_both(expect):
    expect("report/two-sides.txt", terminal.page(BOTH))


def test_the_page_shows_both_and_what_came_home():
    text = page(BOTH)
    assert sentence(found()) in text
    for _, name, *_ in table(found()):
        assert f"</i>{name}</th>" in text
    assert '"came home"' in text
    assert "slots elsewhere" in text


def test_the_trace_has_rows_of_their_own_for_them():
    events = json.loads(chrome.trace(two_sides()))["traceEvents"]
    away = [one for one in events if one["pid"] == chrome.AWAY and one["ph"] == "X"]
    assert {one["cat"] for one in away} == {"remote"}
    assert len(away) == 6
    home = {one["name"] for one in events if one.get("args", {}).get("came_home_at")}
    assert home == {"lib/h.cpp.o"}
    assert max(one["args"]["away"] for one in events if one["name"] == "elsewhere") == 3


def test_a_build_that_runs_shows_how_many_are_elsewhere():
    live = Live(frame=two_sides().frame, moment=two_sides().timeline[1], jobs=(), done=0)
    assert "1 of 2 run, 3 of 4 elsewhere, 0 held back" in "\n".join(panel(live, 200, 9))


@pytest.mark.parametrize("name", HOSTILE)
def test_any_file_name_can_go_and_come_home(name):
    jobs = [job(name, 0.0, 5.0, job_class="remote"), job(f"x{name}", 0.0, 5.0, home=2.0)]
    made = Analysis(record(jobs, away=4))
    text = page(made)
    assert text.count("<script>") == 1
    assert "<img" not in text
    text.encode("utf-8")
    assert all(char.isprintable() or char == "\n" for char in terminal.page(made))
    json.loads(chrome.trace(made.record))
