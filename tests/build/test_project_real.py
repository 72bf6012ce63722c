"""What the project room reads, held against what real cmake and ninja make of the same."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cmake
import pytest

from ninjapool.project import compiler, read_project
from ninjapool.project.cache import read_cache
from ninjapool.project.compiler import ask_version
from ninjapool.project.ninja_files import read_edges, read_ninja
from ninjapool.project.presets import read_presets
from ninjapool.project.tools import find_cmake, find_ninja

pytestmark = pytest.mark.build

CMAKES = {
    "package": Path(cmake.CMAKE_BIN_DIR, "cmake"),
    "system": Path(shutil.which("cmake", path="/usr/local/bin:/usr/bin") or "none"),
}
# What a developer's shell may hold must not decide the tests.
ENV = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("CMAKE_", "CC", "CXX", "CFLAGS", "LDFLAGS", "NINJA"))
}
LISTS = """\
cmake_minimum_required(VERSION 3.16)
project(demo LANGUAGES C CXX)
add_library(st STATIC a.c b.cpp)
add_library(sh SHARED b.cpp)
add_library(mo MODULE b.cpp)
add_executable(ex m.cpp)
target_link_libraries(ex st)
add_custom_command(OUTPUT gen.inc COMMAND ${CMAKE_COMMAND} -E touch gen.inc)
add_custom_target(g ALL DEPENDS gen.inc)
"""
EDGES = {"compile": 5, "link": 3, "archive": 1, "other": 2}


@pytest.fixture(params=list(CMAKES))
def cmake_path(request: pytest.FixtureRequest) -> Path:
    path = CMAKES[request.param]
    if not path.is_file():
        pytest.skip(f"no {request.param} cmake here")
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    sources = {"a.c": "int a;", "b.cpp": "int b;", "m.cpp": "int main() {}"}
    for name, text in (sources | {"CMakeLists.txt": LISTS}).items():
        (folder / name).write_text(text + "\n")
    return folder


def run(*command: str | Path, cwd: Path, **env: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=ENV | env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# ---------------------------------------------------------------- a build directory


def test_a_ninja_directory_is_read_as_cmake_wrote_it(cmake_path, source):
    build = source / "out"
    pools = ["-DCMAKE_JOB_POOLS=c=3;l=1", "-DCMAKE_JOB_POOL_COMPILE=c", "-DCMAKE_JOB_POOL_LINK=l"]
    run(cmake_path, "-G", "Ninja", "-S", source, "-B", build, *pools, cwd=source)
    found = read_project(source, build=build, env=ENV)
    assert found.edges == EDGES
    assert (found.name, found.llvm, found.languages) == ("demo", False, ("C", "CXX"))
    assert found.generator is not None
    assert found.generator.value == "Ninja"
    assert found.user_settings["CMAKE_JOB_POOLS"].value == "c=3;l=1"
    ninja = read_ninja(build)
    assert ninja.pools == {"c": 3, "l": 1}
    assert {(edge.job_class, edge.pool) for edge in ninja.edges if edge.pool != "console"} == {
        ("compile", "c"),
        ("link", "l"),
        ("archive", "l"),
        ("other", None),
    }


def test_a_multi_config_directory_is_read_one_build_type_at_a_time(cmake_path, source):
    build = source / "out"
    run(cmake_path, "-G", "Ninja Multi-Config", "-S", source, "-B", build, cwd=source)
    assert read_edges(build) == EDGES
    assert read_edges(build, "Release") == EDGES
    found = read_project(source, build=build, env=ENV)
    assert (found.build_type.value, found.debug_info.value) == ("Debug", "full")


def test_as_many_edges_are_counted_as_ninja_would_run(cmake_path, source):
    build = source / "out"
    run(cmake_path, "-G", "Ninja", "-S", source, "-B", build, cwd=source)
    ninja = find_ninja(ENV, build)
    planned = run(ninja.path, "-n", cwd=build)
    total = re.search(r"\[\d+/(\d+)\]", planned)
    assert total is not None
    # One custom command is only for other targets: edit_cache.
    assert sum(read_edges(build).values()) - 1 == int(total[1])


def test_the_tools_of_a_build_directory_are_found_again(cmake_path, source):
    build = source / "out"
    run(cmake_path, "-G", "Ninja", "-S", source, "-B", build, cwd=source)
    assert find_ninja(ENV, build).source == "out/CMakeCache.txt"
    found = find_cmake(ENV, build)
    assert found.path.samefile(read_cache(build)["CMAKE_COMMAND"])
    assert found.version in run(cmake_path, "--version", cwd=source)


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("args", "env"),
    [
        ([], {}),
        (["-DCMAKE_BUILD_TYPE=Debug"], {}),
        (["-DCMAKE_BUILD_TYPE=release"], {}),
        (["-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -g1"], {}),
        (["-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS=-g"], {"CXXFLAGS": "-g0"}),
        (["-DCMAKE_BUILD_TYPE=MinSizeRel"], {"CXXFLAGS": "-ggdb"}),
        (["-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON"], {}),
        ([], {"CXXFLAGS": "-flto=auto", "LDFLAGS": "-fuse-ld=gold"}),
    ],
)
def test_flags_are_foreseen_before_the_first_configure(source, args, env):
    """The flags in build.ninja are what the settings said of them."""
    (source / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.16)\nproject(x CXX)\nadd_executable(ex m.cpp)\n"
    )
    build = source / "out"
    before = read_project(source, build=build, cmake_args=args, env=ENV | env)
    command = [CMAKES["package"], "-G", "Ninja", "-S", source, "-B", build, *args]
    run(*command, cwd=source, **env)
    words = (build / "build.ninja").read_text().split()
    debug = [w for w in words if w in ("-g", "-g0", "-g1", "-ggdb")][-1:]
    levels = {"-g": "full", "-ggdb": "full", "-g1": "lines", "-g0": "none"}
    assert before.debug_info.value == (levels[debug[0]] if debug else "none")
    assert (before.lto.value == "full") == any(word.startswith("-flto") for word in words)
    assert (before.linker.value == "gold") == ("-fuse-ld=gold" in words)
    after = read_project(source, build=build, env=ENV)
    for name in ("compiler", "build_type", "debug_info", "lto", "linker"):
        assert getattr(after, name).value == getattr(before, name).value, name


def test_the_order_of_arguments_means_what_it_means_to_cmake(cmake_path, source):
    (source / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.16)\nproject(x NONE)\n"
    )
    script = source / "init.cmake"
    script.write_text(
        'set(CMAKE_JOB_POOLS "a=1" "b=2" CACHE STRING "")\n'
        'set(CMAKE_JOB_POOL_LINK forced CACHE STRING "" FORCE)\nset(CMAKE_JOB_POOL_COMPILE no)\n'
    )
    build = source / "out"
    rounds = [
        ["-DCMAKE_JOB_POOL_LINK=l", "-C", str(script), "-DCMAKE_JOB_POOL_COMPILE:STRING=c"],
        ["-DCMAKE_JOB_POOLS=x=1", "-UCMAKE_JOB_POOL_*", "-D", "CMAKE_JOB_POOL_LINK='l '"],
        ["-C", str(script), "-UCMAKE_JOB_POOLS"],
    ]
    for args in rounds:
        foreseen = read_project(source, build=build, cmake_args=args, env=ENV).user_settings
        run(cmake_path, "-G", "Ninja", "-S", source, "-B", build, *args, cwd=source)
        cached = {n: v for n, v in read_cache(build).items() if n.startswith("CMAKE_JOB_POOL")}
        assert {name: setting.value for name, setting in foreseen.items()} == cached


# ---------------------------------------------------------------- presets

PRINTING = """\
cmake_minimum_required(VERSION 3.16)
project(x NONE)
get_cmake_property(names CACHE_VARIABLES)
foreach(name ${names})
  if(name MATCHES "^T_")
    message(STATUS "SAW ${name}=${${name}}")
  endif()
