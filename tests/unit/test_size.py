from __future__ import annotations

from pathlib import Path

import pytest

from ninjapool.errors import UsageError
from ninjapool.model import Setting
from ninjapool.profiles.read import parse_config
from ninjapool.size import Wishes, size_build
from ninjapool.units import GIB
from tests.builders import machine, project


def sized(wishes=None, config=None, **facts):
    parsed = parse_config(config, Path("ninjapool.toml")) if config else None
    return size_build(machine(8, 16), project(**facts), wishes or Wishes(), parsed).plan


def depth(plan, job_class):
    return plan.depth(job_class)


def test_the_command_line_wins_over_cmake_and_cmake_over_the_file():
    cmake = {"LLVM_PARALLEL_LINK_JOBS": Setting(value="2", source="-DLLVM_PARALLEL_LINK_JOBS=2")}
    config = "[pools]\nlink = 3\n"
    assert depth(sized(config=config), "link") == 3
    assert depth(sized(config=config, user_settings=cmake), "link") == 2
    flags = Wishes(pool_jobs={"link": 1})
    assert depth(sized(flags, config, user_settings=cmake), "link") == 1


def test_a_depth_says_whose_it_is():
    pool = next(p for p in sized(Wishes(pool_jobs={"link": 1})).pools if p.job_class == "link")
    assert pool.why[0] == "yours, kept as it is (--link-jobs 1)"


def test_no_pool_of_the_users_is_no_depth():
    cmake = {"LLVM_PARALLEL_LINK_JOBS": Setting(value="0", source="cache")}
    assert depth(sized(user_settings=cmake), "link") == depth(sized(), "link")


def test_percentages_are_of_the_machine():
    assert sized(Wishes(memory="50%")).memory.value == 4 * GIB


def test_a_reserve_in_percent_is_of_the_memory_that_is_used():
    assert sized(Wishes(memory="4G", reserve="25%")).reserve.value == GIB


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        (Wishes(memory="much"), "--memory: not a size: 'much'"),
        (Wishes(memory="0"), "--memory: 0 is no size"),
        (Wishes(jobs=-2), "--jobs: a number of at least 1"),
        (Wishes(cpus=0), "--cpus: a number of at least 1"),
        (Wishes(pool_jobs={"compile": -1}), "--compile-jobs: a number of at least 1"),
        (Wishes(pool_memory={"link": "x"}), "--link-memory: not a size"),
        (Wishes(profile="lvm"), "unknown profile"),
    ],
)
def test_nonsense_is_refused_by_the_flag_it_came_with(wishes, message):
    with pytest.raises(UsageError, match=message):
        sized(wishes)


def test_the_profile_can_be_said():
    found = size_build(machine(8), project(), Wishes(profile="clang"))
    assert (found.profile.value, found.profile.source) == ("clang", "--profile")


def test_advice_says_what_would_help_and_how_much():
    plan = sized(build_type="Debug", debug_info="full", subprojects=("clang",))
    assert any("split DWARF (-DLLVM_USE_SPLIT_DWARF=ON)" in advice for advice in plan.advice)
    assert any("clang instead of gcc" in advice for advice in plan.advice)


def test_the_best_advice_stands_first():
    plan = sized(subprojects=("clang",))
    assert "clang instead of gcc" in plan.advice[0]
    assert "compile jobs instead of" in plan.advice[0]


def test_no_advice_where_memory_is_no_limit():
    assert size_build(machine(512, 4), project(), Wishes()).plan.advice == ()


def test_wsl_without_wslconfig_is_told_of_it():
    plan = size_build(machine(4, 8, wsl=2), project(), Wishes()).plan
    assert any(".wslconfig" in advice for advice in plan.advice)


def test_flang_has_a_pool_only_where_it_is_built_and_llvm_knows_of_it():
    flang = ("clang", "mlir", "flang")
    assert depth(sized(subprojects=flang, flang_pool=True), "flang") is not None
    assert depth(sized(subprojects=flang), "flang") is None
    assert depth(sized(subprojects=("clang",), flang_pool=True), "flang") is None


def test_without_its_pool_flang_is_feared_in_the_common_one():
    plan = sized(subprojects=("clang", "mlir", "flang"))
    compiles = next(pool for pool in plan.pools if pool.job_class == "compile")
    assert compiles.estimate.distribution.max > 7 * GIB
