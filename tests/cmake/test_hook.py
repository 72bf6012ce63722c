"""The hook in real projects, configured and built by real programs."""

from pathlib import Path

import pytest

from tests.planned import a_plan

pytestmark = [pytest.mark.cmake, pytest.mark.build]

MAIN = "int main(void) { return 0; }\n"
PART = "int part(void) { return 1; }\n"
PLAIN = """
cmake_minimum_required(VERSION 3.16)
project(plain C)
add_executable(tool main.c)
"""


@pytest.fixture
def plain(space):
    space.write("main.c", MAIN)
    space.write("CMakeLists.txt", PLAIN)
    return space


def test_each_kind_of_target_gets_its_pools(space, cmake, ninja):
    space.write("main.c", MAIN)
    space.write("part.c", PART)
    space.write("part.h", "int part(void);\n")
    space.write(
        "CMakeLists.txt",
        """
        cmake_minimum_required(VERSION 3.16)
        project(kinds C)
        add_library(archive STATIC part.c)
        add_library(objects OBJECT part.c)
        add_library(shared SHARED part.c)
        add_library(module MODULE part.c)
        add_library(headers INTERFACE)
        add_library(alias::shared ALIAS shared)
        add_custom_target(extra ALL COMMAND ${CMAKE_COMMAND} -E echo extra)
        add_subdirectory(deep/inside)
        add_subdirectory(aside EXCLUDE_FROM_ALL)
        function(late)
          add_executable(late main.c)
        endfunction()
        cmake_language(DEFER CALL late)
        return()
        """,
    )
    space.write(
        "deep/inside/CMakeLists.txt",
        """
        add_executable(tool ../../main.c)
        target_precompile_headers(tool PRIVATE ../../part.h)
        target_link_libraries(tool PRIVATE archive objects shared headers)
        """,
    )
    space.write("aside/CMakeLists.txt", "add_executable(aside ../main.c)\n")
    space.emit()
    space.configure(cmake, f"-DCMAKE_MAKE_PROGRAM={ninja}")
    assert space.pools() == {"ninjapool_compile": 5, "ninjapool_link": 2}
    for name in ("archive", "objects", "shared", "module"):
        assert space.pool_of(f"CMakeFiles/{name}.dir/part.c.o") == "ninjapool_compile"
    tool = "deep/inside/CMakeFiles/tool.dir"
    assert space.pool_of(f"{tool}/cmake_pch.h.gch") == "ninjapool_compile"
    assert space.pool_of(f"{tool}/__/__/main.c.o") == "ninjapool_compile"
    assert space.pool_of("aside/CMakeFiles/aside.dir/__/main.c.o") == "ninjapool_compile"
    assert space.pool_of("CMakeFiles/late.dir/main.c.o") == "ninjapool_compile"
    for linked in ("deep/inside/tool", "aside/aside", "late", "libshared.so", "libmodule.so"):
        assert space.pool_of(linked) == "ninjapool_link"
    assert space.pool_of("libarchive.a") is None
    space.run(ninja, "-C", "build", "all", "aside/aside")


def test_the_pools_of_the_project_stay_and_win(space, cmake):
    space.write("main.c", MAIN)
    space.write(
        "CMakeLists.txt",
        """
        cmake_minimum_required(VERSION 3.16)
        project(own C)
        set_property(GLOBAL PROPERTY JOB_POOLS heavy=1 light=9 heavy=1)
        add_executable(big main.c)
        set_target_properties(big PROPERTIES JOB_POOL_COMPILE heavy JOB_POOL_LINK light)
        add_executable(free main.c)
        set_target_properties(free PROPERTIES JOB_POOL_COMPILE "")
        add_executable(other main.c)
        """,
    )
    space.emit()
    space.configure(cmake)
    pools = {"heavy": 1, "light": 9, "ninjapool_compile": 5, "ninjapool_link": 2}
    assert space.pools() == pools
    assert space.pool_of("CMakeFiles/big.dir/main.c.o") == "heavy"
    assert space.pool_of("big") == "light"
    assert space.pool_of("CMakeFiles/free.dir/main.c.o") is None
    assert space.pool_of("CMakeFiles/other.dir/main.c.o") == "ninjapool_compile"
    space.run(cmake.path, "--build", "build")


