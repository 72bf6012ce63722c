"""The governor over builds of every shape, in virtual time.

Where forecasts are true, jobs live half a second at least and grow steadily, not in one step: what
grows by hundreds of MiB between a look and its effect, nobody can hold.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from ninjapool.forecast import GROWING, Forecaster
from ninjapool.govern.banker import Claim, safe_order
from ninjapool.govern.governor import Governor
from ninjapool.govern.simulate import Run, Simulation, World
from ninjapool.govern.trace import lower_bound
from ninjapool.units import MIB
from tests.looks import Told, states_after, trace, trace_job, truth

if TYPE_CHECKING:
    from collections.abc import Callable

    from ninjapool.govern.model import Decision, Job, Knowledge, Sample
    from ninjapool.govern.trace import Curve, Trace, TraceJob

LIMIT, RESERVE = 1000, 100
"""MiB."""
CURVES: tuple[Curve, ...] = (
    GROWING,
    (0.0, 1.0),
    (0.02, 0.25, 0.5, 0.75, 0.9, 1.0, 1.0),  # a link
    (0.0, 0.3, 0.7, 1.0, 0.8, 0.6, 0.6),  # early, as clang
    (0.0, 0.2, 0.2, 0.2, 0.2, 1.0),  # late
)
WILD: tuple[Curve, ...] = (
    *CURVES,
    (0.0, 0.8, 0.1, 0.1, 0.9, 1.0, 0.2),
    (0.5, 1.0),
    (1.0, 0.1),
    (1.0,),
)
PER_JOB = 0.05
"""Seconds: from an end to the look, to its effect, and to the compiler's beginning, and more."""


@st.composite
def builds(draw: st.DrawFn, curves: tuple[Curve, ...] = CURVES) -> Trace:
    """Each job fits alone; some wait for others."""
    jobs: list[TraceJob] = []
    for number in range(draw(st.integers(1, 25))):
        names = [each.name for each in jobs]
        needs = draw(st.lists(st.sampled_from(names), max_size=3, unique=True)) if names else []
        made = trace_job(
            f"{draw(st.sampled_from('abc'))}/{number}",
            draw(st.one_of(st.integers(1, 150), st.integers(1, LIMIT - RESERVE))),
            draw(st.floats(0.5, 15.0)),
            curve=draw(st.sampled_from(curves)),
            needs=needs if draw(st.booleans()) else (),
        )
        jobs.append(made)
    return trace(*jobs)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    cores = draw(st.integers(1, 8))
    return World(
        cores=cores,
        limit=LIMIT * MIB,
        slots=cores + draw(st.integers(0, 12)),
        contended=draw(st.booleans()),
        kills_hidden=draw(st.booleans()),
        held_at_birth=draw(st.booleans()),
    )


def govern(
    made: Trace,
    world: World,
    knowledge: Knowledge,
    watch: Callable[[Sample, Decision, float], None] | None = None,
) -> Run:
    governor = Governor(cores=world.cores, reserve=RESERVE * MIB)
    return Simulation(made, replace(world, time_limit=4000.0), governor, knowledge, watch).run()


def still_to_come(each: Job) -> float:
    """The highest that is left of a curve that is known."""
    known = each.forecast
    done = each.cpu_seconds / known.seconds
    steps = len(known.curve) - 1
    later = [value for at, value in enumerate(known.curve) if at / steps > done]
    return max(each.memory, known.peak * max(later, default=0.0))


def stays_safe(looked: Sample) -> None:
    """All that live can still end, in some order. Who has not begun can, when all others have."""
    claims = [
        Claim(still_to_come(each) - each.memory, each.memory, each.id) for each in looked.jobs
    ]
    assert safe_order(claims, looked.headroom) is not None


def somebody_goes_on(looked: Sample, decision: Decision, now: float) -> None:
    del now
    after = states_after(looked, decision)
    assert not after or "running" in after.values()


def stays_safe_and_goes_on(looked: Sample, decision: Decision, now: float) -> None:
    stays_safe(looked)
    somebody_goes_on(looked, decision, now)


@given(builds(), worlds())
@settings(max_examples=200, derandomize=True)
def test_with_true_forecasts_nothing_is_killed_and_it_is_no_slower_than_one_by_one(
    made: Trace, world: World
) -> None:
    """From safe state to safe state, always at work, and never above the limit."""
    run = govern(made, world, Told.of(made.jobs, truth), stays_safe_and_goes_on)
    assert run.finished
    assert (run.kernel_kills, run.kills, run.rounds) == (0, 0, 1)
    assert run.peak <= world.limit
    assert run.seconds <= sum(each.seconds + PER_JOB for each in made.jobs)
    assert run.seconds >= lower_bound(made, cores=world.cores, limit=world.limit).seconds - 1e-6


@st.composite
def beliefs(draw: st.DrawFn, made: Trace) -> Told:
    """Wrong by factors, job by job, and more or less sure of it."""
    by = draw(st.sampled_from([0.1, 0.3, 0.6, 1.0, 2.0, 5.0]))
    factors = st.sampled_from([by, by, 1.0, 0.2, 3.0])
    told = {}
    for each in made.jobs:
        wrong = truth(each)
        told[each.name] = replace(
            wrong,
            peak=max(1, int(wrong.peak * draw(factors))),
            seconds=wrong.seconds * draw(factors),
            peak_spread=draw(st.sampled_from([0.03, 0.6])),
            seconds_spread=draw(st.sampled_from([0.1, 1.0])),
            shared=draw(st.sampled_from([0.0, 0.03])),
            curve=draw(st.sampled_from(WILD)),
        )
    return Told(told)


@given(st.data(), builds(WILD), worlds())
@settings(max_examples=40, derandomize=True)
def test_it_finishes_whatever_it_believes(data: st.DataObject, made: Trace, world: World) -> None:
    run = govern(made, world, data.draw(beliefs(made)), somebody_goes_on)
    assert run.finished


@given(builds(WILD), worlds())
@settings(max_examples=20, derandomize=True)
def test_it_finishes_knowing_nothing(made: Trace, world: World) -> None:
    run = govern(made, world, Forecaster(), somebody_goes_on)
    assert run.finished
