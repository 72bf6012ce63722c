"""What real processes show and a simulation does not: peaks unseen, memory that falls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool.forecast import GROWING, Forecaster
from ninjapool.govern.governor import Governor
from ninjapool.govern.grid import GRID
from ninjapool.govern.ledger import Ledger, Stake
from ninjapool.govern.model import Finished, Job, Sample
from ninjapool.govern.outlook import fates, outlook
from ninjapool.model import Forecast
from ninjapool.units import GIB, MIB

NOTHING = (0.0,) * len(GRID)


def forecast(peak: int = 300 * MIB, spread: float = 0.6, source: str = "class") -> Forecast:
    return Forecast(
        peak=peak,
        peak_spread=spread,
        seconds=3.0,
        seconds_spread=0.5,
        curve=GROWING,
        source=source,
    )


def stake(number: int, holds: float, need: float) -> Stake:
    return Stake(
        job=number,
        holds=holds,
        need=need,
        soon=0.0,
        gain=NOTHING,
        variance=NOTHING,
        common=NOTHING,
    )


def job(memory: int, peak: int, progress: float, **more: object) -> Job:
    values: dict[str, object] = {"id": 1, "job_class": "compile", "state": "running"}
    values |= {"forecast": forecast(), **more}
    return Job(memory=memory, peak=peak, cpu_seconds=progress, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("spread", [0.03, 0.2, 0.6, 0.9])
def test_a_compiler_that_has_ended_is_not_taken_for_a_giant(spread) -> None:
    """`as` runs, or the driver alone: 300 MiB are gone, the job is not."""
    ending = job(0, 300 * MIB, 2.8, forecast=forecast(spread=spread))
    look = outlook(ending, fates(ending.forecast))
    assert look.peak <= 450 * MIB


@pytest.mark.parametrize("spread", [0.03, 0.6])
def test_a_job_far_lighter_than_thought_is_not_taken_for_a_giant(spread) -> None:
    light = job(1 * MIB, 1 * MIB, 30.0, forecast=forecast(GIB, spread))
    look = outlook(light, fates(light.forecast))
    assert look.peak <= 50 * MIB


@given(st.lists(st.integers(0, 400), max_size=8), st.integers(500, 10_000))
def test_one_forecast_beyond_all_memory_does_not_bar_the_way(holds: list[int], need: int) -> None:
    level = 4000.0
    others = [stake(number, float(held) * MIB, 0.0) for number, held in enumerate(holds)]
    giant = stake(99, 10.0 * MIB, float(need) * GIB)
    used = sum(each.holds for each in [*others, giant])
    light = stake(100, 0.0, MIB)
    ledger = Ledger(used, [*others, giant])
    assert ledger.safe_with(light, level * MIB) == (used + MIB <= level * MIB)


def test_who_was_too_brief_to_be_seen_teaches_nothing() -> None:
    known = Forecaster()
    before = known.forecast("x", "compile")
    for number in range(50):
        known.seen(str(number), "compile", 30_000, 0.02)
        known.learn(str(number), "compile", 30_000, 0.04)
    assert known.forecast("x", "compile") == before


def test_who_was_too_brief_to_be_seen_corrects_no_history() -> None:
    governor = Governor(cores=4, reserve=0)
    before = forecast(spread=0.03, source="history")
    for number in range(50):
        governor.finished(
            Finished(id=number, job_class="link", peak=30_000, cpu_seconds=0.04, forecast=before)
        )
    waiting = [
        job(0, 0, 0.0, id=number, state="held", forecast=before) for number in range(100, 104)
    ]
    decision = governor.decide(Sample(jobs=tuple(waiting), headroom=700 * MIB), 1.0)
    assert [action.verb for action in decision.actions] == ["start", "start"]
