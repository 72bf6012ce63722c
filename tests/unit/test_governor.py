"""What the governor answers to a look, by hand-made samples."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ninjapool.govern.foresight import FASTEST, SLOWEST, SOON, Foresight
from ninjapool.govern.governor import LAZIEST, PATIENCE, Governor
from ninjapool.govern.model import Decision, Finished, Forecast, Job, Sample
from ninjapool.govern.outlook import risen
from ninjapool.govern.simulate import Simulation, World
from ninjapool.govern.trace import share
from ninjapool.units import MIB
from tests.looks import (
    LINEAR,
    Told,
    forecast,
    job,
    sample,
    states_after,
    trace,
    trace_job,
    truth,
    verbs,
)  # fmt: skip

if TYPE_CHECKING:
    from ninjapool.govern.model import State

RESERVE = 100


def governor(cores: int = 4) -> Governor:
    return Governor(cores=cores, reserve=RESERVE * MIB)


def begun(*jobs: Job, free: float, cores: int = 4) -> Governor:
    """A governor that has started these, while there was room for all."""
    made = governor(cores)
    births = [job(each.id, "held", expected=each.forecast) for each in jobs]
    decision = made.decide(sample(*births, free=100_000), 0.0)
    assert verbs(decision) == {each.id: "start" for each in jobs}
    running = [job(each.id, expected=each.forecast, can_stop=each.can_stop) for each in jobs]
    made.decide(sample(*running, free=free), 0.01)
    return made


def test_nobody_there_nothing_to_do() -> None:
    decision = governor().decide(sample(free=1000), 0.0)
    assert decision.actions == ()
    assert decision.held_for == "nothing"


@pytest.mark.parametrize("free", [0, 50, 1000])
def test_one_job_always_runs(free: float) -> None:
    waiting = [job(n, "held", expected=forecast(5000)) for n in (1, 2, 3)]
    assert list(verbs(governor().decide(sample(*waiting, free=free), 0.0)).values()) == ["start"]


def test_who_fits_is_started_until_memory_is_spoken_for() -> None:
    waiting = [job(n, "held", expected=forecast(300)) for n in range(1, 9)]
    decision = governor(8).decide(sample(*waiting, free=1100), 0.0)
    assert list(verbs(decision).values()) == ["start"] * 3
    assert decision.held_for == "memory"


def test_no_more_run_than_there_are_cores() -> None:
    waiting = [job(n, "held", expected=forecast(10)) for n in range(1, 9)]
    decision = governor(3).decide(sample(*waiting, free=100_000), 0.0)
    assert list(verbs(decision).values()) == ["start"] * 3
    assert decision.held_for == "cpus"


def test_the_long_ones_are_started_first() -> None:
    waiting = [job(n, "held", expected=forecast(300, seconds=n)) for n in range(1, 6)]
    decision = governor(2).decide(sample(*waiting, free=100_000), 0.0)
    assert verbs(decision) == {5: "start", 4: "start"}


def test_a_light_one_is_started_beside_a_heavy_one_that_does_not_fit() -> None:
    heavy = [job(n, "held", expected=forecast(700, 9.0)) for n in (1, 2)]
    light = job(3, "held", expected=forecast(50, 1.0))
    assert verbs(governor().decide(sample(*heavy, light, free=1050), 0.0)) == {
        1: "start",
        3: "start",
    }


def test_a_newborn_that_runs_and_may_not_is_paused_at_birth() -> None:
    newborn = [job(n, "running", expected=forecast(700)) for n in (1, 2, 3)]
    decision = governor().decide(sample(*newborn, free=1000), 0.0)
    assert verbs(decision) == {2: "pause", 3: "pause"}, "the first needs no start, it runs"


def test_a_paused_job_goes_on_before_a_held_one_begins() -> None:
    expected = forecast(400)
    made = begun(job(1, expected=expected), free=2000)
    stopped = job(1, "paused", holds=200, progress=1.0, expected=expected)
    waiting = [job(n, "held", expected=expected) for n in (2, 3)]
    decision = made.decide(sample(stopped, *waiting, free=550), 1.0)
    assert verbs(decision) == {1: "resume"}


def test_one_that_was_seen_late_and_goes_on_is_not_stopped_again_as_a_newborn() -> None:
    unsure = forecast(300, spread=0.6, seconds_spread=1.0)
    made = governor()
    late = job(1, "paused", holds=100, progress=0.3, expected=unsure)
    assert verbs(made.decide(sample(late, free=900), 0.1)) == {1: "resume"}
    goes_on = job(1, holds=150, progress=0.5, expected=unsure)
    console = job(2, holds=100, progress=2.5, expected=forecast(110), can_stop=False)
    assert verbs(made.decide(sample(goes_on, console, free=500), 0.4)) == {}


def test_nobody_takes_the_room_that_a_paused_job_waits_for() -> None:
    heavy, light = forecast(800), forecast(20)
    made = begun(job(1, expected=heavy), job(2, expected=heavy), free=2000)
    jobs = [
        job(1, holds=500, progress=1.0, expected=heavy),
        job(2, "paused", holds=100, progress=0.2, expected=heavy),
        job(3, "held", expected=light),
    ]
    decision = made.decide(sample(*jobs, free=400), 1.0)
    assert verbs(decision) == {}
    assert decision.held_for == "memory"


def test_who_leaves_a_paused_job_its_room_is_started_past_it() -> None:
    """Else a job that was thought too heavy would bar all others until the last one has ended."""
    heavy, light = forecast(800, 20.0), forecast(20, 0.5)
    made = begun(job(1, expected=heavy), job(2, expected=heavy), free=2000)
    jobs = [
        job(1, holds=500, progress=4.0, expected=heavy),
        job(2, "paused", holds=100, progress=0.2, expected=heavy),
        job(3, "held", expected=light),
    ]
    decision = made.decide(sample(*jobs, free=850), 1.0)
    assert verbs(decision) == {3: "start"}


def test_a_paused_job_goes_on_when_it_is_known_to_be_lighter_than_thought() -> None:
    """It does not get on, so nothing else would tell: it could stand until all others are gone."""
    heavy, light = (forecast(peak, 9.0, curve=LINEAR) for peak in (900, 400))
    stage = Stage((heavy, 1.0), (heavy, 3.0))
    assert stage.look(1200) == {}
    stands, runs = stage.jobs()
    stands = stands._replace(forecast=light)
    decision = stage.governor.decide(sample(stands, runs, free=1200), stage.now + 0.3)
    assert verbs(decision) == {1: "resume"}


def test_a_paused_job_is_judged_anew_when_it_is_not_as_far_as_was_thought() -> None:
    """It held a tenth of the usual at nearly its end, then: half of the usual at a tenth, now."""
    thought = forecast(900, 9.0, spread=0.5, seconds_spread=0.5, curve=LINEAR)
    stage = Stage((thought, 3.0), (thought, 3.0))
    light = job(1, "paused", holds=100, progress=8.5, expected=thought)
    young = job(1, "paused", holds=100, progress=0.5, expected=thought)
    runs = stage.jobs()[1]
    assert verbs(stage.governor.decide(sample(light, runs, free=1100), 3.1)) == {1: "resume"}
    assert verbs(stage.governor.decide(sample(young, runs, free=1100), 3.2)) == {}


# ---------------------------------------------------------------- alone


def test_an_alone_job_waits_for_the_others_and_lets_none_by() -> None:
    light = forecast(20)
    made = begun(job(1, expected=light), free=2000)
    again = job(2, "held", expected=light, alone=True)
    other = job(3, "held", expected=light)
    first = job(1, holds=5, progress=0.5, expected=light)
    assert verbs(made.decide(sample(first, again, other, free=5000), 1.0)) == {}
    assert verbs(made.decide(sample(again, other, free=5000), 2.0)) == {2: "start"}


def test_nobody_joins_a_job_that_runs_alone() -> None:
    light = forecast(20)
    made = governor()
    again = job(1, "held", expected=light, alone=True)
    others = [job(n, "held", expected=light) for n in (2, 3)]
    assert verbs(made.decide(sample(again, *others, free=5000), 0.0)) == {1: "start"}
    runs = job(1, holds=5, progress=0.5, expected=light, alone=True)
    decision = made.decide(sample(runs, *others, free=5000), 1.0)
    assert verbs(decision) == {}
    assert decision.held_for == "memory"
    newborn = job(4, "running", expected=light)
    assert verbs(made.decide(sample(runs, *others, newborn, free=5000), 1.1)) == {4: "pause"}


# ---------------------------------------------------------------- the guard


class Stage:
    """Jobs that have grown as forecast, in plenty, up to some moment; some then stood still."""

    def __init__(self, *plans: tuple[Forecast, float], unstoppable: int | None = None) -> None:
        """Of each job the forecast, and the progress at which it was stopped or the play begins."""
        self.plans = dict(enumerate(plans, start=1))
        self.unstoppable = unstoppable
        self.now = 0.0
        births = [job(number, "held", expected=plan[0]) for number, plan in self.plans.items()]
        self.governor = governor(len(plans) + 1)
        self.governor.decide(sample(*births, free=100_000), 0.0)
        for step in range(1, round(10 * max(until for _, until in plans)) + 1):
            self.now = step / 10
            self.look(100_000)

    def jobs(self, *, paused: tuple[int, ...] = (), gone: tuple[int, ...] = ()) -> list[Job]:
        found = []
        for number, (expected, until) in self.plans.items():
            progress = min(self.now, until)
            size, place = expected.peak / MIB, progress / expected.seconds
            found.append(
                job(
                    number,
                    "paused" if progress < self.now - 1e-6 or number in paused else "running",
                    holds=size * share(expected.curve, place),
                    peak=size * share(risen(expected.curve), place),
                    progress=progress,
                    expected=expected,
                    can_stop=number != self.unstoppable,
                )
            )
        return [each for each in found if each.id not in gone]

    def look(self, free: float, **state: tuple[int, ...]) -> dict[int, str]:
        return verbs(self.governor.decide(sample(*self.jobs(**state), free=free), self.now))


def tight(unstoppable: int | None = None) -> Stage:
    """Three that hold 90, 30 and 70 and need 810, 270 and 630 more."""
    needs = [forecast(peak, 9.0, curve=LINEAR) for peak in (900, 300, 700)]
    return Stage(*[(each, 0.9) for each in needs], unstoppable=unstoppable)


def test_the_first_in_the_safe_order_goes_on_and_the_others_wait() -> None:
    assert tight().look(350) == {1: "pause", 3: "pause"}


def test_the_first_in_the_safe_order_is_resumed_first() -> None:
    assert tight().look(350, paused=(1, 2, 3)) == {2: "resume"}


def test_a_first_that_was_paused_goes_on_in_place_of_who_runs() -> None:
    assert tight().look(350, paused=(2,)) == {1: "pause", 2: "resume", 3: "pause"}


def test_a_console_job_is_never_paused() -> None:
    assert tight(unstoppable=1).look(350) == {3: "pause"}


def test_what_a_console_job_will_take_is_not_given_to_others() -> None:
    """Each grows by 60 in the next moments, and there is room for two."""
    plans = [(forecast(1000 * s, s, curve=LINEAR), 1.0) for s in (1.04, 1.02, 1.03)]
    assert Stage(*plans, unstoppable=1).look(190) == {3: "pause"}
    assert Stage(*plans).look(190) == {1: "pause"}


def test_who_is_to_stop_still_grows_until_he_has_stopped() -> None:
    """Each by 60 in the next moments: two would fit, but not what the third takes meanwhile."""
    plans = [(forecast(1000 * s, s, curve=LINEAR), 1.0) for s in (1.04, 1.02, 1.03)]
    assert Stage(*plans).look(170) == {1: "pause", 3: "pause"}
    two = [(forecast(1000 * s, s, curve=LINEAR), 1.0) for s in (1.04, 1.02)]
    assert Stage(*two).look(170) == {}


def test_who_shares_a_cpu_is_expected_to_grow_as_if_he_had_it_alone() -> None:
    """By 50 MiB in a second of which he had a quarter: others may be stopped any moment."""
    sight, slow = Foresight(), forecast(500, 100.0, curve=LINEAR)
    seen = job(1, expected=slow)
    for second in range(8):
        seen = job(1, holds=50.0 * second, progress=0.25 * second, expected=slow)
        sight.observe(sample(seen, free=1000), float(second), 1.0, roomy=False)
        sight.admit(seen)
    speed = sight.stake(seen, 2000 * MIB).soon / sight.soon
    assert speed == pytest.approx(200 * MIB, rel=0.05)


def test_where_looks_come_late_more_room_is_kept() -> None:
    """However many come early, called for by events: they do not tell how late the others are."""
    sight, now = Foresight(), 0.0

    def look(times: int, seconds: float) -> float:
        nonlocal now
        for _ in range(times):
            now += seconds
            sight.observe(sample(free=1000), now, FASTEST, roomy=False)
        return sight.soon

    assert look(10, 1.01 * FASTEST) < 1.1 * SOON
    late = look(10, 5 * FASTEST)
    assert late > 4 * SOON
    assert look(100, FASTEST / 2) == late
    assert look(300, 1.01 * FASTEST) < 1.1 * SOON


def test_an_outlook_that_serves_long_is_made_anew_when_its_forecast_has_risen() -> None:
    sight, began = Foresight(), forecast(300, 20.0, curve=LINEAR)

    def need(now: float, expected: Forecast) -> float:
        seen = job(1, holds=15.0 * now, progress=now, expected=expected)
        sight.observe(sample(seen, free=10_000), now, 1.0, roomy=True)
        sight.admit(seen)
        return sight.stake(seen, 10_000 * MIB).need

    at_first = need(1.0, began)
    assert need(1.5, replace(began, peak=330 * MIB)) <= at_first
    assert need(2.0, replace(began, peak=600 * MIB)) > 1.5 * at_first


def roomy(free: float) -> bool:
    """One job runs that is expected to take 300 MiB."""
    stage = Stage((forecast(300, 9.0, curve=LINEAR), 1.0))
    seen = job(1, holds=33, progress=1.0, expected=forecast(300, 9.0, curve=LINEAR))
    return stage.governor.decide(sample(seen, free=free), stage.now + 0.1).roomy


def test_it_is_roomy_where_much_more_than_is_expected_would_fit() -> None:
    assert roomy(free=2000)
    assert not roomy(free=450)


def test_where_jobs_wait_for_memory_it_is_not_roomy() -> None:
    stage = Stage((forecast(300, 9.0, curve=LINEAR), 1.0))
    seen = job(1, holds=33, progress=1.0, expected=forecast(300, 9.0, curve=LINEAR))
    waits = job(2, "held", expected=forecast(5000))
    assert not stage.governor.decide(sample(seen, waits, free=2000), stage.now + 0.1).roomy


def test_a_console_job_needs_no_leave() -> None:
    console = job(2, expected=forecast(5000), can_stop=False)
    held = job(1, "held", expected=forecast(5000))
    assert verbs(governor().decide(sample(held, console, free=100), 0.0)) == {}


def lost(unstoppable: int | None = None) -> Stage:
    """The first holds 500, others that stand still 200 and 100; each needs 900 in all."""
    needs = forecast(900, 9.0, curve=LINEAR)
    return Stage((needs, 5.0), (needs, 2.0), (needs, 1.0), unstoppable=unstoppable)


def test_it_kills_when_nobody_can_end_the_one_that_loses_least() -> None:
    assert lost().look(11) == {3: "kill"}


def test_it_kills_one_at_a_time() -> None:
    stage = lost()
    assert stage.look(11) == {3: "kill"}
    assert stage.look(11) == {}, "that one is not gone yet"
    assert stage.look(11, gone=(3,)) == {2: "kill"}


STUB = forecast(16, 10.0, curve=(1.0,) * 6 + (0.25,) * 45)
"""A compile that is done elsewhere: its preprocessor ends soon, then a stub of 4 MiB waits."""


def at_rest(numbers: range, state: State, progress: float = 4.0) -> list[Job]:
    return [
        job(n, state, holds=4, peak=16, progress=progress, expected=STUB, kind="remote")
        for n in numbers
    ]


@pytest.mark.parametrize("free", [0, 20, 90])
def test_who_will_not_grow_goes_on_however_little_is_free(free: float) -> None:
    """To stop it would free nothing, and the sooner it ends the better."""
    births = [job(n, "held", expected=STUB, kind="remote") for n in range(1, 31)]
    made = governor(30)
    made.decide(sample(*births, free=100_000), 0.0)
    made.decide(sample(*at_rest(range(1, 31), "running"), free=100_000), 4.0)
    running, paused = at_rest(range(1, 16), "running", 8), at_rest(range(16, 31), "paused")
    answer = verbs(made.decide(sample(*running, *paused, free=free), 8.0))
    assert set(answer.values()) <= {"resume"}


def test_who_will_not_grow_keeps_nobody_from_the_last_resort() -> None:
    needs = forecast(900, 9.0, curve=LINEAR)
    stage = Stage((needs, 5.0), (needs, 2.0), (needs, 1.0), (STUB, 5.0))
    assert stage.look(11) == {1: "pause", 3: "kill"}


def test_who_will_not_grow_is_not_the_one_to_be_killed() -> None:
    needs = forecast(900, 9.0, curve=LINEAR)
    stage = Stage((needs, 5.0), (needs, 2.0), (STUB, 4.0), (needs, 5.0))
    assert stage.look(11, paused=(3,)) == {1: "pause", 2: "kill", 3: "resume", 4: "pause"}


def test_it_kills_nobody_while_there_is_room() -> None:
    assert lost().look(60) == {}


def test_it_never_kills_a_console_job() -> None:
    assert lost(unstoppable=3).look(11) == {2: "kill"}


def test_it_kills_nobody_while_the_first_can_end_however_fast_he_grows() -> None:
    fast = forecast(800, 0.5, curve=LINEAR)
    made = begun(job(1, expected=fast), job(2, expected=fast), free=3000)
    for step, holds in enumerate((400, 600, 780)):
        jobs = [
            job(1, holds=holds, progress=holds / 1600, expected=fast),
            job(2, "paused", holds=30, progress=0.02, expected=fast),
        ]
        decision = made.decide(sample(*jobs, free=900 - holds), 0.1 + holds / 1600)
        assert "kill" not in verbs(decision).values(), f"look {step}"
        assert states_after(sample(*jobs, free=0), decision)[1] == "running"


# ---------------------------------------------------------------- forecasts that rise


def test_the_youngest_stop_while_they_are_small_when_forecasts_rise() -> None:
    now = forecast(900, 9.0, curve=LINEAR)
    stage = Stage(*[(forecast(300, 9.0, curve=LINEAR), until) for until in (5.0, 0.5, 0.4)])
    looked = [job(1, holds=500, progress=5.0, expected=now)]
    looked += [job(n, holds=30, progress=0.3, expected=now) for n in (2, 3)]
    decision = stage.governor.decide(sample(*looked, free=700), stage.now + 0.1)
    assert verbs(decision) == {2: "pause", 3: "pause"}


def test_who_holds_most_of_what_he_needs_goes_on_though_memory_will_run_short() -> None:
    """He would hold it standing as well; the same at a fifth of his life stops."""
    needs = forecast(900, 9.0, curve=LINEAR)
    assert Stage((needs, 6.0), (needs, 6.0)).look(450) == {}
    assert Stage((needs, 2.0), (needs, 2.0)).look(1000) == {2: "pause"}


def test_where_nobody_runs_the_first_that_waits_goes_on_though_memory_is_spoken_for() -> None:
    needs = forecast(500, 9.0, curve=LINEAR)
    stage = Stage((needs, 8.5), (needs, 8.5))
    assert stage.look(80, paused=(1, 2)) == {1: "resume"}


# ---------------------------------------------------------------- patience


def test_a_heavy_job_is_not_passed_for_ever() -> None:
    """Light ones come and go, each of which fits beside those that run."""
    jobs = [trace_job(f"light/{number}", 300, 6.0 + number % 3) for number in range(200)]
    heavy = trace_job("heavy", 800, 1.0)  # short, so that all others go before it
    knows = Told.of([heavy, *jobs], truth)
    world = World(cores=3, limit=1000 * MIB, slots=8)
    begun: list[int] = []

    def watch(looked: Sample, decision: Decision, now: float) -> None:
        del now
        started = [a.job for a in decision.actions if a.verb == "start"]
        light = {each.id for each in looked.jobs if each.id != 1}
        begun.extend(number for number in started if number in light)
        if 1 in started:
            raise StopIteration

    simulation = Simulation(trace(heavy, *jobs), world, governor(3), knows, watch)
    with pytest.raises(StopIteration):
        simulation.run()
    assert PATIENCE * 3 - 10 <= len(begun) <= PATIENCE * 3 + 10


# ---------------------------------------------------------------- the next look


def next_look(free: float, speed: float) -> float:
    """Of a build whose only job grows by so many MiB a second."""
    stage = Stage((forecast(speed * 20, 20.0, curve=LINEAR), 5.0))
    return stage.governor.decide(sample(*stage.jobs(), free=free), stage.now).next_look


def test_the_next_look_is_sooner_where_the_line_is_near() -> None:
    looks = [next_look(free, 200) for free in (5000, 250, 150, 60)]
    assert looks == sorted(looks, reverse=True)
    assert looks[0] == SLOWEST
    assert looks[-1] < looks[0] / 5


def test_the_next_look_is_latest_where_much_more_than_is_expected_would_fit() -> None:
    assert next_look(20_000, 200) == LAZIEST
    assert next_look(3_000, 20) == SLOWEST, "others might take half of it"


def test_the_next_look_is_sooner_where_memory_grows_faster() -> None:
    looks = [next_look(300, speed) for speed in (100, 400, 3000)]
    assert looks == sorted(looks, reverse=True)
    assert looks[0] > 3 * looks[-1]
    assert looks[-1] >= FASTEST


# ---------------------------------------------------------------- bookkeeping


def test_the_same_looks_get_the_same_answers() -> None:
    assert [tight().look(free) for free in (100, 350, 750)] == [
        tight().look(free) for free in (100, 350, 750)
    ]


def test_who_is_gone_is_forgotten() -> None:
    stage = tight()
    stage.look(2000, gone=(2,))
    assert set(stage.governor._foresight._known) == {1, 3}
    stage.governor.finished(
        Finished(id=1, job_class="compile", peak=1, cpu_seconds=1.0, forecast=forecast())
    )
    assert set(stage.governor._foresight._known) == {3}


def calm(*jobs: Job, free: float, heaviest: int | None = 1000) -> bool:
    made = Governor(
        cores=2, reserve=RESERVE * MIB, heaviest=None if heaviest is None else heaviest * MIB
    )
    return made.decide(sample(*jobs, free=free), 0.0).calm


def test_it_is_calm_while_a_heavy_job_on_each_core_would_fit_on_top() -> None:
    assert calm(free=2100)
    assert not calm(free=2099)
    assert not calm(free=100_000, heaviest=None)


def test_what_the_running_jobs_are_yet_to_need_comes_before_it_is_calm() -> None:
    one = job(1, expected=forecast(500), can_stop=False)
    assert calm(one, free=4000)
    assert not calm(one, free=2300)


def test_it_is_not_calm_with_more_jobs_than_cores() -> None:
    assert not calm(*(job(n, "held", expected=forecast(1)) for n in (1, 2, 3)), free=100_000)