endforeach()
message(STATUS "SAW BIN=${CMAKE_BINARY_DIR}")
message(STATUS "SAW E=$ENV{E} F=$ENV{F}")
"""
BASE: dict[str, Any] = {
    "name": "base",
    "hidden": True,
    "generator": "Ninja",
    "binaryDir": "${sourceDir}/../out/${presetName}",
    "environment": {"E": "base-$penv{E}", "F": "$env{E}!"},
    "cacheVariables": {
        "T_NAME": "${presetName} in ${fileDir}",
        "T_NULL": "set",
        "T_BOOL": True,
        "T_OFF": {"type": "BOOL", "value": False},
        "T_ENV": "$env{E}|$penv{E}|$env{NONE}|${dollar}{x}${pathListSep}${hostSystemName}",
        "T_ODD": "$ $x $$env{E} a$",
    },
}
OTHER: dict[str, Any] = {
    "name": "other",
    "hidden": True,
    "environment": {"E": "other", "F": None},
    "cacheVariables": {"T_BOOL": "other", "T_OTHER": "${sourceParentDir}/${sourceDirName}"},
}


@pytest.mark.parametrize(
    "preset",
    [
        {"inherits": "base"},
        {"inherits": ["other", "base"], "cacheVariables": {"T_NULL": None}},
        {"inherits": ["base", "other"], "environment": {"E": "own $penv{E}"}},
        {
            "inherits": "base",
            "binaryDir": "relative/../r",
            "cacheVariables": {"T_OWN": "${generator}"},
        },
    ],
)
def test_presets_mean_what_they_mean_to_cmake(cmake_path, source, preset):
    (source / "CMakeLists.txt").write_text(PRINTING)
    (source / "more").mkdir()
    files: dict[str, dict[str, Any]] = {
        "more/base.json": {"configurePresets": [BASE]},
        "CMakePresets.json": {"include": ["more/base.json"], "configurePresets": [OTHER]},
        "CMakeUserPresets.json": {"configurePresets": [{"name": "mine"} | preset]},
    }
    for name, data in files.items():
        (source / name).write_text(json.dumps({"version": 5} | data))
    found = read_presets(source, ENV | {"E": "outer"}).configure("mine")
    output = run(cmake_path, "--preset", "mine", cwd=source, E="outer")
    seen = dict(re.findall(r"^-- SAW (\w+)=(.*)$", output, re.MULTILINE))
    assert seen.pop("BIN") == str(found.binary_dir)
    assert seen.pop("E") == f"{found.environment['E']} F={found.environment.get('F', '')}"
    assert seen == {name: variable.value for name, variable in found.variables.items()}


# ---------------------------------------------------------------- programs


def test_the_compiler_of_this_machine_says_what_it_is():
    found = shutil.which("c++")
    assert found is not None
    assert re.search(r"clang|Free Software Foundation|\bg\+\+", ask_version(Path(found)))


def test_asking_what_cannot_run_is_silent(tmp_path):
    text = tmp_path / "text"
    text.write_text("no program")
    assert [ask_version(path) for path in (text, tmp_path, tmp_path / "nowhere")] == ["", "", ""]


def test_asking_what_never_answers_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(compiler, "_ANSWER_SECONDS", 0.2)
    slow = tmp_path / "slow"
    slow.write_text(f"#!{sys.executable}\nimport time\nprint('late')\ntime.sleep(60)\n")
    slow.chmod(0o755)
    assert ask_version(slow) == ""
