"""NinjaPool.cmake in real projects, configured and built by the oldest and the newest CMake."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ninjapool.resources import cmake_dir
from tests.planned import a_plan

pytestmark = [pytest.mark.cmake, pytest.mark.build]

REPOSITORY = Path(__file__).parents[2]
MACHINES = REPOSITORY / "tests" / "machines"

MAIN = "int main(void) { return 0; }\n"
PART = "int part(void) { return 1; }\n"
HEAD = "cmake_minimum_required(VERSION 3.20)\nproject(example C)\ninclude(NinjaPool)\n"
PLAIN = f"{HEAD}ninjapool_setup()\nadd_executable(tool main.c)\n"


@pytest.fixture
def project(space):
    space.write("main.c", MAIN)
    space.write("part.c", PART)
    return space


def command(cmake, *arguments, generator="Ninja", machine="laptop-8gb-cgroup2"):
    where = ["-S", ".", "-B", "build", "-G", generator, f"-DCMAKE_MODULE_PATH={cmake_dir()}"]
    return [cmake.path, *where, f"-DNINJAPOOL_ROOT_DIR={MACHINES / machine}", *arguments]


def configure(space, cmake, *arguments, **how):
    return space.run(*command(cmake, *arguments, **how))


def build(space, cmake, *arguments):
    return space.run(cmake.path, "--build", "build", *arguments)


def refused(space, cmake, *arguments):
    """What a configure step says that must fail."""
    words = [str(word) for word in command(cmake, *arguments)]
    done = subprocess.run(words, cwd=space.source, capture_output=True, text=True, check=False)
    assert done.returncode != 0, done.stdout
    return " ".join(done.stderr.split())


def lines(output):
    """What NinjaPool said."""
    return re.findall(r"^-- NinjaPool: (.*)$", output, re.MULTILINE)


def test_every_target_gets_its_pools(project, cmake_module_ends):
    project.write(
        "CMakeLists.txt",
        f"""
        {HEAD}
        add_library(archive STATIC part.c)
        add_library(objects OBJECT part.c)
        add_library(shared SHARED part.c)
        add_library(module MODULE part.c)
        add_library(headers INTERFACE)
        add_custom_target(extra ALL COMMAND ${{CMAKE_COMMAND}} -E echo extra)
        ninjapool_setup()
        add_subdirectory(deep/inside)
        add_subdirectory(aside EXCLUDE_FROM_ALL)
        function(late)
          add_executable(late main.c)
        endfunction()
        cmake_language(DEFER CALL late)
        """,
    )
    project.write("deep/inside/CMakeLists.txt", "add_executable(tool ../../main.c)\n")
    project.write("aside/CMakeLists.txt", "add_executable(aside ../main.c)\n")
    told = lines(configure(project, cmake_module_ends))
    assert set(project.pools()) == {"ninjapool_compile", "ninjapool_link"}
    for name in ("archive", "objects", "shared", "module"):
        assert project.pool_of(f"CMakeFiles/{name}.dir/part.c.o") == "ninjapool_compile"
    assert project.pool_of("CMakeFiles/late.dir/main.c.o") == "ninjapool_compile"
    for output in ("libshared.so", "libmodule.so", "late", "deep/inside/tool", "aside/aside"):
        assert project.pool_of(output) == "ninjapool_link"
    assert project.pool_of("libarchive.a") is None
    assert told[0] == "memory 6.0 GiB (/sys/fs/cgroup/user.slice/user-1000.slice/memory.high)"
    assert any(line.startswith("compile: ") and "one more would make" in line for line in told)
    build(project, cmake_module_ends)


def test_a_change_of_depth_builds_nothing_anew(project, cmake_module_ends):
    project.write("CMakeLists.txt", PLAIN)
    configure(project, cmake_module_ends, "-DNINJAPOOL_COMPILE_JOBS=3")
    build(project, cmake_module_ends)
    assert project.pools()["ninjapool_compile"] == 3
    configure(project, cmake_module_ends, "-DNINJAPOOL_COMPILE_JOBS=2")
    assert project.pools()["ninjapool_compile"] == 2
    assert "no work to do" in build(project, cmake_module_ends)


def test_the_users_settings_win_over_the_projects(project, cmake_module_ends):
    setup = "ninjapool_setup(COMPILE_JOBS 5 LINK_JOBS 4)\n"
    project.write("CMakeLists.txt", f"{HEAD}{setup}add_executable(tool main.c)\n")
    configure(project, cmake_module_ends)
    assert project.pools() == {"ninjapool_compile": 5, "ninjapool_link": 4}
    configure(project, cmake_module_ends, "-DNINJAPOOL_LINK_JOBS=1")
    assert project.pools() == {"ninjapool_compile": 5, "ninjapool_link": 1}


def test_it_can_be_switched_off(project, cmake_module_ends):
    project.write("CMakeLists.txt", PLAIN)
    told = lines(configure(project, cmake_module_ends, "-DNINJAPOOL_ENABLE=OFF"))
    assert told == ["switched off by NINJAPOOL_ENABLE=OFF"]
    assert project.pools() == {}


def test_quiet_says_nothing(project, cmake_module_ends):
    project.write("CMakeLists.txt", PLAIN.replace("setup()", "setup(QUIET)"))
    assert lines(configure(project, cmake_module_ends)) == []
    assert project.pools() != {}


def test_a_machine_that_tells_nothing_gives_no_pools_and_a_way_out(project, cmake_module_ends):
    project.write("CMakeLists.txt", PLAIN)
    told = configure(project, cmake_module_ends, machine="damaged-silent")
    assert "does not tell its memory" in told
    assert project.pools() == {}
    own = ("-DNINJAPOOL_MEMORY=8G", "-DNINJAPOOL_CPUS=4")
    configure(project, cmake_module_ends, *own, machine="damaged-silent")
    assert project.pools() != {}


def test_a_machine_too_small_for_one_job_is_warned_of(project, cmake_module_ends):
    project.write("CMakeLists.txt", PLAIN)
    told = configure(project, cmake_module_ends, machine="tiny-500m")
    assert project.pools() == {"ninjapool_compile": 1, "ninjapool_link": 1}
    assert "to be safe these pools would take" in " ".join(told.split())


def test_a_compiler_that_only_a_subfolder_uses_is_seen(project, cmake_module_ends):
    head = HEAD.replace("project(example C)", "project(example LANGUAGES NONE)")
    project.write("CMakeLists.txt", f"{head}ninjapool_setup()\nadd_subdirectory(inside)\n")
    project.write("inside/CMakeLists.txt", "project(inside C)\nadd_executable(tool ../main.c)\n")
    clang = shutil.which("clang")
    compiler = [f"-DCMAKE_C_COMPILER={clang}"] if clang else []
    told = "\n".join(lines(configure(project, cmake_module_ends, *compiler)))
    assert ("generic, clang" if clang else "generic, gcc") in told


# ---------------------------------------------------------------- heavy targets


def heavy(*calls):
    """A project with a heavy library of two sources and a tool; {setup} stands where it stands."""
    targets = "add_library(big SHARED part.c big.c)\nadd_executable(tool main.c)\n"
    return HEAD + "".join(f"{call}\n" for call in calls).replace("TARGETS", targets)


@pytest.mark.parametrize(
    "calls",
    [
        ("ninjapool_setup()", "TARGETS", "ninjapool_target_memory(big COMPILE 2G)"),
        ("ninjapool_target_memory(big COMPILE 2G)", "TARGETS", "ninjapool_setup()"),
        ("TARGETS", "ninjapool_setup()", "ninjapool_target_memory(big COMPILE 2G)"),
    ],
    ids=["after", "before", "last"],
)
def test_a_heavy_target_gets_a_pool_of_its_own(project, cmake_module_ends, calls):
    project.write("big.c", "int big(void) { return 2; }\n")
    project.write("CMakeLists.txt", heavy(*calls))
    told = lines(configure(project, cmake_module_ends))
    assert set(project.pools()) == {"ninjapool_compile", "ninjapool_link", "ninjapool_heavy_2048m"}
    assert project.pool_of("CMakeFiles/big.dir/big.c.o") == "ninjapool_heavy_2048m"
    assert project.pool_of("CMakeFiles/big.dir/part.c.o") == "ninjapool_heavy_2048m"
    assert project.pool_of("CMakeFiles/tool.dir/main.c.o") == "ninjapool_compile"
    assert project.pool_of("libbig.so") == "ninjapool_link"
    assert any("2.0 GiB each as declared: compile of big" in line for line in told)
    build(project, cmake_module_ends)


def test_the_other_pools_become_the_smaller(project, cmake_module_ends):
    project.write("big.c", "int big(void) { return 2; }\n")
    project.write("CMakeLists.txt", heavy("TARGETS", "ninjapool_setup()"))
    configure(project, cmake_module_ends, machine="server-64core")
    before = project.pools()
    project.write(
        "CMakeLists.txt",
        heavy("TARGETS", "ninjapool_setup()", "ninjapool_target_memory(big COMPILE 99G LINK 140G)"),
    )
    configure(project, cmake_module_ends, machine="server-64core")
    after = project.pools()
    assert before["ninjapool_compile"] == 64
    assert after["ninjapool_heavy_101376m"] == after["ninjapool_heavy_143360m"] == 1
    assert after["ninjapool_compile"] < 64
    assert project.pool_of("libbig.so") == "ninjapool_heavy_143360m"


def test_the_same_size_is_one_pool_for_compiles_and_links(project, cmake_module_ends):
    project.write("big.c", "int big(void) { return 2; }\n")
    calls = (
        "TARGETS",
        "ninjapool_setup()",
        "add_executable(other::tool ALIAS tool)",
        "ninjapool_target_memory(big COMPILE 1G)",
        "ninjapool_target_memory(big LINK 1024M)",
        "ninjapool_target_memory(other::tool LINK 1G)",
    )
    project.write("CMakeLists.txt", heavy(*calls))
    configure(project, cmake_module_ends)
    assert "ninjapool_heavy_1024m" in project.pools()
    for output in ("CMakeFiles/big.dir/big.c.o", "libbig.so", "tool"):
        assert project.pool_of(output) == "ninjapool_heavy_1024m"
    build(project, cmake_module_ends)


def test_jobs_that_memory_cannot_hold_together_share_one_pool(project, cmake_module_ends):
    project.write("big.c", "int big(void) { return 2; }\n")
    call = "ninjapool_target_memory(big COMPILE 3G LINK 5G)"
    project.write("CMakeLists.txt", heavy("TARGETS", "ninjapool_setup()", call))
    told = configure(project, cmake_module_ends)
    assert project.pools()["ninjapool_heavy"] == 1
    assert project.pool_of("CMakeFiles/big.dir/big.c.o") == "ninjapool_heavy"
    assert project.pool_of("libbig.so") == "ninjapool_heavy"
    assert "to be safe these pools would take" in " ".join(told.split())
    build(project, cmake_module_ends)


def test_without_setup_a_heavy_target_changes_nothing(project, cmake_module_ends):
    project.write("big.c", "int big(void) { return 2; }\n")
    project.write("CMakeLists.txt", heavy("TARGETS", "ninjapool_target_memory(big LINK 1G)"))
    told = lines(configure(project, cmake_module_ends))
    assert told == ["nobody calls ninjapool_setup(), so there are no pools for: big"]
    assert project.pools() == {}


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("nothing", "there is no such target"),
        ("headers", "the target neither compiles nor links anything"),
        ("extra", "the target neither compiles nor links anything"),
        ("foreign", "the target neither compiles nor links anything"),
    ],
)
def test_a_heavy_target_that_is_none_is_refused_at_the_end(
    project, cmake_module_ends, target, reason
):
    project.write(
        "CMakeLists.txt",
        f"""
        {HEAD}
        ninjapool_target_memory({target} LINK 1G)
        ninjapool_setup()
        add_library(headers INTERFACE)
        add_library(foreign SHARED IMPORTED)
        add_custom_target(extra)
        """,
    )
    said = refused(project, cmake_module_ends)
    assert f"ninjapool_target_memory({target}): {reason}" in said


# ---------------------------------------------------------------- beside others


def test_pools_that_are_there_stay(project, cmake_module_ends):
    project.write(
        "CMakeLists.txt",
        f"""
        {HEAD}
        set_property(GLOBAL APPEND PROPERTY JOB_POOLS own=1 twice=2 twice=3)
        add_library(mine SHARED part.c)
        set_target_properties(mine PROPERTIES JOB_POOL_COMPILE own JOB_POOL_LINK users)
        add_library(free SHARED part.c)
        set_target_properties(free PROPERTIES JOB_POOL_LINK "")
        add_executable(tool main.c)
        ninjapool_setup()
        """,
    )
    told = lines(configure(project, cmake_module_ends, "-DCMAKE_JOB_POOLS=users=2;own=7"))
    pools = project.pools()
    assert {name: pools[name] for name in ("own", "users", "twice")} == {
        "own": 1, "users": 2, "twice": 2,
    }  # fmt: skip
    assert project.pool_of("CMakeFiles/mine.dir/part.c.o") == "own"
    assert project.pool_of("libmine.so") == "users"
    assert project.pool_of("libfree.so") is None
    assert project.pool_of("CMakeFiles/free.dir/part.c.o") == "ninjapool_compile"
    assert project.pool_of("tool") == "ninjapool_link"
    # its link without a pool may run on all eight CPUs
    assert any("own, link: 8 at once" in line for line in told)
    assert any("own, compile: 1 at once" in line for line in told)
    build(project, cmake_module_ends)


def test_a_projects_own_pools_take_from_the_budget(project, cmake_module_ends):
    project.write("CMakeLists.txt", PLAIN)
    configure(project, cmake_module_ends)
    alone = project.pools()["ninjapool_link"]
    own = ("-DCMAKE_JOB_POOLS=users=3", "-DCMAKE_JOB_POOL_COMPILE=users")
    configure(project, cmake_module_ends, *own)
    assert project.pool_of("CMakeFiles/tool.dir/main.c.o") == "users"
    assert project.pools()["users"] == 3
    assert project.pools()["ninjapool_link"] <= alone
    build(project, cmake_module_ends)


def test_pools_as_llvm_makes_them_are_kept(project, cmake_module_ends):
    llvm = """
        set_property(GLOBAL APPEND PROPERTY JOB_POOLS compile_job_pool=3)
        set(CMAKE_JOB_POOL_COMPILE compile_job_pool)
        set_property(GLOBAL APPEND PROPERTY JOB_POOLS link_job_pool=1)
        set(CMAKE_JOB_POOL_LINK link_job_pool)
    """
    text = f"{HEAD}ninjapool_setup()\n{llvm}add_executable(tool main.c)\n"
    project.write("CMakeLists.txt", text)
    configure(project, cmake_module_ends)
    assert project.pool_of("CMakeFiles/tool.dir/main.c.o") == "compile_job_pool"
    assert project.pool_of("tool") == "link_job_pool"
    assert project.pools()["compile_job_pool"] == 3
    build(project, cmake_module_ends)


def test_the_hook_of_configure_keeps_its_depths(project, cmake_module_ends):
    project.write("CMakeLists.txt", PLAIN)
    project.emit(a_plan(compile=2, link=1))
    configure(project, cmake_module_ends, "-C", project.cache_script)
    assert project.pools() == {"ninjapool_compile": 2, "ninjapool_link": 1}
    configure(project, cmake_module_ends, "-DNINJAPOOL_LINK_JOBS=2", "-C", project.cache_script)
    assert project.pools() == {"ninjapool_compile": 2, "ninjapool_link": 2}
    build(project, cmake_module_ends)


def test_heavy_targets_have_their_pool_under_the_hook(project, cmake_module_ends):
    project.write("big.c", "int big(void) { return 2; }\n")
    call = "ninjapool_target_memory(big COMPILE 4G)"
    project.write("CMakeLists.txt", heavy("TARGETS", "ninjapool_setup()", call))
    project.emit(a_plan(compile=8, link=8))
    configure(project, cmake_module_ends, "-C", project.cache_script)
    pools = project.pools()
    assert project.pool_of("CMakeFiles/big.dir/big.c.o") == "ninjapool_heavy_4096m"
    assert pools["ninjapool_heavy_4096m"] == 1
    assert pools["ninjapool_compile"] < 8
    build(project, cmake_module_ends)


def test_the_top_folder_has_the_say_over_what_it_includes(project, cmake_module_ends):
    copy = project.source / "dependency" / "cmake"
    shutil.copytree(cmake_dir(), copy)
    text = "include(cmake/NinjaPool.cmake)\nninjapool_setup(COMPILE_JOBS 9 LINK_JOBS 9)\n"
    project.write("dependency/CMakeLists.txt", f"{text}add_library(part SHARED ../part.c)\n")
    setup = "add_subdirectory(dependency)\nninjapool_setup(COMPILE_JOBS 3)\ninclude(NinjaPool)\n"
    project.write("CMakeLists.txt", f"{HEAD}{setup}add_executable(tool main.c)\n")
    configure(project, cmake_module_ends, "-DNINJAPOOL_LINK_JOBS=2")
    assert project.pools() == {"ninjapool_compile": 3, "ninjapool_link": 2}
    build(project, cmake_module_ends)


def test_variables_of_the_project_do_not_get_in_the_way(project, cmake_module_ends):
    """A function of CMake sees the variables of whoever calls it, so each must set its own."""
    project.write("big.c", "int big(void) { return 2; }\n")
    calls = ("TARGETS", "ninjapool_setup()", "ninjapool_target_memory(big COMPILE 1G LINK 2G)")
    project.write("CMakeLists.txt", heavy(*calls))
    told = lines(configure(project, cmake_module_ends))
    pools = project.pools()
    names = set()
    for path in [cmake_dir() / "NinjaPool.cmake", *(cmake_dir() / "NinjaPool").glob("*.cmake")]:
        text = path.read_text(encoding="utf-8")
        text = text.replace("${class}", "compile").replace("${size}", "1024")
        names |= set(re.findall(r"\b(?:set|APPEND|EXPR|foreach\w*)[( ](\w+)\b", text))
        names |= set(re.findall(r"_ninjapool_\w+\((\w+)", text))
    names -= {name for name in names if name.isupper()}
    assert {"job_class", "heavy_1024_jobs", "covered", "pools", "compile_foreign"} <= names
    junk = "".join(f'set({name} "junk;2")\n' for name in sorted(names))
    project.write("CMakeLists.txt", heavy(*calls) + junk)
    assert lines(configure(project, cmake_module_ends)) == told
    assert project.pools() == pools


# ---------------------------------------------------------------- generators and ways in


def test_multi_config(project, cmake_module_ends):
    project.write("CMakeLists.txt", PLAIN)
    configure(project, cmake_module_ends, generator="Ninja Multi-Config")
    assert set(project.pools()) == {"ninjapool_compile", "ninjapool_link"}
    for config in ("Debug", "Release"):
        output = f"CMakeFiles/tool.dir/{config}/main.c.o"
        assert project.pool_of(output) == "ninjapool_compile"
        assert project.pool_of(f"{config}/tool") == "ninjapool_link"
        build(project, cmake_module_ends, "--config", config)


def test_makefiles_are_left_alone_and_the_j_is_told(project, cmake_module_ends):
    project.write("CMakeLists.txt", PLAIN)
    output = configure(project, cmake_module_ends, generator="Unix Makefiles")
    assert re.search(r"NinjaPool: Unix Makefiles has no job pools: build with -j[1-8],", output)
    assert "not used" not in output
    build(project, cmake_module_ends, "-j2")


@pytest.mark.parametrize("way", ["include(NinjaPool)", "find_package(NinjaPool 0.1 REQUIRED)"])
def test_fetchcontent(project, cmake_module_ends, way):
    project.write(
        "CMakeLists.txt",
        f"""
        cmake_minimum_required(VERSION 3.20)
        project(example C)
        include(FetchContent)
        FetchContent_Declare(NinjaPool
          GIT_REPOSITORY https://invalid.invalid/ninjapool.git
          GIT_TAG main
          SOURCE_SUBDIR cmake_modules)
        FetchContent_MakeAvailable(NinjaPool)
        {way}
        ninjapool_setup()
        add_executable(tool main.c)
        """,
    )
    configure(
        project, cmake_module_ends, f"-DFETCHCONTENT_SOURCE_DIR_NINJAPOOL={REPOSITORY}",
        "-DCMAKE_MODULE_PATH=",
    )  # fmt: skip
    assert set(project.pools()) == {"ninjapool_compile", "ninjapool_link"}
    build(project, cmake_module_ends)


def test_a_newer_version_than_this_is_not_found(project, cmake_module_ends):
    find = "find_package(NinjaPool 99 REQUIRED CONFIG)\n"
    project.write("CMakeLists.txt", HEAD.replace("include(NinjaPool)\n", find))
    said = refused(project, cmake_module_ends, f"-DNinjaPool_ROOT={cmake_dir()}")
    assert 'compatible with requested version "99"' in said
