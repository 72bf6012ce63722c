"""A build's record: what is written can be read; a full disk or a bad file is no error."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool.record import form, shelf
from ninjapool.record.model import Frame, Live, LiveJob
from ninjapool.units import GIB, MIB
from tests.recorded import HOSTILE, job, moment, record, two_sides, usual

LIVE = Live(
    frame=Frame(folder="/src/build", cores=2, reserve=GIB),
    moment=moment(1.0, 1, held=1, why="memory"),
    jobs=(
        LiveJob(key=HOSTILE[3], job_class="link", state="held", memory=0, forecast=5, seconds=0.5),
    ),
    done=7,
)


def test_what_is_written_can_be_read():
    assert form.parse(form.render(usual())) == usual()


def test_what_was_elsewhere_and_what_came_home_is_read_again():
    assert form.parse(form.render(two_sides())) == two_sides()


def test_a_record_from_before_there_were_two_sides_is_read():
    """It has neither slots elsewhere nor jobs that came home, and its lists are shorter."""
    document = json.loads(form.render(usual()))
    del document["frame"]["away"]
    assert {len(row) for row in document["jobs"]} == {15}
    assert {len(row) for row in document["timeline"]} == {8}
    assert form.parse(json.dumps(document)) == usual()


@pytest.mark.parametrize("name", HOSTILE)
def test_any_file_name_survives(name, tmp_path):
    names = shelf.names(tmp_path, os.environ)
    shelf.keep(names, record([job(name, 0.0, 1.0)]))
    found = shelf.read(names.last)
    assert found is not None
    assert found.jobs[0].key == name


def test_a_look_can_be_read():
    assert form.parse_live(form.render_live(LIVE)) == LIVE


@given(st.text(max_size=40))
def test_what_is_no_record_is_none(text):
    assert form.parse(text) is None
    assert form.parse_live(text) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [('"schema":1', '"schema":2'), ('"compile"', '"baking"'), ('"memory"', '"magic"'),
     ('"seconds"', '"second"')],
)  # fmt: skip
def test_a_newer_or_damaged_record_is_none(before, after):
    text = form.render(usual())
    assert before in text
    assert form.parse(text.replace(before, after)) is None


def test_ten_thousand_jobs_stay_small():
    """A tenth of a megabyte a thousand jobs, packed."""
    jobs = [job(f"lib/Folder{n % 90}/Source{n}.cpp.o", n / 7, n / 7 + n % 31, (n % 701 + 30) * MIB)
            for n in range(10_000)]  # fmt: skip
    assert len(gzip.compress(form.render(record(jobs)).encode(), 3)) < 1_000_000


def test_the_last_build_and_the_one_before_are_kept(tmp_path):
    names = shelf.names(tmp_path, os.environ)
    for seconds in (1.0, 2.0, 3.0):
        shelf.keep(names, replace(usual(), seconds=seconds))
    last, before = shelf.read(names.last), shelf.read(names.before)
    assert last is not None
    assert before is not None
    assert (last.seconds, before.seconds) == (3.0, 2.0)


def test_directories_of_one_name_have_records_of_their_own(tmp_path):
    one, other = tmp_path / "a" / "build", tmp_path / "b" / "build"
    assert shelf.names(one, os.environ) != shelf.names(other, os.environ)


def test_directories_not_built_for_long_are_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(shelf, "MOST", 3)
    names = shelf.names(tmp_path, os.environ)
    for number in range(5):
        names = shelf.names(tmp_path / str(number), os.environ)
        shelf.keep(names, usual())
        os.utime(names.last, (number, number))
    shelf.keep(names, usual())
    kept = [n for n in range(5) if shelf.names(tmp_path / str(n), os.environ).last.exists()]
    assert kept == [2, 3, 4]


def test_a_full_disk_fails_no_build(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    names = shelf.names(tmp_path, os.environ)
    shelf.keep(names, usual())
    monkeypatch.setattr(Path, "write_bytes", full)
    shelf.keep(names, replace(usual(), seconds=1.0))
    shelf.show(names, LIVE)
    assert shelf.read(names.before) == usual()
    assert shelf.read_live(names.live) is None
    assert [file.name for file in names.last.parent.iterdir() if file.name.startswith(".")] == []


@pytest.mark.parametrize(
    "data",
    [b"", b"not gzip", gzip.compress(b"{}"), gzip.compress(b"\xff")],
    ids=["empty", "not gzip", "no record", "no text"],  # not the time that gzip writes
)
def test_a_file_that_is_something_else_is_none(data, tmp_path):
    file = tmp_path / "record.json.gz"
    file.write_bytes(data)
    assert shelf.read(file) is None
    assert shelf.read(tmp_path / "missing") is None


def test_the_budget_is_what_is_left_under_the_tighter_limit():
    look = moment(0.0, 1, use=2 * GIB, free=3 * GIB)
    frame = Frame(folder="", cores=1, reserve=GIB)
    assert frame.budget(look) == 4 * GIB
    assert replace(frame, limit=3 * GIB).budget(look) == 2 * GIB


def test_waiting_is_told_from_running():
    c = usual().jobs[3]
    assert (c.held, c.paused, c.ran) == (0.0, 2.0, 6.0)
    assert usual().jobs[1].held == 10.0
