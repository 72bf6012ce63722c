"""`configure` on real projects: what it writes is what every cmake and ninja takes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ninjapool.configure import ConfigureRequest, configure, run_cmake
from ninjapool.errors import CannotRunError, NotFoundError
from ninjapool.project import read_project
from ninjapool.project.tools import Tool, find_ninja
from tests.planned import a_plan

pytestmark = [pytest.mark.cmake, pytest.mark.build]

POOLS = {"ninjapool_compile": 5, "ninjapool_link": 2}
PROJECT = """
cmake_minimum_required(VERSION 3.16)
project(plain C)
add_executable(tool main.c)
"""
# Notes what it was called with, then is ninja.
NOTING = """#!/bin/sh
echo "[$*]" >> {log}
exec {ninja} "$@"
"""


@pytest.fixture
def plain(space, monkeypatch):
    monkeypatch.delenv("CMAKE_BUILD_PARALLEL_LEVEL", raising=False)
    monkeypatch.delenv("CMAKE_GENERATOR", raising=False)
    monkeypatch.chdir(space.source)
    space.write("main.c", "int main(void) { return 0; }\n")
    space.write("CMakeLists.txt", PROJECT)
    return space


def request_for(space, cmake, *args, plan=None, **more):
    source, env = space.source, dict(os.environ)
    version = ".".join(map(str, cmake.version))
    return ConfigureRequest(
        project=read_project(source, cmake_args=args, env=env, **more),
        plan=plan or a_plan(),
        cmake=Tool(path=cmake.path, version=version, source="PATH"),
        ninja=find_ninja(env),
        cmake_args=args,
        env=env,
        **more,
    )


def write_presets(space, name="CMakePresets.json", preset="dev", **variables):
    base = {
        "name": preset,
        "generator": "Ninja",
        "binaryDir": "${sourceDir}/out/${presetName}",
        "cacheVariables": variables,
    }
    document = {"version": 3, "configurePresets": [base]}
    return space.write(name, json.dumps(document))


def run_steps(space, cmake, done, title):
    """Types the commands that a step shows."""
    step = next(step for step in done.steps if step.what == title)
    for command in step.commands:
        space.run(cmake.path, *command[1:])


def test_the_command_that_it_shows_works_and_the_build_too(plain, cmake):
    done = configure(request_for(plain, cmake, "-DCMAKE_BUILD_TYPE=Release"))
    plain.run(*done.command)
    assert plain.pools() == POOLS
    run_steps(plain, cmake, done, "then build")
    assert (plain.source / "build/tool").exists()


def test_without_presets_the_preset_configures_and_builds(plain, cmake_presets):
    done = configure(request_for(plain, cmake_presets))
    run_steps(plain, cmake_presets, done, "or by preset")
    assert plain.pools() == POOLS
    assert (plain.source / "build/tool").exists()


def test_the_build_preset_passes_no_j(plain, cmake_presets):
    """Whatever number follows -j undoes ninja's jobserver client."""
    log = plain.root / "calls"
    noting = plain.write("noting", NOTING.format(log=log, ninja=find_ninja(os.environ).path))
    noting.chmod(0o755)
    configure(request_for(plain, cmake_presets))
    plain.run(cmake_presets.path, "--preset", "ninjapool", f"-DCMAKE_MAKE_PROGRAM={noting}")
    log.unlink()
    plain.run(cmake_presets.path, "--build", "--preset", "ninjapool")
    assert log.read_text() == "[]\n"


def test_a_build_inside_the_build_gets_no_j_of_the_environment(plain, cmake_presets):
    command = "COMMAND ${CMAKE_COMMAND} -E environment"
    plain.write("CMakeLists.txt", f"{PROJECT}add_custom_target(inner ALL {command})\n")
    done = configure(request_for(plain, cmake_presets))
    configuring, building = next(s for s in done.steps if s.what == "or by preset").commands
    plain.run(cmake_presets.path, *configuring[1:])
    told = plain.run(cmake_presets.path, *building[1:], CMAKE_BUILD_PARALLEL_LEVEL="5")
    assert "CMAKE_BUILD_PARALLEL_LEVEL=5" not in told
    assert "CMAKE_BUILD_PARALLEL_LEVEL=\n" in told


