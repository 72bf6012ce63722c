"""The pages of `report` and `simulate` do in a browser what they are for, for everybody."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from ninjapool.report.analysis import Analysis, Wiring
from ninjapool.report.page import page
from ninjapool.units import MIB
from ninjapool.whatif import picture
from tests.recorded import HOSTILE, NEEDS, job, moment, record, two_sides, usual
from tests.unit.test_whatif import ANSWER
from tests.unit.test_whatif_sides import SIDES

if TYPE_CHECKING:
    from collections.abc import Callable

    from ninjapool.record.model import Record

USUAL = page(Analysis(usual(), Wiring(needs=NEEDS)))
TWO_SIDES = page(Analysis(two_sides()))
PAGES = pytest.mark.parametrize(
    "told",
    [USUAL, TWO_SIDES, picture.page(ANSWER), picture.page(SIDES)],
    ids=["report", "report-two-sides", "simulate", "simulate-two-sides"],
)
ANSWERED = '<pre id="answer">'
TELL = """
const tell = (value) => {
  const place = document.createElement("pre");
  place.id = "answer";
  place.textContent = JSON.stringify(value);
  document.body.append(place);
};
"""


def large(jobs: int = 10_000) -> Record:
    made = [
        job(f"lib/Folder{n % 90}/Source{n}.cpp.o", n / 7, n / 7 + 3 + n % 31, (n % 701 + 30) * MIB)
        for n in range(jobs)
    ]
    looks = [moment(n * 0.7, 2, use=(n % 900) * MIB) for n in range(jobs // 5)]
    return record(made, looks)


def answer(dom: Callable[..., str], told: str, script: str, **how: Any) -> Any:
    """What the script tells."""
    text = dom(told, TELL + script, **how)
    found = text.partition(ANSWERED)[2].partition("</pre>")[0]
    return json.loads(found.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


ROWS = """
const all = (what) => [...document.querySelectorAll(what)];
const rows = () => all("#edges tbody tr").map((row) => row.cells[0].firstChild.data);
"""


def test_jobs_are_sorted_by_what_is_clicked(dom):
    script = (
        ROWS
        + """
    const click = (n) => document.querySelector(`[data-column="${n}"]`).click();
    const found = [rows()]; click(0); found.push(rows()); click(0); found.push(rows());
    found.push(document.querySelector("[aria-sort]").getAttribute("aria-sort")); tell(found);"""
    )
    heavy, rising, falling, sort = answer(dom, USUAL, script)
    assert heavy[:2] == ["a.cpp.o", "b.cpp.o"]
    assert rising[0] == "program"
    assert falling[-1] == "program"
    assert sort == "descending"


def test_jobs_are_found_by_parts_of_their_names(dom):
    script = (
        ROWS
        + """
    const box = document.getElementById("search");
    box.value = "CPP b."; box.dispatchEvent(new Event("input"));
    tell([rows(), document.getElementById("found").textContent]);"""
    )
    assert answer(dom, USUAL, script) == [["b.cpp.o"], "1 of 1 found, of 5"]


def test_a_moment_is_told_by_the_slider(dom):
    script = """
    const slider = document.getElementById("time"); slider.value = 300;
    slider.dispatchEvent(new Event("input")); tell(document.getElementById("told").textContent);"""
    assert answer(dom, USUAL, script) == (
        "6.0 s: 900 MiB of 1.1 GiB; 1 run, 1 held back for memory. "
        "Heaviest: lib/a.cpp.o (900 MiB at most)."
    )


def test_a_moment_tells_what_is_elsewhere(dom):
    script = """
    const slider = document.getElementById("time"); slider.value = 200;
    slider.dispatchEvent(new Event("input")); tell(document.getElementById("told").textContent);"""
    told = answer(dom, TWO_SIDES, script)
    assert told.startswith("4.0 s: 300 MiB of 1.4 GiB; 1 run here, 3 elsewhere. Heaviest: lib/h")


def test_a_job_that_came_home_is_marked_in_the_table(dom):
    script = ROWS + "tell(rows().filter((name) => name.includes('came home')));"
    assert answer(dom, TWO_SIDES, script) == ["h.cpp.o (came home)"]


def test_light_and_dark_follow_the_system_and_the_button(dom):
    script = """
    const back = () => getComputedStyle(document.documentElement).backgroundColor;
    const found = [back()];
    document.getElementById("theme").click(); found.push(back()); tell(found);"""
    light, dark = "rgb(255, 255, 255)", "rgb(20, 24, 29)"
    assert answer(dom, USUAL, script) == [light, dark]
    assert answer(dom, USUAL, script, dark=True) == [dark, light]


def test_no_file_name_runs(dom):
    jobs = [job(name, 0.0, 5.0 + n, killed="kernel") for n, name in enumerate(HOSTILE)]
    jobs += [job(name, 5.0, 9.0 + n) for n, name in enumerate(HOSTILE)]
    alarm = "<head><script>window.alert = () => { window.ran = 1; };</script>"
    hostile = page(Analysis(record(jobs))).replace("<head>", alarm)
    script = (
        "setTimeout(() => tell([window.ran || 0, rows().length, document.images.length]), 100);"
    )
    assert answer(dom, hostile, ROWS + script) == [0, 8, 0]


@PAGES
def test_a_phone_need_not_scroll_sideways(dom, told):
    """Tables scroll within themselves. Headless Chromium is never narrower than 500 pixels."""
    script = """
    const frame = document.createElement("iframe");
    frame.style.cssText = "width:360px;height:700px;border:0";
    frame.srcdoc = document.documentElement.outerHTML.replace(/<script[^]*?<\\/script>/g, "");
    frame.onload = () => tell(frame.contentDocument.documentElement.scrollWidth);
    document.body.append(frame);"""
    assert answer(dom, told, script) <= 360


def test_ten_thousand_jobs_open_within_two_seconds(dom):
    script = """
    const laid = () => { document.body.offsetHeight; return performance.now(); };
    const opened = laid(), box = document.getElementById("search");
    box.value = "Folder7/"; box.dispatchEvent(new Event("input"));
    tell([opened, laid() - opened, document.querySelectorAll("*").length]);"""
    opened, sought, elements = answer(dom, page(Analysis(large())), script, waits=False)
    assert 0 < opened < 2000
    assert 0 < sought < 500
    assert elements < 4000


def problems(found: list[dict[str, Any]]) -> list[str]:
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@PAGES
def test_everybody_can_use_it(dom, axe, told, dark):
    """By the rules of axe-core: contrast, names, roles, keyboard."""
    script = "axe.run(document).then((found) => tell(found.violations));"
    assert problems(answer(dom, told, f"{axe};\n{script}", dark=dark)) == []


def test_every_control_can_be_reached_by_the_keyboard(dom):
    script = """
    const shown = all("button, input, [tabindex]").filter((e) => e.offsetParent);
    const missed = shown.filter((e) => { e.focus(); return document.activeElement !== e; });
    tell([shown.length > 10, missed.map((e) => e.id)]);"""
    assert answer(dom, USUAL, ROWS + script) == [True, []]


def test_it_asks_for_nothing(dom):
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", dom(USUAL))
