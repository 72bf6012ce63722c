"""How a job's memory over its life is kept in a few points."""

from hypothesis import given
from hypothesis import strategies as st

from ninjapool.govern.trail import LEAST, MOST, PARTS, Trail
from ninjapool.units import MIB


def trail(points):
    found = Trail()
    for progress, memory in points:
        found.add(progress, memory)
    return found


def test_a_curve_that_grows_steadily_is_told_so():
    curve = trail((second / 10, second * 100) for second in range(101)).curve(10.0, 10000)
    assert curve is not None
    assert len(curve) == PARTS + 1
    shares = [point / 255 for point in curve]
    wanted = [part / PARTS for part in range(PARTS + 1)]
    # within half a part, and never less: a curve is what is reserved
    assert all(
        want - 0.03 <= share <= want + 0.1 for want, share in zip(wanted, shares, strict=True)
    )


def test_a_job_that_grows_fast_is_not_told_to_have_begun_large():
    """A replay would take that at its word, and touch it all in an instant."""
    told = trail((step / 10, min(1000, 20 + step * 200)) for step in range(101)).curve(10.0, 1000)
    assert told is not None
    assert told[0] == 0
    assert told[1] == 255


def test_a_peak_between_two_borders_is_not_lost():
    points = [(second / 10, 1000 if second == 50 else 100) for second in range(101)]
    curve = Trail()
    for progress, memory in points[40:61]:
        curve.add(progress, memory)
    assert max(curve.curve(10.0, 1000) or b"") == 255


def test_of_a_short_life_or_few_points_nothing_is_said():
    assert trail((second / 100, 5) for second in range(40)).curve(0.4, 5) is None
    assert trail((float(second), 5) for second in range(LEAST - 1)).curve(10.0, 5) is None
    assert trail((float(second), 0) for second in range(20)).curve(20.0, 0) is None


def test_a_long_life_takes_no_more_room():
    found = trail((float(second), second) for second in range(100_000))
    assert len(found._points) < MOST
    assert found.curve(100_000.0, 100_000) is not None


@given(
    st.lists(st.tuples(st.floats(0, 100), st.integers(0, 1 << 40)), max_size=100),
    st.floats(0, 200),
    st.integers(0, 1 << 40),
)
def test_any_points_make_a_curve_or_none(points, seconds, peak):
    curve = trail(sorted(points)).curve(seconds, peak)
    assert curve is None or len(curve) == PARTS + 1


def test_that_it_had_ended_before_it_was_gone_is_no_part_of_its_curve():
    trail = Trail()
    for step in range(40):
        trail.add(step / 10, (step + 1) * MIB)
    trail.add(4.0, 0)
    told = trail.curve(4.0, 40 * MIB)
    assert told is not None
    assert told[-1] == 255
    assert trail.last == 4.0
