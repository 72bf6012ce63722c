from dataclasses import replace

import pytest

from examples.replay import bench, policies, table
from examples.replay.bench import Result
from examples.replay.policies import Policy
from examples.replay.runner import Outcome
from ninjapool.govern.trace import Bound

SWEEP = {policy.jobs: policy for policy in policies.sweep(8)}
BUILD = policies.governed(8)[0]


def result(
    policy: Policy, seconds: float, *, seed: int = 1, finished: bool = True, kills: int | None = 0
) -> Result:
    outcome = Outcome(
        seconds=seconds,
        finished=finished,
        cut=False,
        kills=kills,
        peak=None,
        own_cpu=0.5,
        own_memory=40 << 20,
        output="",
    )
    bound = Bound(cpu=10.0, memory=20.0, path=5.0)
    return Result(trace="t", seed=seed, policy=policy, bound=bound, outcome=outcome)


def row(made: list[table.Row], name: str) -> table.Row:
    return next(each for each in made if each.policy.startswith(name))


def test_the_best_is_the_fastest_that_survived() -> None:
    killed = result(SWEEP[8], 5.0, finished=False, kills=1)
    runs = [killed, result(SWEEP[4], 40.0), result(SWEEP[3], 50.0)]
    assert bench.best_static(runs) == 40.0


def test_one_that_finished_though_something_was_killed_did_not_survive() -> None:
    assert bench.best_static([result(SWEEP[8], 5.0, kills=1)]) is None


def test_each_seed_is_compared_with_its_own_best() -> None:
    runs = [result(SWEEP[4], 40.0), result(BUILD, 20.0)]
    runs += [result(SWEEP[4], 80.0, seed=2), result(BUILD, 60.0, seed=2)]
    assert row(table.rows(runs), "ninjapool build").to_best == pytest.approx((0.5 + 0.75) / 2)


def test_the_best_row_names_each_seeds_width() -> None:
    runs = [result(SWEEP[5], 40.0), result(SWEEP[4], 44.0, seed=2)]
    assert row(table.rows(runs), "best").policy == "best surviving (-j5/4)"


def test_medians_are_of_the_runs_that_finished_but_all_kills_count() -> None:
    runs = [
        result(BUILD, seconds, seed=seed) for seed, seconds in ((1, 20.0), (2, 30.0), (3, 90.0))
    ]
    runs.append(result(BUILD, 1.0, seed=4, finished=False, kills=3))
    made = row(table.rows(runs), "ninjapool build")
    assert (made.seconds, made.to_bound) == (30.0, 1.5)
    assert (made.finished, made.runs, made.kills) == (3, 4, 3)


def test_kills_that_nobody_counted_are_a_question_mark() -> None:
    made = table.rows([result(BUILD, 20.0, kills=None)])
    assert made[0].kills is None
    assert "| ?  " in table.text(made)


def test_what_cannot_be_said_is_a_dash() -> None:
    line = table.text(table.rows([result(SWEEP[8], 5.0, finished=False, kills=1)])).splitlines()[-1]
    assert [cell.strip() for cell in line.split("|")[2:6]] == ["-"] * 4


def test_what_jobs_took_longer_than_recorded_is_taken_out() -> None:
    slow = replace(result(SWEEP[4], 30.0), drag=1.2)
    (made,) = [each for each in table.rows([slow]) if each.policy == "ninja -j4"]
    assert made.to_bound == pytest.approx(1.5)
    assert made.less_drag == pytest.approx(1.25)


def test_our_own_cost_is_given_only_for_our_own_runs() -> None:
    made = table.rows([result(SWEEP[4], 40.0), result(BUILD, 20.0)])
    assert row(made, "ninja -j4").own_cpu is None
    assert row(made, "ninjapool build").own_cpu == pytest.approx(0.025)
    assert row(made, "ninjapool build").own_memory == 40 << 20


def test_json_has_a_line_for_every_run_without_its_output() -> None:
    runs = table.as_json([result(SWEEP[4], 40.0)])
    assert runs[0]["policy"] == "ninja -j4"
    assert runs[0]["bound"] == {"cpu": 10.0, "memory": 20.0, "path": 5.0}
    assert "output" not in runs[0]


# ---------------------------------------------------------------- policies


def test_ninja_alone_is_two_jobs_wider_than_the_processors() -> None:
    assert policies.plain(16).jobs == 18


def test_ram_per_gives_each_pool_all_the_memory_and_never_none() -> None:
    assert policies.ram_per(16, 3500 << 20).pools == {"compile": 1, "link": 1}
    assert policies.ram_per(16, 30000 << 20).pools == {"compile": 14, "link": 3}
    assert policies.ram_per(16, 1 << 40).pools == {"compile": 16, "link": 16}


def test_a_sweep_ends_at_the_widest_that_survives() -> None:
    results: list[Result] = []
    tried = []
    for policy in bench.skipping([*policies.sweep(8), BUILD], results, full=False):
        tried.append(policy.name)
        kills = 1 if policy.jobs > 5 and policy.sweep else 0
        results.append(result(policy, 10.0, finished=not kills, kills=kills))
    assert tried == ["ninja -j8", "ninja -j7", "ninja -j6", "ninja -j5", BUILD.name]


def test_a_full_sweep_tries_all() -> None:
    results = [result(SWEEP[8], 1.0)]
    assert len(list(bench.skipping(policies.sweep(8), results, full=True))) == 8
