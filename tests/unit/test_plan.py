from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninjapool.errors import ExcessError, MachineError, UsageError
from ninjapool.model import (
    Distribution,
    Estimate,
    JobClass,
    MemoryLimit,
    Overcommit,
    Policy,
    ProcessLimit,
    Setting,
)
from ninjapool.plan import plan_build
from ninjapool.plan.sizing import (
    THETAS,
    Demand,
    covered,
    fits,
    mean_running,
    needed_mib,
    pressure,
    quantile,
    running,
    size_pools,
)
from ninjapool.units import GIB, MIB
from tests.builders import machine


def estimate(job_class="compile", median=300, p95=700, p99=1000, highest=2000, **more):
    values = {
        "job_class": job_class,
        "distribution": Distribution(
            median=median * MIB, p95=p95 * MIB, p99=p99 * MIB, max=highest * MIB
        ),
        "curve": (1.0,),
        "duration_exponent": 0.0,
        "share": 0.95 if job_class == "compile" else 0.03,
        "source": "test",
    }
    return Estimate(**(values | more))


def said(value):
    return Setting(value=value, source="--flag")


COMPILE = estimate()
LINK = estimate("link", 100, 300, 400, 500)


def depths(plan):
    return {pool.job_class: pool.depth for pool in plan.pools}


# ---------------------------------------------------------------- the sizing


def test_the_quantiles_go_through_the_figures():
    sizes = COMPILE.distribution
    assert quantile(sizes, 0.5) == pytest.approx(sizes.median)
    assert quantile(sizes, 0.95) == pytest.approx(sizes.p95)
    assert quantile(sizes, 0.99) == pytest.approx(sizes.p99)
    assert quantile(sizes, 0.9999999) == sizes.max


@given(st.floats(min_value=0.001, max_value=0.999), st.floats(min_value=0.001, max_value=0.999))
def test_quantiles_never_fall(one, other):
    low, high = sorted((one, other))
    assert quantile(COMPILE.distribution, low) <= quantile(COMPILE.distribution, high) * 1.000001


def test_a_running_job_is_one_for_certain():
    assert sum(p for _, p in running(COMPILE)) == pytest.approx(1)


def test_heavy_jobs_weigh_more_because_they_last():
    assert mean_running(replace(COMPILE, duration_exponent=1.7)) > 1.3 * mean_running(COMPILE)


def test_a_curve_lowers_what_a_running_job_holds():
    half = replace(COMPILE, curve=(0.5,))
    assert mean_running(half) == pytest.approx(mean_running(COMPILE) / 2, rel=0.01)


def test_pressure_lies_between_the_mean_and_the_maximum():
    for theta, value in zip(THETAS, pressure(COMPILE), strict=True):
        effective = value / theta * MIB
        assert mean_running(COMPILE) * 0.99 <= effective <= COMPILE.distribution.max * 1.01


def demand(estimate, *, cap=512, fixed=None):
    return Demand(
        job_class=estimate.job_class,
        pressure=pressure(estimate),
        mean_mib=mean_running(estimate) // MIB,
        share_ppm=int(estimate.share * 1e6),
        cap=cap,
        fixed=fixed,
    )


DEMANDS = [demand(COMPILE), demand(LINK)]


@settings(deadline=None, max_examples=60)
@given(budget=st.integers(min_value=1, max_value=2 * 1024 * 1024))
def test_no_pool_can_be_deeper(budget):
    found = size_pools(DEMANDS, budget)
    assert all(depth >= 1 for depth in found.values())
    counted = covered(DEMANDS, budget)
    for one in counted:
        if found[one.job_class] < one.cap:
            assert not fits(counted, {**found, one.job_class: found[one.job_class] + 1}, budget)
    if any(found[one.job_class] > 1 for one in counted):
        assert fits(counted, found, budget)


@settings(deadline=None, max_examples=60)
@given(budget=st.integers(min_value=1000, max_value=512 * 1024), more=st.integers(1, 64 * 1024))
def test_more_memory_never_gives_fewer_compile_jobs_alone(budget, more):
    alone = [demand(COMPILE)]
    assert size_pools(alone, budget + more)["compile"] >= size_pools(alone, budget)["compile"]


