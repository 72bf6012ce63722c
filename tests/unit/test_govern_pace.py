"""How long the loop waits for its next look."""

from __future__ import annotations

import pytest

from ninjapool.govern.pace import (
    ALONE,
    BIRTH_GRACE,
    BIRTH_TICK,
    CALM_TICK,
    DECIDE_SHARE,
    FIRST_TICK,
    LATE_WATCH,
    NEW_TICK,
    Expected,
    Pace,
)


@pytest.fixture
def pace() -> Pace:
    """Everything but births is far off; a job ended at 10."""
    made = Pace(0.0)
    made.decide_at = made.look_at = made.nest_at = made.measure_at = 100.0
    made.happened(10.0, calm=False)
    made.measure_at = 100.0
    return made


NEXT = Expected(births=True, first=False)


def test_right_after_an_end_the_next_birth_is_looked_for_at_once(pace: Pace) -> None:
    assert pace.seconds(NEXT, 10.0) == BIRTH_TICK


def test_the_longer_it_does_not_come_the_less_often(pace: Pace) -> None:
    waits = [pace.seconds(NEXT, 10.0 + since) for since in (0.01, 0.02, 0.04, 0.08)]
    assert waits == sorted(waits)
    assert waits[0] < waits[-1] < 0.03
    assert pace.seconds(NEXT, 10.0 + 2 * LATE_WATCH) > 80


def test_a_driver_without_jobs_may_start_many_at_any_time(pace: Pace) -> None:
    assert pace.seconds(Expected(births=True, first=True), 50.0) == FIRST_TICK


def test_where_no_job_can_be_born_none_is_looked_for(pace: Pace) -> None:
    assert pace.seconds(Expected(births=False, first=False), 10.0) > 80


def test_where_any_job_may_run_births_are_looked_for_seldom(pace: Pace) -> None:
    calm = Expected(births=True, first=True, calm=True)
    assert pace.is_birth_near(calm, 50.0)
    pace.looked_quickly(50.0)
    assert not pace.is_birth_near(calm, 50.0 + CALM_TICK / 2)
    assert pace.seconds(calm, 50.0) == pytest.approx(CALM_TICK)


def test_who_is_new_is_measured_soon_whatever_was_due(pace: Pace) -> None:
    pace.happened(20.0, calm=True)
    assert pace.measure_at == 20.0 + CALM_TICK
    pace.happened(20.0, calm=False)
    assert pace.measure_at == 20.0 + NEW_TICK


def test_the_decider_is_never_left_alone_for_long(pace: Pace) -> None:
    pace.decided(60.0, 0.0, 20.0)
    assert pace.decide_at == 20.0 + ALONE


def test_events_that_come_together_are_decided_on_together(pace: Pace) -> None:
    """A decision that took a hundredth of a second is not followed by one for each end."""
    pace.decided(60.0, 0.01, 20.0)
    pace.decide_soon(20.001)
    assert pace.decide_at == pytest.approx(20.0 + 0.01 / DECIDE_SHARE)
    pace.decide_soon(20.002)
    assert pace.decide_at == pytest.approx(20.0 + 0.01 / DECIDE_SHARE)
    pace.decide_now(20.003)
    assert pace.decide_at == 20.003


def test_an_event_alone_is_decided_on_at_once(pace: Pace) -> None:
    pace.decided(60.0, 0.01, 20.0)
    pace.decide_soon(20.1)
    assert pace.decide_at == 20.1


def test_a_decision_waits_for_those_who_are_born_where_others_have_ended(pace: Pace) -> None:
    """Deciding takes longer than a shell needs to become a compiler: they are stopped first."""
    pace.ended(2, 20.0)
    assert pace.decide_at == 20.0 + BIRTH_GRACE
    pace.born(1, 20.001)
    assert pace.decide_at == 20.0 + BIRTH_GRACE
    pace.born(1, 20.002)
    assert pace.decide_at == 20.002


def test_after_a_decision_no_birth_is_waited_for(pace: Pace) -> None:
    pace.ended(2, 20.0)
    pace.decided(60.0, 0.0, 20.0 + BIRTH_GRACE)
    pace.born(1, 20.01)
    assert pace.decide_at == 20.0 + BIRTH_GRACE + ALONE


def test_births_that_nobody_waited_for_call_for_no_decision(pace: Pace) -> None:
    pace.born(3, 20.0)
    pace.ended(1, 20.1)
    assert pace.decide_at == 20.1 + BIRTH_GRACE
