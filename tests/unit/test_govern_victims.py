"""Whether a driver learns of a kill at once, or when it has nothing else to do."""

import pytest

from ninjapool.govern.victims import Stretch, is_told_at_once

SHORT, LONG = Stretch(2.0, 0.0), Stretch(30.0, 1.0)


@pytest.mark.parametrize(
    ("victim", "others", "told"),
    [
        (SHORT, [SHORT, SHORT, LONG], False),
        (SHORT, [SHORT], False),
        (LONG, [SHORT, SHORT, SHORT], True),
        (LONG, [LONG, LONG, SHORT], False),
    ],
)
def test_a_job_that_takes_much_longer_than_the_others_is_told(victim, others, told):
    assert is_told_at_once(victim, others) is told


def test_who_has_no_other_jobs_learns_of_it_anyway():
    assert not is_told_at_once(LONG, [])


def test_a_job_past_its_forecast_is_not_taken_to_end_now():
    overdue = Stretch(2.0, 20.0)
    assert (overdue.whole, overdue.left) == (24.0, 4.0)
    assert is_told_at_once(overdue, [SHORT])
    assert not is_told_at_once(SHORT, [overdue])
