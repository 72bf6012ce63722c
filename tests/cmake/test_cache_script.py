"""Whose value is it? The script for LLVM on a project that only declares LLVM's variables."""

import re

import pytest

from tests.planned import a_plan

pytestmark = pytest.mark.cmake

# As HandleLLVMOptions declares them. No compiler is looked for, so a configure is quick.
DECLARING = """
cmake_minimum_required(VERSION 3.16)
project(declaring NONE)
set(LLVM_PARALLEL_COMPILE_JOBS "" CACHE STRING "The project's own words (Ninja only).")
set(LLVM_PARALLEL_LINK_JOBS "" CACHE STRING "The project's own words (Ninja only).")
message(STATUS "link=${LLVM_PARALLEL_LINK_JOBS} ram=${LLVM_RAM_PER_LINK_JOB}")
"""


@pytest.fixture
def declaring(space):
    space.write("CMakeLists.txt", DECLARING)
    space.emit(a_plan(compile=5, link=2), llvm=True)
    return space


def emit_new_depths(space):
    space.emit(a_plan(compile=7, link=6), llvm=True)


def depths(space):
    """The cached depths of compile and link."""
    cache = (space.source / "build/CMakeCache.txt").read_text()
    found = dict(re.findall(r"^LLVM_PARALLEL_(\w+)_JOBS:STRING=(.*)$", cache, re.MULTILINE))
    return found["COMPILE"], found["LINK"]


def test_new_memory_moves_our_own_values(declaring, cmake_any):
    declaring.configure(cmake_any)
    assert depths(declaring) == ("5", "2")
    emit_new_depths(declaring)
    declaring.configure(cmake_any, generator="")
    assert depths(declaring) == ("7", "6")


@pytest.mark.parametrize("value", ["1", "2"], ids=["another", "the same as ours"])
def test_a_value_of_the_command_line_stays_for_ever(declaring, cmake_any, value):
    declaring.configure(cmake_any, f"-DLLVM_PARALLEL_LINK_JOBS={value}")
    emit_new_depths(declaring)
    told = declaring.configure(cmake_any, generator="")
    assert f"LLVM_PARALLEL_LINK_JOBS={value} is yours and stays" in told
    assert depths(declaring) == ("7", value)


@pytest.mark.parametrize("value", ["1", "2"], ids=["another", "the same as ours"])
def test_a_value_given_at_a_later_configure_stays(declaring, cmake_any, value):
    declaring.configure(cmake_any)
    declaring.configure(cmake_any, f"-DLLVM_PARALLEL_LINK_JOBS={value}", generator="")
    emit_new_depths(declaring)
    declaring.configure(cmake_any, generator="")
    assert depths(declaring) == ("7", value)


def test_a_value_after_the_script_wins(declaring, cmake_any):
    script = declaring.cache_script
    start = [cmake_any.path, "-S", ".", "-B", "build", "-G", "Ninja", "-C", script]
    declaring.run(*start, "-DLLVM_PARALLEL_LINK_JOBS=1")
    declaring.configure(cmake_any, generator="")
    assert depths(declaring) == ("5", "1")


def test_a_value_changed_in_a_cache_editor_stays(declaring, cmake_any):
    declaring.configure(cmake_any)
    path = declaring.source / "build/CMakeCache.txt"
    line = "LLVM_PARALLEL_COMPILE_JOBS:STRING="
    path.write_text(path.read_text().replace(f"{line}5", f"{line}1"))
    emit_new_depths(declaring)
    declaring.configure(cmake_any, generator="")
    assert depths(declaring) == ("1", "6")


def test_a_value_of_a_preset_stays(declaring, cmake_presets):
    declaring.write(
        "CMakePresets.json",
        """{"version": 3, "configurePresets": [{
             "name": "dev", "generator": "Ninja", "binaryDir": "${sourceDir}/build",
             "cacheVariables": {"LLVM_PARALLEL_COMPILE_JOBS": "3"}}]}""",
    )
    script = declaring.cache_script
    for order in (["--preset", "dev", "-C", script], ["-C", script, "--preset", "dev"]):
        declaring.run(cmake_presets.path, *order)
        assert depths(declaring) == ("3", "2")


def test_an_empty_value_is_nobodys(declaring, cmake_any):
    declaring.run(cmake_any.path, "-S", ".", "-B", "build", "-G", "Ninja")
    assert depths(declaring) == ("", "")
    declaring.configure(cmake_any, generator="")
    assert depths(declaring) == ("5", "2")


def test_ram_per_job_is_dropped_aloud(declaring, cmake_any):
    told = declaring.configure(cmake_any, "-DLLVM_RAM_PER_LINK_JOB=10000")
    assert "LLVM_RAM_PER_LINK_JOB=10000 is not used" in " ".join(told.split())
    assert "-- link=2 ram=\n" in told


def test_no_depth_is_zero(declaring, cmake_newest):
    """Ninja takes 0 for unlimited."""
    declaring.emit(a_plan(compile=0, link=0), llvm=True)
    declaring.configure(cmake_newest)
    assert depths(declaring) == ("1", "1")
