"""The sums of one look, and the banker's rule under them."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from ninjapool.govern.banker import Claim, is_safe, safe_order
from ninjapool.govern.grid import GRID
from ninjapool.govern.ledger import Ledger, Stake

NOTHING = (0.0,) * len(GRID)

claims = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6).map(
    lambda pairs: [Claim(need, holds, number) for number, (need, holds) in enumerate(pairs)]
)


def can_end(order: tuple[Claim, ...], free: float) -> bool:
    for claim in order:
        if claim.need > free:
            return False
        free += claim.holds
    return True


@given(claims, st.integers(-5, 100))
@settings(max_examples=300)
def test_there_is_a_safe_order_just_where_some_order_works(made: list[Claim], free: int) -> None:
    found = safe_order(made, free)
    possible = any(can_end(order, free) for order in permutations(made))
    assert (found is not None) == possible == is_safe(sorted(made), free)
    if found is not None:
        by_job = {claim.job: claim for claim in made}
        assert sorted(found) == sorted(by_job)
        assert can_end(tuple(by_job[number] for number in found), free)


def test_who_needs_least_goes_first() -> None:
    made = [Claim(50, 10, 1), Claim(20, 100, 2), Claim(120, 0, 3)]
    assert safe_order(made, 20) == [2, 1, 3]
    assert safe_order(made, 19) is None


def stake(
    number: int,
    holds: float,
    need: float,
    *,
    soon: float = 0.0,
    gain: float | tuple[float, ...] = 0.0,
    sigma: float = 0.0,
    common: float = 0.0,
    folder: str = "",
    alike: float = 0.0,
) -> Stake:
    return Stake(
        job=number,
        holds=holds,
        need=need,
        soon=soon,
        gain=gain if isinstance(gain, tuple) else (gain,) * len(GRID),
        variance=(sigma**2,) * len(GRID),
        common=(common,) * len(GRID),
        folder=folder,
        alike=alike,
    )


sizes = st.integers(0, 400)


@st.composite
def stakes(draw: st.DrawFn) -> list[Stake]:
    found = []
    for number in range(draw(st.integers(1, 6))):
        holds = draw(sizes)
        gain = tuple(float(draw(st.integers(-holds, 300))) for _ in GRID)
        need, soon = draw(sizes), draw(st.integers(0, 50))
        found.append(
            stake(number, holds, need, soon=soon, gain=gain, sigma=draw(st.integers(0, 50)),
                  common=draw(st.integers(0, 50)), folder=draw(st.sampled_from("ab")),
                  alike=draw(st.sampled_from([0.0, 0.6, 1.0])))
        )  # fmt: skip
    return found


@given(stakes(), st.integers(0, 1500), st.integers(0, 200), st.floats(0, 3))
@settings(max_examples=200)
def test_who_fits_exceeds_nothing(
    made: list[Stake], budget: int, reserve: int, risk: float
) -> None:
    *others, candidate = made
    line = float(budget + reserve)
    ledger = Ledger(sum(each.holds for each in made), made)
    ledger.take(*others)
    if candidate.is_settled:
        assert ledger.fits(candidate, line, float(budget), risk)
    elif ledger.fits(candidate, line, float(budget), risk):
        ledger.take(candidate)
        assert not ledger.exceeds(budget + 1e-6, risk)
        assert ledger.used + ledger.growth <= line
        assert ledger.holds(line)


@given(stakes(), st.integers(0, 1500), st.floats(0, 3))
@settings(max_examples=100)
def test_who_does_not_fit_would_exceed_or_be_unsafe(
    made: list[Stake], budget: int, risk: float
) -> None:
    *others, candidate = made
    ledger = Ledger(sum(each.holds for each in made), made)
    ledger.take(*others)
    if not ledger.fits(candidate, float(budget), float(budget), risk):
        ledger.take(candidate)
        assert ledger.exceeds(budget - 1e-6, risk) or not ledger.holds(budget - 1e-6)


@given(stakes())
def test_the_order_in_which_jobs_are_taken_does_not_matter(made: list[Stake]) -> None:
    used = sum(each.holds for each in made)
    one, other, once = (Ledger(used, made) for _ in range(3))
    for each in made:
        one.take(each)
    for each in reversed(made):
        other.take(each)
    once.take(*made)
    for level in range(0, 3000, 250):
        found = {ledger.exceeds(level + 0.5, 0.0) for ledger in (one, other, once)}
        assert len(found) == 1
        assert len({ledger.holds(level + 0.5) for ledger in (one, other, once)}) == 1


def test_who_is_not_taken_stands_still_at_what_he_holds() -> None:
    ledger = Ledger(300, [stake(1, 300, 500, gain=500)])
    assert not ledger.exceeds(300, 3.0)
    ledger.take(stake(1, 300, 500, gain=500))
    assert ledger.exceeds(799, 0.0)
    assert not ledger.exceeds(800, 0.0)


def test_what_all_forecasts_share_adds_up_and_what_is_each_ones_own_does_not() -> None:
    own, shared = Ledger(0, []), Ledger(0, [])
    own.take(*[stake(n, 0, 0, sigma=100) for n in range(4)])
    shared.take(*[stake(n, 0, 0, common=100) for n in range(4)])
    assert own.exceeds(199, 1.0)
    assert not own.exceeds(201, 1.0)
    assert shared.exceeds(399, 1.0)
    assert not shared.exceeds(401, 1.0)


def test_the_jobs_of_a_folder_are_off_together_and_folders_independently() -> None:
    together, apart = Ledger(0, []), Ledger(0, [])
    together.take(*[stake(n, 0, 0, common=100, folder="lib", alike=1.0) for n in range(4)])
    for number in range(4):
        apart.take(stake(number, 0, 0, common=100, folder=f"lib{number}", alike=1.0))
    assert together.exceeds(399, 1.0)
    assert not together.exceeds(401, 1.0)
    assert apart.exceeds(199, 1.0)
    assert not apart.exceeds(201, 1.0)


def test_a_newcomer_weighs_more_beside_those_of_its_own_folder() -> None:
    ledger = Ledger(0, [])
    ledger.take(stake(1, 0, 0, common=100, folder="lib", alike=1.0))
    of_it, of_another = (
        stake(2, 0, 10, common=100, folder=folder, alike=1.0) for folder in ("lib", "bin")
    )
    assert not ledger.fits(of_it, 1000, 150, 1.0)
    assert ledger.fits(of_another, 1000, 150, 1.0)


def test_the_next_moments_must_stay_below_the_line() -> None:
    ledger = Ledger(500, [])
    ledger.take(stake(1, 500, 100, soon=60))
    quick = stake(2, 0, 0, soon=50)
    assert ledger.fits(quick, 610, 5000, 0.0)
    assert not ledger.fits(quick, 609, 5000, 0.0)


def test_nobody_is_taken_who_would_leave_no_order_in_which_all_can_end() -> None:
    """Both fit now and later, by the means; but each may come to need more than there is left."""
    first = stake(1, 300, 500)
    ledger = Ledger(300, [first])
    ledger.take(first)
    assert ledger.fits(stake(2, 0, 200, soon=100), 800, 800, 0.0)
    assert not ledger.fits(stake(2, 0, 600, soon=100), 800, 800, 0.0)


# ---------------------------------------------------------------- booking


def ending(index: int, holds: float) -> tuple[float, ...]:
    """Gone from this instant of the grid on."""
    return tuple(0.0 if i < index else -holds for i in range(len(GRID)))


def lasting(seconds: float, size: float) -> tuple[float, ...]:
    """Of a newcomer: the most in the time up to each instant."""
    befores = (0.0, *GRID[:-1])
    return tuple(size if before < seconds else 0.0 for before in befores)


def waiting(seconds: float, index: int = 10) -> tuple[Ledger, Stake]:
    """A heavy job waits for one that will be gone at that instant."""
    runs = stake(1, 600, 0, gain=ending(index, 600))
    ledger = Ledger(600, [runs])
    ledger.take(runs)
    heavy = stake(9, 0, 800, gain=lasting(seconds, 800))
    assert not ledger.fits(heavy, 1000, 1000, 0.0)
    ledger.book(heavy, 1000)
    return ledger, heavy


def fits(ledger: Ledger, seconds: float, size: float = 300) -> bool:
    newcomer = stake(5, 0, size, gain=lasting(seconds, size))
    return ledger.fits(newcomer, 1000, 1000, 0.0)


def test_who_is_gone_by_then_may_pass_one_for_whom_room_is_kept() -> None:
    ledger, _ = waiting(20.0)
    assert fits(ledger, GRID[8])


def test_who_would_be_in_the_way_may_not_pass_one_for_whom_room_is_kept() -> None:
    ledger, _ = waiting(20.0)
    assert not fits(ledger, GRID[12])
    assert fits(ledger, GRID[12], size=150), "beside it there is room"


def test_room_is_kept_for_a_job_briefer_than_the_grid_is_fine() -> None:
    assert GRID[10] - GRID[9] > 0.2
    ledger, _ = waiting(0.2)
    assert not fits(ledger, GRID[12])
    assert fits(ledger, GRID[8])


def test_room_is_kept_no_longer_than_the_job_lasts() -> None:
    ledger, _ = waiting(0.2)
    late = tuple(0.0 if index < 12 else 300.0 for index in range(len(GRID)))
    assert ledger.fits(stake(5, 0, 300, gain=late), 1000, 1000, 0.0)


def test_a_job_larger_than_all_there_is_gets_the_room_that_there_will_be() -> None:
    runs = stake(1, 600, 0, gain=ending(10, 600))
    ledger = Ledger(600, [runs])
    ledger.take(runs)
    ledger.book(stake(9, 0, 5000, gain=lasting(20.0, 5000)), 1000)
    assert fits(ledger, GRID[8])
    assert not fits(ledger, GRID[12], size=1)


def test_room_is_kept_from_when_it_lasts() -> None:
    """At first there would be room, but he who runs will grow into it."""
    grows = stake(
        1,
        100,
        800,
        gain=tuple(0.0 if i < 5 else 800.0 if i < 10 else -100.0 for i in range(len(GRID))),
    )
    ledger = Ledger(100, [grows])
    ledger.take(grows)
    ledger.book(stake(9, 0, 800, gain=lasting(20.0, 800)), 1000)
    assert fits(ledger, GRID[8], size=50), "room is not kept beside him"
    assert not fits(ledger, GRID[12], size=300), "but after him"