def test_with_the_projects_presets_it_shares_their_folder(plain, cmake_presets):
    write_presets(plain, FROM_BASE="yes")
    done = configure(request_for(plain, cmake_presets, "--preset", "dev"))
    plain.run(*done.command)
    assert plain.pools("out/dev") == POOLS
    plain.run(cmake_presets.path, "--build", "out/dev")
    run_steps(plain, cmake_presets, done, "or by preset")
    cache = (plain.source / "out/dev/CMakeCache.txt").read_text()
    assert "FROM_BASE:UNINITIALIZED=yes" in cache
    assert list((plain.source / "out").iterdir()) == [plain.source / "out/dev"]
    told = plain.run(cmake_presets.path, "--build", "--preset", "ninjapool")
    assert "no work to do" in told


def test_what_the_base_includes_is_included_still(plain, cmake_presets):
    """A child's value would replace the parent's."""
    plain.write("ide.cmake", "set(FROM_IDE 0)\n")
    plain.write(
        "CMakeLists.txt", PROJECT + "if(NOT DEFINED FROM_IDE)\nmessage(FATAL_ERROR)\nendif()"
    )
    write_presets(plain, CMAKE_PROJECT_INCLUDE="${sourceDir}/ide.cmake")
    done = configure(request_for(plain, cmake_presets, "--preset", "dev"))
    run_steps(plain, cmake_presets, done, "or by preset")
    assert plain.pools("out/dev") == POOLS


def test_conans_provider_in_the_base_stays(plain, cmake_top_level):
    plain.write("provider.cmake", "set(FROM_CONAN 1)\n")
    plain.write("CMakeLists.txt", PROJECT + "if(NOT FROM_CONAN)\nmessage(FATAL_ERROR)\nendif()\n")
    write_presets(plain, CMAKE_PROJECT_TOP_LEVEL_INCLUDES="${sourceDir}/provider.cmake")
    done = configure(request_for(plain, cmake_top_level, "--preset", "dev"))
    plain.run(*done.command)
    run_steps(plain, cmake_top_level, done, "or by preset")
    assert plain.pools("out/dev") == POOLS


def test_our_own_file_is_brought_up_to_date_and_works_on(plain, cmake_presets):
    configure(request_for(plain, cmake_presets))
    path = plain.source / "CMakeUserPresets.json"
    document = json.loads(path.read_text())
    document["configurePresets"].append({"name": "mine", "inherits": "ninjapool"})
    document["configurePresets"][0]["cacheVariables"]["ADDED"] = "by hand"
    path.write_text(json.dumps(document))
    done = configure(request_for(plain, cmake_presets, plan=a_plan(compile=3, link=1)))
    run_steps(plain, cmake_presets, done, "or by preset")
    assert plain.pools() == {"ninjapool_compile": 3, "ninjapool_link": 1}
    assert "ADDED:UNINITIALIZED=by hand" in (plain.source / "build/CMakeCache.txt").read_text()
    plain.run(cmake_presets.path, "--preset", "mine")


def test_a_foreign_user_file_stays_and_its_preset_takes_the_script(plain, cmake_presets):
    foreign = write_presets(plain, "CMakeUserPresets.json", preset="mine")
    before = foreign.read_bytes()
    done = configure(request_for(plain, cmake_presets, "--preset", "mine"))
    plain.run(*done.command)
    assert plain.pools("out/mine") == POOLS
    plain.run(cmake_presets.path, "--build", "out/mine")
    assert foreign.read_bytes() == before


def test_beside_a_foreign_user_file_a_presets_file_works(plain, cmake_presets_file):
    write_presets(plain)
    foreign = write_presets(plain, "CMakeUserPresets.json", preset="mine")
    before = foreign.read_bytes()
    done = configure(request_for(plain, cmake_presets_file, "--preset", "dev"))
    run_steps(plain, cmake_presets_file, done, "or by preset")
    assert plain.pools("out/dev") == POOLS
    assert (plain.source / "out/dev/tool").exists()
    assert foreign.read_bytes() == before


def test_an_existing_build_keeps_its_generator_and_objects(plain, cmake):
    plain.run(cmake.path, "-S", ".", "-B", "build", "-G", "Ninja Multi-Config")
    plain.run(cmake.path, "--build", "build", "--config", "Release")
    request = request_for(plain, cmake, build=Path("build"))
    plain.run(*configure(request).command)
    assert plain.pools() == POOLS
    told = plain.run(cmake.path, "--build", "build", "--config", "Release")
    assert "no work to do" in told


