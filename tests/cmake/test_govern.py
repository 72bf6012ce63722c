"""`configure --govern`: CMake, presets and IDEs start a ninja whose jobs are governed."""

import json
import os
import re
import shlex
import sys
from dataclasses import replace

import pytest

from ninjapool.configure import configure
from ninjapool.emit.govern import Govern
from ninjapool.govern.ninjas import MARK, real_ninja
from ninjapool.project.cache import read_entries
from ninjapool.project.tools import find_ninja
from tests.cmake.test_configure import POOLS, plain, request_for

__all__ = ["plain"]  # the fixture

pytestmark = [pytest.mark.cmake, pytest.mark.build]

TRYING = """
cmake_minimum_required(VERSION 3.16)
project(plain C)
include(CheckCCompilerFlag)
check_c_compiler_flag(-Wall HAS_WALL)
add_executable(tool main.c)
"""


@pytest.fixture
def governed(plain, monkeypatch, tmp_path):
    """The space, with a shim that notes how it was called and then governs."""
    monkeypatch.delenv(MARK, raising=False)
    shim = plain.write("../bin/ninjapool-ninja", "")
    log = plain.root / "governed"
    words = f"import sys; sys.path[:0] = {sys.path!r}; from ninjapool.shim import main; main()"
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(words)}"
    shim.write_text(f'#!/bin/sh\necho "[$*]" >> {log}\nexec {command} "$@"\n')
    shim.chmod(0o755)
    return plain


def calls(space):
    """How the governed ninja was started: with which words."""
    log = space.root / "governed"
    return log.read_text().splitlines() if log.exists() else []


def asked_of(space, cmake, *args, on=True, ninja=None, **more):
    ninja = ninja or find_ninja(os.environ, space.source / "build").path
    program = str(space.root / "bin" / Govern.name)
    request = request_for(space, cmake, *args, **more)
    return replace(request, govern=Govern(on=on, ninja=str(ninja), program=program))


def entry(space, name, build="build"):
    found = read_entries(space.source / build).get(name)
    return found.value if found else None


def test_cmake_build_is_governed(governed, cmake_any):
    done = configure(asked_of(governed, cmake_any))
    governed.run(*done.command)
    assert calls(governed) == []
    told = governed.run(cmake_any.path, "--build", "build")
    assert calls(governed) == ["[]"]
    assert re.search(r"ninjapool: \d jobs in ", told)
    assert (governed.source / "build/tool").exists()
    assert "no work to do" in governed.run(cmake_any.path, "--build", "build")


def test_so_is_the_preset(governed, cmake_presets):
    configure(asked_of(governed, cmake_presets))
    governed.run(cmake_presets.path, "--preset", "ninjapool")
    governed.run(cmake_presets.path, "--build", "--preset", "ninjapool")
    assert calls(governed) == ["[]"]
    found = real_ninja(str(governed.source / "build"), os.environ)
    assert found == str(find_ninja(os.environ).path)


def test_every_ninja_stays_behind_what_cmake_takes_for_it(governed, cmake_newest, ninja):
    done = configure(asked_of(governed, cmake_newest, ninja=ninja))
    governed.run(*done.command)
    governed.run(cmake_newest.path, "--build", "build")
    assert real_ninja(str(governed.source / "build"), os.environ) == str(ninja)
    before = (governed.source / "build/.ninja_log").read_text()
    governed.run(ninja, "-C", "build")
    assert (governed.source / "build/.ninja_log").read_text() == before


def test_each_build_directory_of_a_source_keeps_its_ninja(governed, cmake_ends):
    """The hook is one for all of them, and CMake runs by itself when it has changed."""
    own = governed.write("own/ninja", f'#!/bin/sh\nexec {find_ninja(os.environ).path} "$@"\n')
    own.chmod(0o755)
    path = f"{own.parent}{os.pathsep}{os.environ['PATH']}"
    done = configure(request_for(governed, cmake_ends))
    first = [word if word != "build" else "other" for word in done.command]
    governed.run(*first, PATH=path)
    assert entry(governed, "CMAKE_MAKE_PROGRAM", "other") == str(own)
    governed.run(*configure(asked_of(governed, cmake_ends)).command)
    governed.run(cmake_ends.path, "--build", "other")
    governed.run(cmake_ends.path, "--build", "other")
    assert real_ninja(str(governed.source / "other"), os.environ) == str(own)


def test_trial_builds_are_not_governed_and_come_to_the_same(governed, cmake_ends):
    governed.write("CMakeLists.txt", TRYING)
    told = governed.run(*configure(asked_of(governed, cmake_ends)).command)
    assert "HAS_WALL - Success" in told
    assert calls(governed) == []


