"""The page, the text and the trace of a build: right figures, and safe with any file name."""

from __future__ import annotations

import itertools
import json
import re
from html.parser import HTMLParser

import pytest

from ninjapool.report import axes, chrome, terminal
from ninjapool.report.analysis import Analysis, Wiring, area
from ninjapool.report.areas import BINS, HIGH, Grid, memory_chart, slot_bands, spread
from ninjapool.report.page import page, script_json
from ninjapool.units import GIB, MIB
from tests.recorded import HOSTILE, NEEDS, job, moment, record, usual

USUAL = Analysis(usual(), Wiring(needs=NEEDS))
VOID = {"meta", "input", "br", "img", "link", "circle", "path", "!doctype"}


class Reader(HTMLParser):
    """What a browser would see: the elements with their attributes, and that all are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_every_element_is_closed():
    assert Reader(page(USUAL)).open == []


def test_it_needs_nothing_else():
    for tag, attributes in Reader(page(USUAL)).elements:
        assert tag not in ("link", "img", "iframe", "object")
        assert not {"src", "href", "srcset", "action"} & attributes.keys()
    assert not re.search(r"url\(|@import|https?://", page(USUAL))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_name_is_only_text(name):
    told = page(Analysis(record([job(name, 0.0, 5.0, GIB, killed="kernel"), job(name, 5.0, 9.0)])))
    tame = re.sub("[^/]", "x", name)
    before = page(
        Analysis(record([job(tame, 0.0, 5.0, GIB, killed="kernel"), job(tame, 5.0, 9.0)]))
    )
    tags = [tag for tag, _ in Reader(told).elements]
    assert tags == [tag for tag, _ in Reader(before).elements]
    assert all(not key.startswith("on") for _, found in Reader(told).elements for key in found)
    told.encode("utf-8")


@pytest.mark.parametrize("name", HOSTILE)
def test_the_data_cannot_end_the_script(name):
    text = script_json({"name": name})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"name": name}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_cannot_steer_the_terminal(name):
    text = terminal.page(Analysis(record([job(name, 0.0, 5.0, GIB)])))
    assert all(char.isprintable() or char == "\n" for char in text)


def test_the_text_is_a_page(expect):
    expect("report/usual.txt", terminal.page(USUAL))


def test_a_build_of_which_nothing_was_seen_has_a_page():
    empty = Analysis(record([job("a.o", 0.0, 0.01, None, times=(), memory=())]))
    assert "a.o" in page(empty)
    assert "a.o" in terminal.page(empty)
    assert page(Analysis(record([], seconds=0.0)))


def test_numbers_of_the_head_are_those_of_the_record():
    texts = Reader(page(USUAL)).texts
    for text in ("20 s", "1000 MiB", "/src/build"):
        assert text in texts


def test_all_jobs_are_there_to_search():
    many = record([job(f"f{n}.o", n / 10, n / 10 + 3, MIB * (n % 300 + 20)) for n in range(3000)])
    told = page(Analysis(many))
    data = json.loads(re.search(r'type="application/json">(.*?)</script>', told)[1])  # type: ignore[index]
    assert len(data["jobs"]) == 3000
    assert len(re.findall("<path", told)) < 120, "areas of thousands of jobs are joined"


# ---------------------------------------------------------------- areas


def test_nothing_is_lost_when_a_job_is_spread_over_time():
    grid = Grid(20.0)
    one = job("a.o", 3.3, 13.7, 500)
    heights = spread([(0.0, 0.0), (3.3, 10.0), (13.7, 500.0)], grid)
    assert sum(heights.values()) * grid.width == pytest.approx(3.3 * 5 + 10.4 * 255)
    assert sum(
        spread(list(zip(one.times, map(float, one.memory), strict=True)), grid).values()
    ) * grid.width == pytest.approx(area(one), rel=0.01)


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]


def test_the_stack_never_leaves_its_box():
    chart = memory_chart(USUAL)
    assert chart.layers
    for layer in chart.layers:
        assert all(0 <= x <= 1000 and 0 <= y <= HIGH for x, y in points(layer.path))


def test_a_budget_far_above_is_told_not_drawn():
    small = record([job("a.o", 0.0, 5.0, 50 * MIB)], [moment(0.0, 1, use=50 * MIB, free=64 * GIB)])
    assert memory_chart(Analysis(small)).budget is None
    assert memory_chart(USUAL).budget is not None


def test_the_bands_of_the_slots_fill_the_box():
    bands = slot_bands(USUAL)
    assert [band.slot for band in bands] == ["used", "cpus", "memory", "nothing"]
    top = points(bands[-1].path)[:BINS]
    assert {y for _, y in top} == {0.0}


@pytest.mark.parametrize("seconds", [0.5, 7, 30, 100, 3600, 100_000])
def test_marks_of_time_are_few_and_in_order(seconds):
    marks = axes.time_marks(seconds)
    places = [float(mark.place.rstrip("%")) for mark in marks]
    assert 2 <= len(marks) <= 9
    assert places == sorted(places)
    assert places[-1] <= 95


@pytest.mark.parametrize("top", [MIB, 700 * MIB, 3 * GIB, 500 * GIB])
def test_marks_of_memory_are_few_and_round(top):
    marks = axes.size_marks(top)
    assert 2 <= len(marks) <= 6
    assert all(re.fullmatch(r"0|\d+ [KMGT]iB", mark.text) for mark in marks)


# ---------------------------------------------------------------- the trace


def test_the_trace_has_every_job_once_and_never_two_in_a_row_at_once():
    events = json.loads(chrome.trace(usual()))["traceEvents"]
    spans = [one for one in events if one["ph"] == "X" and one["pid"] == chrome.BUILD]
    jobs = [one for one in spans if one["name"] != "paused"]
    assert len(jobs) == len(usual().jobs)
    for row in {one["tid"] for one in jobs}:
        ends = sorted((one["ts"], one["ts"] + one["dur"]) for one in jobs if one["tid"] == row)
        assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(ends))


def test_the_trace_has_counters_and_what_was_held():
    events = json.loads(chrome.trace(usual()))["traceEvents"]
    memory = [one["args"] for one in events if one["ph"] == "C" and one["name"] == "memory"]
    assert memory[0] == {"use": 300 * MIB, "budget": 1100 * MIB}
    assert [
        one["dur"] for one in events if one.get("pid") == chrome.WAITING and one["ph"] == "X"
    ] == [10_000_000]


def test_every_event_of_the_trace_has_a_moment_and_they_come_in_order():
    """Some readers of the format take them as they come, and want all of ph, ts, pid and tid."""
    events = json.loads(chrome.trace(usual()))["traceEvents"]
    assert all({"ph", "ts", "pid", "name"} <= event.keys() for event in events)
    assert all("tid" in event for event in events if event["ph"] != "C")
    moments = [event["ts"] for event in events]
    assert moments == sorted(moments)
    assert moments[0] >= 0