def test_what_is_needed_is_what_just_fits():
    found: dict[JobClass, int] = {"compile": 5, "link": 2}
    need = needed_mib(DEMANDS, found)
    assert fits(DEMANDS, found, need)
    assert not fits(DEMANDS, found, need - 2)


def test_the_depth_lies_between_what_the_maximum_and_the_mean_would_give():
    budget = 16 * 1024
    depth = size_pools([demand(COMPILE)], budget)["compile"]
    assert budget // 2000 < depth < budget // (mean_running(COMPILE) // MIB)


def test_the_risk_is_kept_in_a_drawn_moment():
    chance = random.Random(7)
    budget = 8 * 1024
    depth = size_pools([demand(COMPILE)], budget)["compile"]
    cells = running(COMPILE)
    values, weights = [m for m, _ in cells], [p for _, p in cells]
    over = sum(sum(chance.choices(values, weights, k=depth)) > budget for _ in range(20_000))
    assert over / 20_000 <= 1e-3


# ---------------------------------------------------------------- the plan


def test_all_pools_share_one_budget():
    alone = depths(plan_build(machine(8, 64), [COMPILE], Policy()))
    beside = depths(plan_build(machine(8, 64), [COMPILE, LINK], Policy()))
    assert beside["compile"] < alone["compile"]


def test_no_pool_is_deeper_than_the_cpus():
    assert set(depths(plan_build(machine(1024, 12), [COMPILE, LINK], Policy())).values()) == {12}


def test_one_tib_and_512_cpus_are_filled():
    assert depths(plan_build(machine(1024, 512), [COMPILE], Policy())) == {"compile": 512}


def test_there_is_always_one_job_even_in_500_mib():
    plan = plan_build(machine(500 / 1024, 4), [COMPILE, LINK], Policy())
    assert depths(plan) == {"compile": 1, "link": 1}
    assert {pool.binding for pool in plan.pools} >= {"minimum"}
    assert any("even alone" in warning for warning in plan.warnings)


def test_one_cpu_gives_one_job_of_each():
    assert depths(plan_build(machine(64, 1), [COMPILE, LINK], Policy())) == {
        "compile": 1,
        "link": 1,
    }


def test_links_that_can_never_fit_do_not_starve_the_compilers():
    giant = estimate("link", 5000, 15000, 18000, 20000)
    plan = plan_build(machine(8, 8), [COMPILE, giant], Policy())
    assert depths(plan)["link"] == 1
    assert depths(plan)["compile"] > 2
    assert any("largest link jobs may take 19.5 GiB" in warning for warning in plan.warnings)


def test_a_job_with_threads_fills_several_cpus():
    threaded = replace(LINK, threads=8)
    plan = plan_build(machine(512, 16), [COMPILE, threaded], Policy())
    assert depths(plan)["link"] == 2
    assert "each can fill 8 CPUs, and there are 16" in plan.pools[1].why[0]


def test_the_users_depth_is_kept_and_the_others_get_what_is_left():
    free = depths(plan_build(machine(8, 64), [COMPILE, LINK], Policy()))
    plan = plan_build(machine(8, 64), [COMPILE, LINK], Policy(depths={"link": said(12)}))
    assert depths(plan)["link"] == 12
    assert depths(plan)["compile"] < free["compile"]
    assert next(p for p in plan.pools if p.job_class == "link").binding == "user"


def test_the_users_depth_is_kept_even_over_the_budget_but_said():
    plan = plan_build(machine(4, 64), [COMPILE], Policy(depths={"compile": said(40)}))
    assert depths(plan) == {"compile": 40}
    assert any("your own depths" in warning for warning in plan.warnings)


def test_the_users_memory_per_job_is_taken_as_it_is():
    policy = Policy(job_memory={"compile": said(GIB)}, reserve=said(0))
    plan = plan_build(machine(8, 64), [COMPILE], policy)
    # 8 jobs of exactly 1 GiB fill 8 GiB; what a bound on rare events keeps is below one job
    assert depths(plan)["compile"] in {7, 8}


