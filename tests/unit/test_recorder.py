"""The recorder: shown every look, it keeps little, and that little is right."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from ninjapool.govern.model import Action, Decision, Job, Sample
from ninjapool.govern.recorder import MOST_MOMENTS, MOST_POINTS, Recorder, pauses
from ninjapool.model import Forecast
from ninjapool.record.model import Frame
from ninjapool.units import GIB, MIB

THOUGHT = Forecast(peak=9, peak_spread=0.1, seconds=1, seconds_spread=0.1, curve=(0.0, 1.0))


def frame(cores):
    return Frame(folder="/b", cores=cores)


def seen(number, state="running", memory=100 * MIB, progress=0.0):
    return Job(id=number, job_class="compile", state=state, memory=memory, peak=memory,
               cpu_seconds=progress, forecast=THOUGHT)  # fmt: skip


def act(verb, why=""):
    return [Action(verb=verb, job=1, why=why)]


def look(recorder, now, *jobs, why="nothing", actions=()):
    decision = Decision(actions=tuple(actions), next_look=0.1, held_for=why)
    recorder.look(Sample(jobs=jobs, headroom=GIB), decision, now)


def test_a_long_job_has_few_points_and_they_span_its_life():
    recorder = Recorder(frame(1))
    recorder.meet(1, "a.o", "compile", 0.0)
    for step in range(20_000):
        look(recorder, step / 10, seen(1, memory=step))
    trail = recorder.trails[1]
    assert MOST_POINTS // 2 <= len(trail.times) < MOST_POINTS
    assert trail.times[0] == 0.0
    assert trail.times[-1] > 1900
    assert all(
        memory == pytest.approx(time * 10)
        for time, memory in zip(trail.times, trail.memory, strict=True)
    )


def test_a_long_build_has_a_bounded_timeline():
    recorder = Recorder(frame(1))
    for step in range(50_000):
        look(recorder, step / 10, seen(1))
    assert MOST_MOMENTS // 2 <= len(recorder.timeline) < MOST_MOMENTS
    assert recorder.timeline[-1].at > 4900


def test_slot_time_is_counted_by_what_the_slots_were_empty_for():
    recorder = Recorder(frame(4))
    look(recorder, 10.0, seen(1), seen(2, "held"), why="memory")
    look(recorder, 12.0, seen(1), seen(2, "held"), why="nothing")
    look(recorder, 13.0, seen(1), seen(2))
    look(recorder, 14.0, seen(1), seen(2))
    assert recorder.used == pytest.approx(2 * 1 + 1 * 2 + 1 * 2)
    assert recorder.unused == {"memory": pytest.approx(6.0), "nothing": pytest.approx(4.0)}


def test_between_two_looks_memory_and_slots_are_kept_as_well():
    recorder = Recorder(frame(2))
    recorder.meet(1, "a.o", "compile", 0.0)
    look(recorder, 0.0, seen(1, memory=0))
    for step in range(1, 8):
        recorder.glance([(1, step * MIB), (7, GIB)], step * MIB, step / 8)
        recorder.glance([(1, GIB)], GIB, step / 8 + 0.05)
    look(recorder, 1.0, seen(1, memory=0))
    trail = recorder.trails[1]
    assert list(trail.times) == [step / 8 for step in range(9)]
    assert list(trail.memory)[1:-1] == [step * MIB for step in range(1, 8)]
    moment = recorder.timeline[4]
    assert (moment.at, moment.use, moment.free) == (0.5, 4 * MIB, GIB - 4 * MIB)
    assert recorder.used == pytest.approx(1.0)


def test_pauses_in_mid_life_are_kept_and_the_hold_at_birth_is_none():
    recorder = Recorder(frame(1))
    recorder.meet(1, "a.o", "compile", 0.0)
    for now, verb, why in ((0.0, "pause", "held back at birth"), (1.0, "start", "it fits"),
                           (3.0, "pause", "memory runs short"), (5.0, "resume", "it fits now"),
                           (8.0, "pause", "memory runs short")):  # fmt: skip
        look(recorder, now, seen(1), actions=act(verb, why))
    found = pauses(recorder.trails[1], begun=1.0, ended=9.0, began=0.5)
    assert [(one.begin, one.end, one.why) for one in found] == [
        (2.5, 4.5, "memory runs short"),
        (7.5, 8.5, "memory runs short"),
    ]


def test_pace_falls_where_jobs_wait_for_cpus():
    recorder = Recorder(frame(1))
    recorder.meet(1, "a.o", "compile", 0.0)
    for step in range(100):
        look(recorder, step / 5, seen(1, progress=step / 10))
    assert recorder.timeline[-1].pace == pytest.approx(0.5, abs=0.05)


def test_others_are_told_every_second_who_runs():
    told = []
    recorder = Recorder(frame(2), publish=lambda *all_of_it: told.append(all_of_it))
    recorder.meet(1, "a.o", "compile", 0.0)
    recorder.meet(2, "b.o", "link", 0.0)
    for step in range(35):
        jobs = [seen(1), seen(2, "held")] if step < 25 else [seen(2)]
        look(recorder, step / 10, *jobs, why="memory")
    assert [round(moment.at) for _, moment, _, _ in told] == [0, 1, 2, 3]
    _, _, jobs, done = told[-1]
    assert [(job.key, job.state) for job in jobs] == [("b.o", "running")]
    assert done == 1


def test_a_job_that_nobody_has_announced_is_no_error():
    recorder = Recorder(frame(1), publish=Mock())
    look(recorder, 0.0, seen(5), actions=[Action(verb="kill", job=5, why="")])
    assert recorder.trails == {}


def test_what_is_elsewhere_takes_no_slot_of_this_machine():
    """Nor does it tell how fast jobs get on here."""
    away = seen(2, progress=0.0)._replace(job_class="remote")
    recorder = Recorder(Frame(folder="/b", cores=4, away=50))
    recorder.meet(1, "a.o", "compile", 0.0)
    recorder.meet(2, "b.o", "remote", 0.0)
    for step in range(101):
        now = step / 10
        look(recorder, now, seen(1, progress=now / 2), away._replace(cpu_seconds=now))
    assert recorder.used == pytest.approx(10.0)
    assert recorder.unused == {"nothing": pytest.approx(30.0)}
    last = recorder.timeline[-1]
    assert (last.running, last.away, last.held) == (1, 1, 0)
    assert last.pace == pytest.approx(0.5, abs=0.05)
