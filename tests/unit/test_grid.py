"""Values told for instants of the future, as time passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool.govern.grid import GRID, STEP, moved, told

rising = st.lists(st.floats(0, 1000), min_size=len(GRID), max_size=len(GRID)).map(sorted)


def test_what_is_a_straight_line_stays_one_as_time_passes() -> None:
    line = tuple(5 + 2 * at for at in GRID)
    later = moved(line, 10)
    ahead = [5 + 2 * (at + 10 * STEP) for at in GRID if at + 10 * STEP <= GRID[-1]]
    assert later[: len(ahead)] == pytest.approx(ahead)


def test_beyond_the_last_instant_nothing_changes() -> None:
    line = tuple(GRID)
    assert moved(line, round(10 * GRID[-1] / STEP)) == (GRID[-1],) * len(GRID)
    assert told(line, 0.0, 10 * GRID[-1]) == GRID[-1]


@given(rising, st.integers(0, 5000))
def test_later_values_lie_between_the_ones_that_were_told(values: list[float], steps: int) -> None:
    later = moved(tuple(values), steps)
    assert list(later) == sorted(later)
    assert all(was <= now + 1e-9 for was, now in zip(values, later, strict=True))
    assert max(later) <= max(values)


@given(rising)
def test_no_steps_later_all_is_as_it_was(values: list[float]) -> None:
    assert moved(tuple(values), 0) == pytest.approx(values)


def test_what_is_held_now_is_where_the_values_begin() -> None:
    values = tuple(100.0 + at for at in GRID)
    assert told(values, 40.0, 0.0) == 40
    assert told(values, 40.0, GRID[0] / 2) == pytest.approx((40 + values[0]) / 2)
    assert told(values, 40.0, GRID[3]) == pytest.approx(values[3])
