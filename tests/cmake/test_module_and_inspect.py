"""`ninjapool inspect` before the configure step and NinjaPool.cmake at its end: the same depths."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from ninjapool.resources import cmake_dir

pytestmark = [pytest.mark.cmake, pytest.mark.build]

MACHINES = Path(__file__).parents[1] / "machines"
CLANG = pytest.mark.skipif(shutil.which("clang++") is None, reason="no clang")

PROJECT = """
cmake_minimum_required(VERSION 3.20)
project(example CXX)
include(NinjaPool)
ninjapool_setup()
add_executable(tool main.cpp)
"""


@pytest.mark.parametrize("machine", ["server-64core", "kubernetes-cgroup2"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["-DCMAKE_BUILD_TYPE=Release"],
        ["-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=gold"],
        ["-DCMAKE_CXX_FLAGS=-g1 -fsanitize=undefined"],
        ["-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DCMAKE_CXX_FLAGS=-gsplit-dwarf"],
        ["-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON"],
        pytest.param(["-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_COMPILER=clang++"], marks=CLANG),
    ],
    ids=["release", "debug", "flags", "split-dwarf", "lto", "clang"],
)
def test_they_agree(space, cmake_module_ends, machine, arguments):
    space.write("CMakeLists.txt", PROJECT)
    space.write("main.cpp", "int main() {}\n")
    root = MACHINES / machine
    inspect = [sys.executable, "-m", "ninjapool", "inspect", "--json", "--root", root, "."]
    told = json.loads(space.run(*inspect, "-B", "build", "--", *arguments))
    modules = [f"-DCMAKE_MODULE_PATH={cmake_dir()}", f"-DNINJAPOOL_ROOT_DIR={root}"]
    space.run(cmake_module_ends.path, "-S", ".", "-B", "build", "-G", "Ninja", *modules, *arguments)
    planned = {f"ninjapool_{pool['job_class']}": pool["depth"] for pool in told["plan"]["pools"]}
    assert space.pools() == planned