@pytest.mark.parametrize(("memory", "share"), [(2, 1 / 8), (8, 1 / 8), (64, 2 / 64)])
def test_the_reserve_shrinks_on_small_machines(memory, share):
    plan = plan_build(machine(memory, 8), [COMPILE], Policy())
    assert plan.reserve.value == pytest.approx(memory * GIB * share, rel=0.01)


def test_a_cgroup_needs_less_reserve_than_a_desktop():
    limit = MemoryLimit(name="cgroup /build (memory.max)", source="x", bytes=8 * GIB)
    boxed = plan_build(machine(memory_limits=(limit,)), [COMPILE], Policy())
    assert boxed.reserve.value == 8 * GIB // 16


def test_the_lowest_limit_is_shared_out_and_named():
    limits = tuple(
        MemoryLimit(name=name, source="x", bytes=size * GIB)
        for name, size in (("host RAM", 64), ("cgroup /a", 4), ("cgroup /a/b", 6))
    )
    plan = plan_build(machine(memory_limits=limits), [COMPILE], Policy())
    assert (plan.memory.value, plan.memory.why) == (4 * GIB, "cgroup /a")


def test_available_sizes_by_what_is_free_now():
    total = plan_build(machine(8, 64), [COMPILE], Policy())
    now = plan_build(machine(8, 64), [COMPILE], Policy(use_available=True))
    assert now.memory.value == int(8 * GIB * 0.8)
    assert depths(now)["compile"] < depths(total)["compile"]


def test_a_single_number_fears_the_worst_class():
    giant = estimate("link", 3000, 4000, 5000, 6000)
    plan = plan_build(machine(16, 64), [COMPILE, giant], Policy())
    assert plan.jobs.value < depths(plan)["compile"]
    assert "link" in plan.jobs.why


def test_the_parts_add_up_to_no_more_than_the_budget():
    plan = plan_build(machine(8, 64), [COMPILE, LINK], Policy())
    parts = sum(pool.depth * pool.job_bytes for pool in plan.pools) + plan.unluck.value
    assert 0.7 * plan.budget < parts <= plan.budget


def test_more_than_there_is_is_refused():
    with pytest.raises(ExcessError, match=r"asks for 9.0 GiB, host RAM allows 8.0 GiB"):
        plan_build(machine(8), [COMPILE], Policy(memory=said(9 * GIB)))
    with pytest.raises(ExcessError, match="asks for 9 CPUs, online has 8"):
        plan_build(machine(8, 8), [COMPILE], Policy(cpus=said(9)))


def test_a_reserve_that_is_all_is_refused():
    with pytest.raises(UsageError, match="nothing is left"):
        plan_build(machine(8), [COMPILE], Policy(reserve=said(8 * GIB)))


def test_a_machine_that_tells_nothing_can_be_told():
    silent = machine(memory_limits=(), cpu_limits=())
    with pytest.raises(MachineError, match="CPUs"):
        plan_build(silent, [COMPILE], Policy())
    plan = plan_build(silent, [COMPILE], Policy(memory=said(8 * GIB), cpus=said(4)))
    assert plan.cpus.value == 4


def test_a_low_ceiling_on_each_process_is_said():
    limit = ProcessLimit(name="RLIMIT_AS", bytes=GIB)
    plan = plan_build(machine(process_limits=(limit,)), [COMPILE], Policy())
    assert any("virtual memory exhausted" in warning for warning in plan.warnings)


def test_strict_overcommit_is_said():
    mode = Overcommit(mode=2, limit=GIB, committed=0)
    plan = plan_build(machine(overcommit=mode), [COMPILE], Policy())
    assert any("overcommit" in warning for warning in plan.warnings)


def test_the_risk_is_one_in_a_thousand():
    assert math.isclose(plan_build(machine(), [COMPILE], Policy()).risk, 1e-3)
