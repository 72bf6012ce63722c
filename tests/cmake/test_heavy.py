"""The sources that are known to be heavy, in real projects configured by real CMakes."""

from dataclasses import replace

import pytest

from tests.planned import a_plan, a_pool

pytestmark = [pytest.mark.cmake]

LISTS = """
cmake_minimum_required(VERSION 3.16)
project(heavy C)
add_library(mixed STATIC lib/giant.c lib/light.c $<$<BOOL:ON>:lib/third.c>)
add_library(light STATIC lib/light.c)
add_library(mine STATIC lib/heavy.c lib/mine.c)
set_target_properties(mine PROPERTIES JOB_POOL_COMPILE console)
add_subdirectory(deep)
"""
DEEP = """
add_library(deep STATIC ../lib/heavy.c "${CMAKE_SOURCE_DIR}/lib/light.c")
set_source_files_properties(own.c PROPERTIES JOB_POOL_COMPILE console)
add_library(owner STATIC own.c)
"""


def heavy_plan():
    pool = a_pool("heavy", 1)
    estimate = replace(
        pool.estimate, sources=("deep/own.c", "lib/giant.c", "lib/heavy.c", 'lib/an odd "$".c')
    )
    plan = a_plan(compile=5, link=2)
    return replace(plan, pools=(*plan.pools, replace(pool, estimate=estimate)))


@pytest.fixture
def sources(space):
    for name in ("heavy", "giant", "mine", "light", "third"):
        space.write(f"lib/{name}.c", f"int {name}(void) {{ return 1; }}\n")
    space.write("deep/own.c", "int own(void) { return 1; }\n")
    space.write("CMakeLists.txt", LISTS)
    space.write("deep/CMakeLists.txt", DEEP)
    return space


def test_heavy_sources_or_their_targets_have_a_pool_of_their_own(sources, cmake):
    sources.emit(heavy_plan())
    sources.configure(cmake)
    light = "ninjapool_compile" if cmake.version >= (4, 2) else "ninjapool_heavy"
    assert sources.pools()["ninjapool_heavy"] == 1
    assert sources.pool_of("CMakeFiles/mixed.dir/lib/giant.c.o") == "ninjapool_heavy"
    assert sources.pool_of("CMakeFiles/mixed.dir/lib/light.c.o") == light
    assert sources.pool_of("CMakeFiles/light.dir/lib/light.c.o") == "ninjapool_compile"
    deep = "deep/CMakeFiles/deep.dir/__/lib"
    assert sources.pool_of(f"{deep}/heavy.c.o") == "ninjapool_heavy"
    assert sources.pool_of(f"{deep}/light.c.o") == light


def test_a_pool_of_the_users_own_stays(sources, cmake):
    sources.emit(heavy_plan())
    sources.configure(cmake)
    assert sources.pool_of("CMakeFiles/mine.dir/lib/heavy.c.o") == "console"
    if cmake.version >= (4, 2):
        assert sources.pool_of("deep/CMakeFiles/owner.dir/own.c.o") == "console"


def test_in_llvm_the_heavy_sources_stand_beside_its_own_pools(space, cmake):
    space.write("lib/heavy.c", "int heavy(void) { return 1; }\n")
    space.write("lib/light.c", "int light(void) { return 1; }\n")
    space.write(
        "CMakeLists.txt",
        """
        cmake_minimum_required(VERSION 3.16)
        project(LLVM C)
        # as HandleLLVMOptions.cmake does
        set_property(GLOBAL APPEND PROPERTY JOB_POOLS
          compile_job_pool=${LLVM_PARALLEL_COMPILE_JOBS})
        set(CMAKE_JOB_POOL_COMPILE compile_job_pool)
        add_library(mixed STATIC lib/heavy.c lib/light.c)
        """,
    )
    space.emit(heavy_plan(), llvm=True)
    space.configure(cmake)
    assert space.pools() == {"compile_job_pool": 5, "ninjapool_heavy": 1}
    assert space.pool_of("CMakeFiles/mixed.dir/lib/heavy.c.o") == "ninjapool_heavy"
    if cmake.version >= (4, 2):
        assert space.pool_of("CMakeFiles/mixed.dir/lib/light.c.o") == "compile_job_pool"


def test_once_none_is_heavy_the_pool_is_gone(sources, cmake_newest):
    sources.emit(heavy_plan())
    sources.configure(cmake_newest)
    sources.emit()
    sources.configure(cmake_newest)
    assert sources.pools() == {"ninjapool_compile": 5, "ninjapool_link": 2}