def test_there_are_no_pools_to_bind_it_further(governed, cmake_ends):
    governed.run(*configure(asked_of(governed, cmake_ends)).command)
    assert governed.pools() == {}
    governed.run(*configure(asked_of(governed, cmake_ends, on=False)).command)
    assert governed.pools() == POOLS


def test_turned_on_and_off_nothing_is_built_again(governed, cmake_ends):
    plain_ninja = find_ninja(os.environ).path
    governed.run(*configure(request_for(governed, cmake_ends)).command)
    governed.run(cmake_ends.path, "--build", "build")
    for on in (True, False):
        governed.run(*configure(asked_of(governed, cmake_ends, on=on)).command)
        told = governed.run(cmake_ends.path, "--build", "build")
        assert "no work to do" in told
    assert entry(governed, "CMAKE_MAKE_PROGRAM") == str(plain_ninja)
    assert entry(governed, "NINJAPOOL_NINJA") is None


def test_another_program_of_the_users_stays(governed, cmake_ends):
    own = governed.write("own-ninja", f'#!/bin/sh\nexec {find_ninja(os.environ).path} "$@"\n')
    own.chmod(0o755)
    done = configure(asked_of(governed, cmake_ends))
    told = governed.run(*done.command, f"-DCMAKE_MAKE_PROGRAM={own}", *done.command[-2:])
    assert "is yours and stays" in " ".join(told.split())
    assert entry(governed, "CMAKE_MAKE_PROGRAM") == str(own)


def test_where_ninjapool_is_gone_the_build_goes_on_with_a_word(governed, cmake_ends):
    request = asked_of(governed, cmake_ends)
    governed.run(*configure(request).command)
    (governed.root / "bin" / Govern.name).unlink()
    told = governed.run(cmake_ends.path, "--build", "build", "-v")
    assert "ninjapool is not installed any more" in told
    assert f"so -j{request.plan.jobs.value}." in told
    assert "-DCMAKE_MAKE_PROGRAM=" in told
    assert (governed.source / "build/tool").exists()
    again = governed.run(cmake_ends.path, "--build", "build", "-j5")
    assert "so -j" not in again


def test_llvms_pools_go_and_come_back(governed, cmake_ends):
    variables = ("LLVM_PARALLEL_COMPILE_JOBS", "LLVM_PARALLEL_LINK_JOBS")
    request = asked_of(governed, cmake_ends)
    llvm = replace(request, project=replace(request.project, llvm=True))
    governed.run(*configure(llvm).command)
    assert [entry(governed, name) for name in variables] == ["", ""]
    governed.run(cmake_ends.path, "--build", "build")
    assert calls(governed) == ["[]"]
    off = Govern(on=False, ninja=llvm.govern.ninja)
    governed.run(*configure(replace(llvm, govern=off)).command)
    assert [entry(governed, name) for name in variables] == ["5", "2"]


def test_a_depth_of_the_users_own_stays_in_llvm(governed, cmake_ends):
    request = asked_of(governed, cmake_ends, "-DLLVM_PARALLEL_LINK_JOBS=1")
    governed.run(*configure(replace(request, project=replace(request.project, llvm=True))).command)
    assert entry(governed, "LLVM_PARALLEL_LINK_JOBS") == "1"


def test_what_only_asks_goes_to_ninja_itself(governed, cmake_newest):
    saying = governed.write("saying", '#!/bin/sh\necho "ninja: $*"\n')
    saying.chmod(0o755)
    configure(asked_of(governed, cmake_newest, ninja=saying))
    program = governed.source / ".ninjapool" / Govern.name
    for words in ("--version", "-C x -t restat", "-tclean", "-n all", "-h"):
        assert governed.run(program, *words.split()) == f"ninja: {words}\n"
    assert calls(governed) == []


def test_ides_that_read_the_presets_file_see_the_program(governed, cmake_newest):
    configure(asked_of(governed, cmake_newest))
    document = json.loads((governed.source / "CMakeUserPresets.json").read_text())
    variables = document["configurePresets"][0]["cacheVariables"]
    assert variables["CMAKE_MAKE_PROGRAM"] == "${sourceDir}/.ninjapool/ninjapool-ninja"
    configure(asked_of(governed, cmake_newest, on=False))
    document = json.loads((governed.source / "CMakeUserPresets.json").read_text())
    assert "CMAKE_MAKE_PROGRAM" not in document["configurePresets"][0]["cacheVariables"]
