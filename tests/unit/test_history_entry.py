"""What is believed of an edge after each of its builds."""

from hypothesis import given
from hypothesis import strategies as st

from ninjapool.history.entry import LEAST_SPREAD, MOST_SPREAD, believed, killed, newer, noise
from ninjapool.units import MIB
from tests.pasts import entry, seen


def test_a_source_that_grew_is_believed_at_once():
    found = believed(entry(), seen(peak=300 * MIB))
    assert found.peak == 300 * MIB
    assert found.spread > noise(2.0)


def test_what_repeats_is_averaged_and_its_spread_shrinks():
    found = entry(peak=100 * MIB)
    for peak in (101, 99, 100, 101, 99, 100):
        found = believed(found, seen(peak=peak * MIB))
    assert found.peak is not None
    assert abs(found.peak / MIB - 100) < 1
    assert found.spread < noise(2.0)
    assert found.builds == 7


def test_a_lower_peak_counts_less_than_a_higher_one():
    """A look that came too late misses downwards."""
    lower, higher = believed(entry(), seen(peak=95 * MIB)), believed(entry(), seen(peak=105 * MIB))
    assert 95 * MIB < (lower.peak or 0) < 99 * MIB
    assert 103 * MIB < (higher.peak or 0) < 105 * MIB


def test_the_shorter_a_job_the_wider_its_spread():
    assert noise(0.05) > noise(1.0) > noise(2.0) > noise(9.0) == LEAST_SPREAD


def test_a_job_that_was_looked_at_long_before_its_end_is_known_less_well():
    assert entry(unseen=0.5).spread > entry().spread + 0.2
    assert entry(unseen=1.0).spread <= MOST_SPREAD


def test_another_command_or_compiler_is_no_noise():
    for changed in (seen(peak=104 * MIB, command="other"), seen(peak=104 * MIB, compiler="g++-13")):
        assert believed(entry(), changed).peak == 104 * MIB


def test_a_peak_that_was_not_seen_this_time_stays_the_last():
    found = believed(entry(), seen(peak=None, seconds=1.9))
    assert (found.peak, found.last, found.expected) == (100 * MIB, None, None)


def test_a_killed_job_needs_at_least_what_it_had():
    found = killed(entry(), seen(peak=500 * MIB))
    assert (found.peak, found.at_least) == (100 * MIB, 500 * MIB)
    assert killed(found, seen(peak=200 * MIB)).at_least == 500 * MIB
    assert killed(None, seen(peak=500 * MIB)).peak is None


def test_once_it_has_ended_well_the_kill_is_forgotten():
    found = believed(killed(entry(), seen(peak=500 * MIB)), seen(peak=600 * MIB))
    assert (found.peak, found.at_least) == (600 * MIB, 0)
    unseen = believed(killed(entry(), seen(peak=500 * MIB)), seen(peak=None))
    assert unseen.at_least == 500 * MIB


def test_seconds_follow_but_a_change_by_factors_is_believed():
    assert believed(entry(seconds=2.0), seen(seconds=3.0)).seconds == 2.5
    assert believed(entry(seconds=2.0), seen(seconds=9.0)).seconds == 9.0


def test_of_two_accounts_the_later_counts_in_any_order():
    old, new = entry(at=1), entry(at=2, peak=7 * MIB)
    assert newer(old, new) == newer(new, old) == new


@given(st.lists(st.one_of(st.none(), st.integers(1, 1 << 40)), min_size=1, max_size=20))
def test_what_is_believed_lies_within_what_was_seen(peaks):
    found = None
    for peak in peaks:
        found = believed(found, seen(peak=peak))
    assert found is not None
    known = [peak for peak in peaks if peak is not None]
    if not known:
        assert found.peak is None
        return
    assert found.peak is not None
    assert min(known) * 0.999 <= found.peak <= max(known) * 1.001
    assert 0 < found.spread <= MOST_SPREAD