def test_without_a_ninja_on_the_path_the_packages_is_used(plain, cmake_ends, monkeypatch):
    compiler_only = plain.root / "bin"
    compiler_only.mkdir()
    for name in ("cc", "as", "ld", "ar", "ranlib"):
        (compiler_only / name).symlink_to(subprocess.getoutput(f"which {name}"))
    monkeypatch.setenv("PATH", str(compiler_only))
    request = request_for(plain, cmake_ends)
    assert request.ninja.packaged
    plain.run(*configure(request).command)
    plain.run(cmake_ends.path, "--build", "build")


def test_llvms_preset_includes_the_script_and_follows_new_memory(plain, cmake_presets):
    """By a preset the script is a file that ninja watches: new depths come by themselves."""
    declare = 'set(LLVM_PARALLEL_LINK_JOBS "" CACHE STRING "LLVM\'s words")\ninclude(pools.cmake)\n'
    plain.write("CMakeLists.txt", PROJECT.replace("add_exec", f"{declare}add_exec"))
    plain.write(
        "pools.cmake",  # as HandleLLVMOptions.cmake does it, whose name makes the project LLVM
        "set_property(GLOBAL APPEND PROPERTY JOB_POOLS link_job_pool=${LLVM_PARALLEL_LINK_JOBS})\n"
        "set(CMAKE_JOB_POOL_LINK link_job_pool)\n"
        "function(unused)\ninclude(HandleLLVMOptions)\nendfunction()\n",
    )
    request = request_for(plain, cmake_presets)
    assert request.project.llvm
    run_steps(plain, cmake_presets, configure(request), "or by preset")
    assert plain.pools() == {"link_job_pool": 2}
    configure(request_for(plain, cmake_presets, plan=a_plan(compile=1, link=1)))
    plain.run(cmake_presets.path, "--build", "--preset", "ninjapool")
    assert plain.pools() == {"link_job_pool": 1}


# ---------------------------------------------------------------- running cmake


def test_output_and_exit_code_are_cmakes_own(plain, cmake_newest, capfd):
    plain.write("CMakeLists.txt", PROJECT + 'message(FATAL_ERROR "my own words")\n')
    done = configure(request_for(plain, cmake_newest))
    assert run_cmake(done.command, dict(os.environ)) == 1
    assert "my own words" in capfd.readouterr().err
    plain.write("CMakeLists.txt", PROJECT)
    assert run_cmake(done.command, dict(os.environ)) == 0


def test_a_cmake_that_is_not_there_or_no_program_is_said(tmp_path):
    with pytest.raises(NotFoundError, match="is not there"):
        run_cmake([str(tmp_path / "cmake")], {})
    (tmp_path / "cmake").write_text("no program")
    with pytest.raises(CannotRunError, match="Permission denied"):
        run_cmake([str(tmp_path / "cmake")], {})


def interrupted(folder: Path, cmake: str) -> int:
    """The exit code of us where cmake, a script, interrupts the group, as a terminal does.

    The tests themselves may be run in the background of a shell, which has children ignore it.
    """
    program = folder / "cmake"
    program.write_text(f"#!/bin/sh\n{cmake}\n")
    program.chmod(0o755)
    run = f"run_cmake([{str(program)!r}], {{}})"
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    script = f"{heard}; from ninjapool.configure import run_cmake; raise SystemExit({run})"
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=folder, start_new_session=True, check=False).returncode


def test_ctrl_c_lets_cmake_end_in_its_own_way(tmp_path):
    """Ours is the exit code 128 + 2; in the midst of its start, too, we wait for it."""
    tidy = "trap 'touch tidied; trap - INT; kill -INT $$' INT"
    assert interrupted(tmp_path, f"{tidy}\nkill -INT 0\nsleep 60") == 128 + signal.SIGINT
    assert (tmp_path / "tidied").exists()


def test_a_cmake_that_goes_on_after_ctrl_c_is_waited_for(tmp_path):
    assert interrupted(tmp_path, "trap : INT\nkill -INT 0\nsleep 0.5\nexit 7") == 7