@pytest.mark.parametrize("place", ["command line", "CMakeLists"])
def test_pools_of_a_variable_are_taken_over(plain, cmake, place):
    user = {
        "CMAKE_JOB_POOLS": "mine=3;spare=1",
        "CMAKE_JOB_POOL_COMPILE": "mine",
        "CMAKE_JOB_POOL_PRECOMPILE_HEADER": "spare",
    }
    arguments = []
    if place == "command line":
        arguments = [f"-D{name}={value}" for name, value in user.items()]
    else:
        lines = "".join(f'set({name} "{value}")\n' for name, value in user.items())
        plain.write("CMakeLists.txt", PLAIN.replace("add_exec", f"{lines}add_exec"))
    plain.emit()
    plain.configure(cmake, *arguments)
    assert plain.pools() == {"mine": 3, "spare": 1, "ninjapool_compile": 5, "ninjapool_link": 2}
    assert plain.pool_of("CMakeFiles/tool.dir/main.c.o") == "mine"
    assert plain.pool_of("tool") == "ninjapool_link"
    plain.run(cmake.path, "--build", "build")


def test_multi_config_has_the_pools_in_each_configuration(plain, cmake):
    plain.emit()
    plain.configure(cmake, generator="Ninja Multi-Config")
    assert plain.pools() == {"ninjapool_compile": 5, "ninjapool_link": 2}
    for config in ("Debug", "Release"):
        assert plain.pool_of(f"CMakeFiles/tool.dir/{config}/main.c.o") == "ninjapool_compile"
        assert plain.pool_of(f"{config}/tool") == "ninjapool_link"
        plain.run(cmake.path, "--build", "build", "--config", config)


def test_makefiles_are_left_alone_and_told_which_j(plain, cmake_any):
    plain.emit()
    told = plain.configure(cmake_any, generator="Unix Makefiles")
    assert "-- ninjapool: Unix Makefiles has no job pools, build with -j6" in told
    assert "Warning" not in told
    plain.run(cmake_any.path, "--build", "build")


def test_before_3_19_it_says_that_it_cannot(plain, cmake_old):
    plain.emit()
    told = plain.configure(cmake_old)
    assert "CMake before 3.19 takes no job pools from outside, build with -j6" in told
    assert plain.pools() == {}
    plain.run(cmake_old.path, "--build", "build")


def test_two_copies_are_as_one(plain, cmake):
    plain.emit()
    copy = plain.write("venv/copy.cmake", plain.hook.read_text())
    told = plain.configure(cmake, f"-DCMAKE_PROJECT_INCLUDE_BEFORE={copy}")
    assert told.count("ninjapool: job pools for") == 1
    assert plain.pools() == {"ninjapool_compile": 5, "ninjapool_link": 2}
    plain.run(cmake.path, "--build", "build")


def test_each_project_call_may_include_it(plain, cmake):
    plain.write("CMakeLists.txt", PLAIN + "add_subdirectory(sub)\n")
    plain.write("sub/CMakeLists.txt", "project(sub C)\nadd_executable(subtool ../main.c)\n")
    plain.emit()
    plain.configure(cmake, f"-DCMAKE_PROJECT_INCLUDE={plain.hook}")
    assert plain.pool_of("sub/subtool") == "ninjapool_link"
    plain.run(cmake.path, "--build", "build")


def test_an_ancient_policy_version_does_no_harm(plain, cmake):
    oldest = "3.5" if cmake.version >= (4,) else "2.8.12"
    plain.write("CMakeLists.txt", PLAIN.replace("VERSION 3.16", f"VERSION {oldest}"))
    plain.emit()
    plain.configure(cmake)
    assert plain.pools() == {"ninjapool_compile": 5, "ninjapool_link": 2}


def test_new_depths_reach_ninja_by_themselves_and_rebuild_nothing(plain, cmake, ninja):
    plain.emit()
    plain.configure(cmake, f"-DCMAKE_MAKE_PROGRAM={ninja}")
    plain.run(ninja, "-C", "build")
    built = plain.source / "build/CMakeFiles/tool.dir/main.c.o"
    before = built.stat().st_mtime_ns
    plain.emit(a_plan(compile=3, link=1))
    told = plain.run(ninja, "-C", "build")
    assert plain.pools() == {"ninjapool_compile": 3, "ninjapool_link": 1}
    assert "no work to do" in told
    assert built.stat().st_mtime_ns == before


def test_it_stands_beside_the_module_and_the_lower_depth_holds(plain, cmake_presets):
    """A project that asks for NinjaPool itself, and a user who configures it by ninjapool."""
    modules = Path(__file__).parents[2] / "cmake_modules"
    plain.write(
        "CMakeLists.txt",
        PLAIN
        + f"""
        list(APPEND CMAKE_MODULE_PATH {modules})
        include(NinjaPool)
        ninjapool_setup(CPUS 8 MEMORY 64G)
        """,
    )
    plain.emit(a_plan(compile=1, link=1))
    plain.configure(cmake_presets)
    assert plain.pools() == {"ninjapool_compile": 1, "ninjapool_link": 1}
    plain.run(cmake_presets.path, "--build", "build")
