"""The world in which policies are tried: ninja, the kernel, and a fixed -j."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninjapool.govern import static
from ninjapool.govern.governor import Governor
from ninjapool.govern.model import Action, Decision, Finished, Sample
from ninjapool.govern.simulate import Run, Simulation, World, simulate
from ninjapool.govern.static import Fixed, Memfree, Nothing
from ninjapool.govern.trace import Trace, lower_bound
from ninjapool.units import MIB
from tests.looks import Told, trace, trace_job, truth

FLAT = (0.0, 1.0, 1.0)
WORLD = World(cores=4, limit=1000 * MIB, slots=8)


class Acting:
    """Starts all, and does what it is told at some moments."""

    def __init__(self, plan: dict[float, tuple[str, int]]) -> None:
        self.plan = dict(sorted(plan.items()))
        self.ended: list[Finished] = []
        self.seen: list[Sample] = []

    def decide(self, sample: Sample, now: float) -> Decision:
        self.seen.append(sample)
        actions = [
            Action(verb="start", job=each.id, why="")
            for each in sample.jobs
            if each.state == "held"
        ]
        due = [at for at in self.plan if at <= now]
        for at in due:
            verb, number = self.plan.pop(at)
            actions.append(Action(verb=verb, job=number, why=""))  # type: ignore[arg-type]
        return Decision(actions=tuple(actions), next_look=0.1, held_for="nothing")

    def finished(self, job: Finished) -> None:
        self.ended.append(job)


def flat(count: int, peak: float = 300, seconds: float = 2.0) -> Trace:
    return trace(*[trace_job(str(n), peak, seconds, curve=FLAT) for n in range(count)])


def alone(world: World, width: int) -> World:
    """As a plain `ninja -jN` is run."""
    return replace(world, retries=0, slots=width, held_at_birth=False)


def plain(made: Trace, width: int, world: World = WORLD) -> Run:
    return simulate(made, alone(world, width), Fixed(jobs=width), Nothing())


def test_the_same_arguments_give_the_same_run() -> None:
    made = trace(*[trace_job(str(n), 100 + 31 * n % 400, 0.5 + n % 5) for n in range(30)])

    def run() -> Run:
        governor = Governor(cores=4, reserve=100 * MIB)
        return simulate(made, WORLD, governor, Told.of(made.jobs, truth))

    assert run() == run()


def test_jobs_run_side_by_side_and_take_their_seconds() -> None:
    found = plain(flat(4, 100, 3.0), 4)
    assert found.finished
    assert 3.0 <= found.seconds < 3.2
    assert found.peak == 400 * MIB
    assert 6.0 <= plain(flat(4, 100, 3.0), 2).seconds < 6.3


def test_more_jobs_than_cores_share_them_where_they_contend() -> None:
    made = flat(4, 100, 3.0)
    crowded = replace(WORLD, cores=2, contended=True)
    assert plain(made, 4, crowded).seconds == pytest.approx(6.0, abs=0.1)
    assert plain(made, 4, replace(crowded, contended=False)).seconds == pytest.approx(3.0, abs=0.1)


def test_nobody_looks_between_a_decision_and_its_effect() -> None:
    """An end just then would show those that were told to start as if they were not."""
    made = trace(*[trace_job(str(n), 10, 0.3 + 0.02 * n, curve=FLAT) for n in range(40)])
    decider = Acting({})
    simulate(made, replace(WORLD, reaction=0.05, notice=0.001), decider, Nothing())
    held = [each.id for looked in decider.seen for each in looked.jobs if each.state == "held"]
    assert sorted(held) == list(range(1, 41)), "each was found held once, and was started"


def test_a_job_waits_for_what_it_needs() -> None:
    made = trace(
        trace_job("a", 10, 1.0), trace_job("b", 10, 2.0, needs=["a"]),
        trace_job("c", 10, 1.0, needs=["a", "b"]),
    )  # fmt: skip
    assert plain(made, 4).seconds == pytest.approx(4.0, abs=0.2)


def test_the_longest_chain_begins_first() -> None:
    made = trace(
        *[trace_job(f"lone{n}", 10, 1.0) for n in range(4)],
        trace_job("a", 10, 1.0), trace_job("b", 10, 1.0, needs=["a"]),
        trace_job("c", 10, 1.0, needs=["b"]),
    )  # fmt: skip
    decider = Acting({})
    simulate(made, alone(WORLD, 2), decider, Nothing())
    assert plain(made, 2).seconds < 4.5, "seven jobs of a second in four rounds of two"


def test_above_the_limit_the_kernel_kills_the_largest() -> None:
    made = trace(
        trace_job("small", 300, 4.0, curve=FLAT), trace_job("large", 500, 4.0, curve=FLAT),
        trace_job("other", 350, 4.0, curve=FLAT),
    )  # fmt: skip
    simulation = Simulation(made, WORLD, Acting({}), Nothing())
    found = simulation.run()
    assert found.finished
    assert found.kernel_kills == 1
    assert list(simulation.lost) == ["large"]
    assert found.rounds == 2
    assert found.seconds > 8.0, "it was begun again, from the beginning, when ninja had ended"


def test_below_the_limit_the_kernel_kills_nobody() -> None:
    assert plain(flat(3, 333), 3).kernel_kills == 0
    assert plain(flat(3, 334), 3).kernel_kills == 1


def test_without_retries_a_kill_is_the_end() -> None:
    found = plain(flat(8, 400), 4)
    assert (found.finished, found.kernel_kills) == (False, 1)


def test_a_job_that_never_fits_ends_the_build_though_it_was_tried_alone() -> None:
    made = trace(trace_job("giant", 1100, 2.0), *flat(3, 100).jobs)
    governor = Governor(cores=4, reserve=100 * MIB)
    simulation = Simulation(made, WORLD, governor, Told.of(made.jobs, truth))
    found = simulation.run()
    assert not found.finished
    assert found.kernel_kills == 3
    assert simulation.left == 1, "all others were built"


def test_a_hidden_kill_is_run_again_when_nothing_else_is_to_do() -> None:
    made = flat(12, 100, 2.0)
    decider = Acting({0.5: ("kill", 1)})
    found = simulate(made, replace(WORLD, slots=4), decider, Nothing())
    assert found.finished
    assert (found.kills, found.kernel_kills, found.rounds) == (1, 0, 2)
    assert [job.id for job in decider.ended if not job.complete] == [1]
    assert decider.ended[-1].id == 13, "born last, and all others had ended"
    # Its slot is lost until then: eleven jobs on three slots, then the one.
    assert found.seconds == pytest.approx(8.0 + WORLD.restart + 2.0, abs=0.5)


def test_a_kill_that_ninja_sees_ends_the_round_when_those_that_run_have_ended() -> None:
    made = flat(12, 100, 2.0)
    decider = Acting({0.5: ("kill", 1)})
    world = replace(WORLD, slots=4, kills_hidden=False)
    found = simulate(made, world, decider, Nothing())
    assert found.finished
    assert found.rounds == 2
    born_late = [sample for sample in decider.seen if any(job.id == 5 for job in sample.jobs)]
    assert [job.id for job in born_late[0].jobs] == [5, 6, 7, 8], "the first four had gone"


def test_ninja_sees_at_once_the_kill_of_a_job_that_takes_much_longer_than_the_others() -> None:
    light = [trace_job(str(n), 100, 2.0, curve=FLAT) for n in range(30)]
    made = trace(trace_job("long", 100, 12.0, curve=FLAT), *light)
    knowledge = Told.of(made.jobs, truth)
    told = simulate(made, replace(WORLD, slots=4), Acting({0.5: ("kill", 1)}), knowledge)
    assert (told.finished, told.rounds) == (True, 2)
    # It runs beside the others, not after the ten times that three of them need.
    assert told.seconds < 12.0 + 10 * 2.0 - 5.0


def test_who_was_killed_twice_runs_alone() -> None:
    decider = Acting({0.5: ("kill", 1), 3.0: ("kill", 4)})
    made = flat(3, 100, 2.0)
    simulate(made, replace(WORLD, slots=3), decider, Nothing())
    again = [job for sample in decider.seen for job in sample.jobs if job.alone]
    assert {job.id for job in again} == {5}


def test_a_paused_job_stands_still_and_holds_what_it_has() -> None:
    decider = Acting({1.0: ("pause", 1), 3.0: ("resume", 1)})
    found = simulate(flat(1, 100, 2.0), WORLD, decider, Nothing())
    assert found.pauses == 1
    assert found.seconds == pytest.approx(4.0, abs=0.1)
    stopped = [s.jobs[0] for s in decider.seen if s.jobs and s.jobs[0].state == "paused"]
    assert len(stopped) > 10
    assert len({(job.memory, job.cpu_seconds) for job in stopped}) == 1


def test_a_fixed_width_goes_on_with_who_had_grown_when_it_was_stopped() -> None:
    world = replace(WORLD, retries=0, held_at_birth=False, slots=8)
    found = simulate(flat(12, 300, 0.5), world, Fixed(jobs=2), Nothing())
    assert found.finished
    assert found.pauses > 0


def test_who_never_looks_again_is_found_out() -> None:
    class Asleep(Acting):
        def decide(self, sample: Sample, now: float) -> Decision:
            del sample, now
            return Decision(actions=(), next_look=float("inf"), held_for="memory")

    assert not simulate(flat(3), WORLD, Asleep({}), Nothing()).finished


def test_who_never_starts_anything_is_found_out() -> None:
    class Idle(Acting):
        def decide(self, sample: Sample, now: float) -> Decision:
            del sample, now
            return Decision(actions=(), next_look=0.1, held_for="memory")

    assert not simulate(flat(1), WORLD, Idle({}), Nothing()).finished


def test_a_build_that_takes_too_long_is_cut() -> None:
    found = plain(flat(8), 1, replace(WORLD, time_limit=5.0))
    assert not found.finished
    assert 5.0 <= found.seconds < 5.5


# ---------------------------------------------------------------- static policies


def test_the_sweep_finds_the_widest_that_survives() -> None:
    runs = static.sweep(flat(12, 300), WORLD)
    assert sorted(runs) == [1, 2, 3, 4]
    assert [runs[width].kernel_kills > 0 for width in (1, 2, 3, 4)] == [False, False, False, True]
    best = static.best_surviving(runs)
    assert best is not None
    assert best[0] == 3


def test_where_no_width_survives_there_is_no_best() -> None:
    assert static.best_surviving(static.sweep(flat(2, 1001), WORLD)) is None


def test_no_more_than_the_width_run_at_once() -> None:
    assert [plain(flat(8, 100), width).peak // MIB for width in (1, 2, 4)] == [100, 200, 400]


def test_by_maximum_never_dies_and_gives_away_what_light_jobs_leave() -> None:
    made = trace(*flat(9, 50).jobs, trace_job("heavy", 450, 2.0))
    assert static.by_maximum(made, WORLD) == 2
    assert static.by_maximum(flat(3, 5000), WORLD) == 1
    assert static.by_maximum(flat(3, 1), WORLD) == WORLD.cores


def test_a_gate_on_what_is_free_now_lets_in_what_will_grow() -> None:
    """Four that grow late all pass; the sum of what they will need is not looked at."""
    late = (0.0, 0.05, 0.1, 0.1, 1.0, 1.0)
    made = trace(*[trace_job(str(n), 400, 20.0, curve=late) for n in range(4)])
    world = replace(WORLD, retries=0)
    gated = simulate(made, world, Memfree(jobs=4, size=300 * MIB, kills=False), Nothing())
    governed = simulate(
        made, world, Governor(cores=4, reserve=100 * MIB), Told.of(made.jobs, truth)
    )
    assert gated.kernel_kills > 0
    assert (governed.finished, governed.kernel_kills) == (True, 0)


# ---------------------------------------------------------------- the bound


@given(
    st.lists(
        st.tuples(st.integers(1, 400), st.floats(0.1, 9.0), st.booleans()), min_size=1, max_size=12
    ),
    st.integers(1, 4),
)
@settings(max_examples=60)
def test_no_run_is_faster_than_the_bound(plans: list[tuple[int, float, bool]], width: int) -> None:
    made = trace(*[
        trace_job(str(n), peak, seconds, needs=[str(n - 1)] if waits and n else ())
        for n, (peak, seconds, waits) in enumerate(plans)
    ])  # fmt: skip
    bound = lower_bound(made, cores=WORLD.cores, limit=WORLD.limit)
    runs = [
        plain(made, width),
        simulate(made, WORLD, Governor(cores=4, reserve=100 * MIB), Told.of(made.jobs, truth)),
    ]
    for run in runs:
        assert run.seconds >= bound.seconds - 1e-6 or not run.finished
    assert runs[1].finished
