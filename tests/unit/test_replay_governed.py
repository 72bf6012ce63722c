import json
from pathlib import Path
from typing import Any

import pytest

from examples.replay import governed, past, shapes
from examples.replay.governed import Knows
from examples.replay.policies import Known
from ninjapool.govern.trace import share

TRACE = shapes.giants(1)


def told(known: Known, seed: int = 1) -> dict[str, Any]:
    return governed.knowledge(Knows(known=known, trace=TRACE, seed=seed, time_scale=0.25))


def test_who_knows_nothing_is_told_the_speed_only() -> None:
    assert told("nothing") == {"time_scale": 0.25}


def test_durations_tell_no_peak() -> None:
    known = told("durations")
    assert set(known) == {"time_scale", "durations"}
    assert set(known["durations"]) == {job.name for job in TRACE.jobs}
    assert all(isinstance(seconds, float) for seconds in known["durations"].values())


def test_an_earlier_build_was_near_but_not_the_same() -> None:
    known = told("history")["history"]
    for job in TRACE.jobs:
        entry = past.heard(json.loads(json.dumps(known[job.name])))
        assert (entry.output, entry.job_class) == (job.name, job.job_class)
        assert entry.peak == pytest.approx(job.peak, rel=0.05)
        assert entry.seconds == pytest.approx(job.seconds, rel=0.6)
        assert (entry.peak, entry.seconds) != (job.peak, job.seconds)
        assert entry.curve is not None
        assert entry.curve[4] / 255 == pytest.approx(share(job.curve, 0.5), rel=0.2)


def test_what_is_told_of_the_past_is_what_was_meant() -> None:
    for entry in past.entries(TRACE, 3).values():
        assert past.heard(past.told(entry)) == entry
        assert past.expected(entry) == past.expected(past.heard(past.told(entry)))


def test_the_same_seed_remembers_the_same() -> None:
    assert told("history") == told("history")
    assert told("history") != told("history", seed=2)


def test_a_first_build_in_life_is_at_lifes_speed(tmp_path) -> None:
    governed.write_knowledge(tmp_path)
    assert json.loads((tmp_path / governed.KNOWS).read_text()) == {"time_scale": 1.0}


def test_the_width_is_left_to_ninjapool_where_none_is_given() -> None:
    assert "--jobs" not in governed.argv(Path("/b"), jobs=None)
    assert governed.argv(Path("/b"), jobs=16)[-6:-4] == ("--jobs", "16")


@pytest.mark.parametrize("text", [None, "", "[1, 2]", "{nonsense"])
def test_a_report_that_is_missing_or_nonsense_is_empty(tmp_path, text) -> None:
    if text is not None:
        (tmp_path / governed.REPORT).write_text(text)
    assert governed.report(tmp_path) == {}


def test_the_pools_of_configure_grow_with_the_memory_and_end_at_the_slots() -> None:
    depths = [governed.planned_pools(slots=16, memory=gib << 30)["compile"] for gib in (4, 8, 999)]
    assert depths == sorted(set(depths))
    assert depths[-1] == 16
