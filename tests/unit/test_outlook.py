"""What is expected of one job from a look on."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninjapool.forecast import GROWING
from ninjapool.govern.grid import GRID
from ninjapool.govern.outlook import Outlook, fates, lives, outlook, weighed
from ninjapool.govern.trace import share
from ninjapool.units import MIB
from tests.looks import forecast, job

if TYPE_CHECKING:
    from ninjapool.model import Forecast

CLANG = (0.0, 0.3, 0.7, 1.0, 0.8, 0.6, 0.6)


def seen(expected: Forecast, progress: float, holds: float, peak: float | None = None) -> Outlook:
    """`holds` and `peak`: MiB."""
    found = job(1, holds=holds, progress=progress, peak=peak, expected=expected)
    return outlook(found, fates(expected))


def on_course(expected: Forecast, factor: float, place: float, curve: tuple[float, ...]) -> Outlook:
    """A job whose peak is so many times the one that was thought, at a part of its life."""
    peak = expected.peak * factor / MIB
    long = expected.seconds * factor ** (expected.seconds_spread / expected.peak_spread)
    passed = [share(curve, place * step / 50) for step in range(51)]
    return seen(expected, long * place, peak * passed[-1], peak * max(passed))


def believed(expected: Forecast, progress: float, holds: float) -> float:
    """The peak in MiB that is thought most of, by its weight."""
    found = weighed(job(1, holds=holds, progress=progress, expected=expected), fates(expected))
    return sum(weight * fate.peak for weight, fate in found) / MIB


@pytest.mark.parametrize("progress", [1.0, 2.0, 6.0])
def test_who_holds_more_is_thought_heavier(progress: float) -> None:
    expected = forecast(300, 5.0, spread=0.6, seconds_spread=1.0)
    found = [believed(expected, progress, holds) for holds in (30, 100, 200, 400, 900)]
    assert found == sorted(found)
    assert found[-1] > 2 * found[0]
    assert found[-1] > 900


@pytest.mark.parametrize("factor", [0.6, 1.0, 2.5])
def test_what_is_counted_on_comes_to_the_peak_towards_the_end(factor: float) -> None:
    expected = forecast(300, 5.0, spread=0.6, seconds_spread=1.0)
    early, late = (on_course(expected, factor, place, GROWING).peak for place in (0.1, 0.95))
    assert late <= early
    assert 0.95 * 300 * factor <= late / MIB < 3 * 300 * factor


def test_a_curve_that_has_fallen_is_no_sign_of_a_heavier_job() -> None:
    sure = forecast(600, 10.0, curve=CLANG)
    assert on_course(sure, 1.0, 0.9, CLANG).peak < 0.6 * 700 * MIB
    unsure = forecast(300, 5.0, spread=0.6, seconds_spread=1.0, curve=CLANG)
    ending = job(1, holds=180, peak=300, progress=4.5, expected=unsure)
    likely = weighed(ending, fates(unsure))
    assert sum(weight * fate.peak for weight, fate in likely) < 1.7 * 300 * MIB


def test_past_the_peak_of_its_curve_a_job_is_not_counted_on_to_need_it_again() -> None:
    sure = forecast(600, 10.0, curve=CLANG)
    assert on_course(sure, 1.0, 0.3, CLANG).peak >= 600 * MIB
    assert 360 * MIB <= on_course(sure, 1.0, 0.95, CLANG).peak < 400 * MIB


@pytest.mark.parametrize("place", [0.13, 0.2, 0.5, 0.9])
def test_what_has_fallen_from_its_peak_has_that_behind_it(place: float) -> None:
    """A stub whose preprocessor has ended early in its life, however long the life is thought."""
    stub = (1.0,) * 6 + (0.25,) * 45
    expected = forecast(16, 5.0, spread=0.1, seconds_spread=0.15, curve=stub)
    assert seen(expected, 5.0 * place, holds=4, peak=16).peak == 4 * MIB
    assert seen(expected, 5.0 * place, holds=16, peak=16).peak >= 16 * MIB or place > 0.2


@pytest.mark.parametrize("spread", [0.03, 0.6])
@pytest.mark.parametrize("late", [1.5, 2.0, 5.0, 20.0])
def test_an_overdue_job_keeps_its_peak_for_a_while(spread: float, late: float) -> None:
    found = seen(forecast(300, 5.0, spread=spread), 5.0 * late, 299)
    near = [mean for at, mean in zip(GRID, found.mean, strict=True) if at < 0.04 * 5.0 * late]
    assert near
    assert min(near) > 0.97 * 299 * MIB
    assert found.peak >= 299 * MIB


def test_an_overdue_job_may_yet_reach_again_what_it_had() -> None:
    found = seen(forecast(300, 5.0), 7.5, 150, peak=299)
    assert min(found.mean) > 0.97 * 299 * MIB


def test_a_job_on_course_will_have_given_back_what_it_holds() -> None:
    found = seen(forecast(300, 5.0), 4.0, 290)
    soon, later = found.mean[0], found.mean[-1]
    assert soon > 250 * MIB
    assert later < 10 * MIB


@pytest.mark.parametrize("spread", [0.03, 0.2, 0.6, 0.9])
def test_a_compiler_that_has_ended_is_not_taken_for_a_giant(spread: float) -> None:
    found = seen(forecast(300, 3.0, spread=spread), 2.8, 0, peak=300)
    assert found.peak <= 450 * MIB
    assert max(found.mean) <= 450 * MIB


@pytest.mark.parametrize("spread", [0.03, 0.6])
@pytest.mark.parametrize("seconds_spread", [0.1, 0.5, 1.0])
def test_a_surprise_lasts_no_longer_than_its_memory_makes_it(
    spread: float, seconds_spread: float
) -> None:
    expected = forecast(300, 3.0, spread=spread, seconds_spread=seconds_spread)
    found = fates(expected)
    assert max(fate.peak for fate in found) > 2 * expected.peak
    usual = max(fate.seconds for fate in found[:-2])
    assert max(fate.seconds for fate in found) < 6 * usual


forecasts = st.builds(
    forecast,
    st.floats(0.1, 20_000),
    st.floats(0.01, 2000),
    spread=st.floats(0.001, 1.5),
    seconds_spread=st.floats(0.001, 2.5),
    shared=st.floats(0, 0.6),
    curve=st.one_of(
        st.sampled_from([GROWING, CLANG, (0.0, 1.0), (1.0,), (1.0, 0.01)]),
        st.lists(st.floats(0, 1), min_size=1, max_size=9).map(lambda c: (*c, 1.0)),
    ),
    at_least=st.one_of(st.just(0), st.floats(0, 50_000)),
)


@given(
    forecasts, st.floats(0, 5000), st.floats(0, 30_000), st.floats(0, 30_000), st.floats(0.05, 1)
)
@settings(max_examples=200)
def test_whatever_a_job_shows_its_outlook_is_one(
    expected: Forecast, progress: float, holds: float, peak: float, rate: float
) -> None:
    begun = job(1, holds=holds, progress=progress, peak=max(peak, holds), expected=expected)
    found = outlook(begun, fates(expected), rate)
    assert len(found.mean) == len(found.variance) == len(found.common) == len(GRID)
    assert all(0 <= each < math.inf for each in found.mean)
    assert all(0 <= each < math.inf for each in found.variance)
    assert all(math.isfinite(each) for each in found.common)
    assert found.peak >= begun.memory
    assert 0.8 < sum(weight for weight, _ in weighed(begun, fates(expected))) <= 1 + 1e-9


@given(st.floats(0.03, 0.3), st.lists(st.floats(0, 5), min_size=2, max_size=30))
def test_the_chance_of_living_falls_and_never_rises(ends: float, places: list[float]) -> None:
    chances = [lives(place, ends) for place in sorted(places)]
    assert chances == sorted(chances, reverse=True)
    assert all(0 <= chance <= 1 for chance in chances)
    assert lives(1 - ends, ends) == 1
    assert lives(1 + ends, ends) == pytest.approx(0.05)


def test_narrow_forecasts_have_few_fates() -> None:
    """They are asked at each look: history costs less than half of what ignorance does."""
    narrow, wide = fates(forecast(spread=0.03)), fates(forecast(spread=0.6))
    assert len(narrow) * 1.5 < len(wide) <= 9
    for found in (narrow, wide):
        assert sum(fate.weight for fate in found) == pytest.approx(1)


def test_heavy_fates_are_long_ones() -> None:
    found = fates(forecast(spread=0.6, seconds_spread=1.0))
    assert [f.peak for f in found] == sorted(f.peak for f in found)
    assert [f.seconds for f in found] == sorted(f.seconds for f in found)


def test_a_kill_leaves_only_the_fates_above_what_it_had() -> None:
    found = fates(forecast(300, spread=0.6, at_least=500))
    assert all(fate.peak > 500 * MIB for fate in found)
    assert sum(fate.weight for fate in found) == pytest.approx(1)


def test_a_kill_beyond_all_that_was_thought_of_is_believed() -> None:
    (only,) = fates(forecast(100, at_least=5000))
    assert only.peak > 5000 * MIB


def test_doubts_that_forecasts_share_are_common_and_others_are_not() -> None:
    own = forecast(300, 5.0, spread=0.6, seconds_spread=1.0)
    shared = replace(own, shared=0.4)
    alone, together = (seen(each, 0.0, 0.0) for each in (own, shared))
    assert max(map(abs, alone.common)) < 1
    assert max(together.common) > 0.2 * max(together.mean)
    assert together.mean == alone.mean


def test_a_slower_machine_stretches_what_is_to_come() -> None:
    expected = forecast(300, 5.0)
    begun = job(1, holds=130, progress=1.0, expected=expected)
    fast, slow = (outlook(begun, fates(expected), rate) for rate in (1.0, 0.5))
    near, far = (next(i for i, at in enumerate(GRID) if at > seconds) for seconds in (0.4, 6))
    assert slow.mean[near] < fast.mean[near], "it grows later"
    assert slow.mean[far] > fast.mean[far], "and ends later"


def test_a_job_between_two_fates_is_taken_for_what_lies_between() -> None:
    """Late in its life its memory tells its peak better than any fate that was thought of."""
    expected = forecast(300, 5.0, spread=0.6, seconds_spread=0.1)
    peaks = [each.peak / MIB for each in fates(expected)]
    for between in (math.sqrt(low * high) for low, high in itertools.pairwise(peaks[1:6])):
        found = on_course(expected, between / 300, 0.95, GROWING)
        assert found.peak / MIB == pytest.approx(between, rel=0.12)


def test_late_in_a_life_memory_is_nearer_to_its_curve() -> None:
    """A third more than is due says little of a young job, and much of one that is about to end."""
    expected = forecast(300, 5.0, spread=0.16, seconds_spread=0.1)
    due = share(GROWING, 0.1), share(GROWING, 0.9)
    young, old = (
        believed(expected, place * 5.0, 1.33 * 300 * part)
        for place, part in zip((0.1, 0.9), due, strict=True)
    )
    assert 300 < young < old
    assert old == pytest.approx(1.33 * 300, rel=0.05)


def test_what_is_guessed_by_a_jobs_kind_is_taken_with_more_care() -> None:
    known = forecast(spread=0.4, seconds_spread=0.5, shared=0.2)
    guessed = replace(known, source="class")
    ours, theirs = seen(known, 1.0, 150), seen(guessed, 1.0, 150)
    assert theirs.mean == ours.mean
    assert sum(theirs.variance) == pytest.approx(1.25**2 * sum(ours.variance))
    assert sum(theirs.common) == pytest.approx(1.25 * sum(ours.common))


def test_what_a_folder_has_in_common_counts_as_what_all_have() -> None:
    """Among its own; the ledger tells them apart."""
    by_all = forecast(spread=0.4, seconds_spread=0.5, shared=0.3)
    by_folder = replace(by_all, shared=0.0, alike=0.3, folder="lib")
    assert seen(by_folder, 1.0, 150).common == seen(by_all, 1.0, 150).common
