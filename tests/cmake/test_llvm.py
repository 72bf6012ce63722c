"""LLVM's own pools, by the real HandleLLVMOptions.cmake and tablegen() of an installed LLVM."""

from pathlib import Path

import pytest

from tests.planned import a_plan

FOUND = sorted(Path("/usr/lib").glob("llvm-*/lib/cmake/llvm/HandleLLVMOptions.cmake"))
MODULES = FOUND[-1].parent if FOUND else Path("none")

pytestmark = [
    pytest.mark.cmake,
    pytest.mark.build,
    pytest.mark.skipif(not FOUND, reason="no LLVM is installed (Debian's llvm-19-dev)"),
]

# As a project outside of LLVM's tree does it.
USER = f"""
cmake_minimum_required(VERSION 3.20)
project(user C CXX)
list(APPEND CMAKE_MODULE_PATH {MODULES})
set(LLVM_TABLEGEN_EXE {MODULES.parents[2]}/bin/llvm-tblgen)
include(HandleLLVMOptions)
include(TableGen)
set(LLVM_TARGET_DEFINITIONS records.td)
tablegen(LLVM records.inc -print-records)
add_custom_target(records ALL DEPENDS records.inc)
add_library(part STATIC part.cpp)
add_executable(tool main.cpp)
target_link_libraries(tool PRIVATE part)
"""
PLANNED = a_plan(compile=5, link=2, tablegen=4)
ALL = {"compile_job_pool": 5, "link_job_pool": 2, "tablegen_job_pool": 4}


@pytest.fixture
def user(space):
    space.write("CMakeLists.txt", USER)
    space.write("main.cpp", "int part(); int main() { return part(); }\n")
    space.write("part.cpp", "int part() { return 0; }\n")
    space.write("records.td", 'include "class.td"\ndef Record : Class;\n')
    space.write("class.td", "class Class;\n")
    space.emit(PLANNED, llvm=True)
    return space


def test_all_three_pools_are_in_the_ninja_files_and_it_builds(user, cmake_ends, ninja):
    told = user.configure(cmake_ends, f"-DCMAKE_MAKE_PROGRAM={ninja}", "-DLLVM_ENABLE_LTO=OFF")
    assert "is not used" not in told
    assert user.pools() == ALL
    assert user.pool_of("CMakeFiles/tool.dir/main.cpp.o") == "compile_job_pool"
    assert user.pool_of("tool") == "link_job_pool"
    assert user.pool_of("records.inc") == "tablegen_job_pool"
    user.run(ninja, "-C", "build")
    assert "def Record" in (user.source / "build/records.inc").read_text()


def test_thin_lto_does_not_shut_out_a_pool(user, cmake_ends):
    user.configure(cmake_ends, "-DLLVM_ENABLE_LTO=Thin", "-DCMAKE_CXX_COMPILER=g++")
    assert user.pools() == ALL


def test_new_memory_moves_our_own_values_and_rebuilds_nothing(user, cmake_ends, ninja):
    user.configure(cmake_ends, f"-DCMAKE_MAKE_PROGRAM={ninja}")
    user.run(ninja, "-C", "build")
    user.emit(a_plan(compile=2, link=1, tablegen=1), llvm=True)
    user.configure(cmake_ends, generator="")
    assert user.pools() == {"compile_job_pool": 2, "link_job_pool": 1, "tablegen_job_pool": 1}
    told = user.run(ninja, "-C", "build")
    assert "Building C" not in told
    assert "Linking" not in told


def test_ram_per_job_is_dropped_aloud(user, cmake_ends):
    told = user.configure(cmake_ends, "-DLLVM_RAM_PER_LINK_JOB=10000")
    flat = " ".join(told.split())
    assert "LLVM_RAM_PER_LINK_JOB=10000 is not used" in flat
    assert "ninjapool configure --link-memory 10000M`" in flat
    assert user.pools() == ALL


def test_cmake_job_pools_is_dropped_aloud(user, cmake_ends, ninja):
    told = user.configure(
        cmake_ends,
        f"-DCMAKE_MAKE_PROGRAM={ninja}",
        "-DCMAKE_JOB_POOLS=mine=2",
        "-DCMAKE_JOB_POOL_PRECOMPILE_HEADER=mine",
    )
    flat = " ".join(told.split())
    assert "CMAKE_JOB_POOLS=mine=2 is not used" in flat
    assert "CMAKE_JOB_POOL_PRECOMPILE_HEADER=mine is not used" in flat
    assert user.pools() == ALL
    user.run(ninja, "-C", "build")


def test_the_hook_alone_stands_beside_llvms_pools(user, cmake_ends, ninja):
    """A project in which HandleLLVMOptions was not seen beforehand: LLVM's pools win."""
    user.emit(a_plan(compile=5, link=2))
    user.configure(cmake_ends, f"-DCMAKE_MAKE_PROGRAM={ninja}", "-DLLVM_PARALLEL_LINK_JOBS=1")
    pools = {"link_job_pool": 1, "ninjapool_compile": 5, "ninjapool_link": 2}
    assert user.pools() == pools
    assert user.pool_of("tool") == "link_job_pool"
    assert user.pool_of("CMakeFiles/tool.dir/main.cpp.o") == "ninjapool_compile"
    user.run(ninja, "-C", "build")


def test_makefiles_are_told_which_j_once_cmake_says_what_they_are(user, cmake_ends):
    user.configure(cmake_ends, generator="Unix Makefiles")
    told = user.configure(cmake_ends, generator="")
    assert "Unix Makefiles has no job pools, build with -j6" in told
    user.run(cmake_ends.path, "--build", "build")
