"""What read_project makes of a source tree, a command line, presets, a cache and an environment."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool.errors import FileError, SourceError, UsageError
from ninjapool.model import Project
from ninjapool.project import read_project, read_project_on
from ninjapool.project.arguments import parse_arguments
from ninjapool.project.compiler import Host

LLVM = """\
set(LLVM_ALL_PROJECTS "clang;mlir;polly")
project(LLVM LANGUAGES C CXX ASM)
if(NOT CMAKE_BUILD_TYPE)
  message(FATAL_ERROR "No build type selected.")
endif()
include(HandleLLVMOptions)
"""


class Space:
    """A source tree with a g++ on its PATH, and no program that can be run."""

    def __init__(self, root: Path) -> None:
        self.source = root / "source"
        self.build = root / "source" / "build"
        self.env = {"PATH": str(root / "bin")}
        self.platform = "linux"
        self.file("CMakeLists.txt", "project(demo CXX)\n")
        self.program("g++")

    def file(self, name: str, text: str) -> Path:
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def program(self, name: str, target: str = "") -> None:
        folder = self.source.parent / "bin"
        folder.mkdir(exist_ok=True)
        (folder / (target or name)).touch()
        (folder / (target or name)).chmod(0o755)
        if target:
            (folder / name).symlink_to(target)

    def presets(self, *presets: dict[str, Any]) -> None:
        self.file("CMakePresets.json", json.dumps({"version": 4, "configurePresets": presets}))

    def cache(self, **variables: str) -> None:
        home = {"CMAKE_HOME_DIRECTORY": str(self.source), "CMAKE_GENERATOR": "Ninja"}
        lines = [f"{name}:STRING={value}\n" for name, value in (home | variables).items()]
        self.file("build/CMakeCache.txt", "".join(lines))

    def read(self, *args: str, build: bool = False, **env: str) -> Project:
        host = Host(env=self.env | env, platform=self.platform, ask=lambda _: "")
        chosen = self.build if build else None
        return read_project_on(host, self.source, chosen, parse_arguments(args))


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Space(tmp_path)


@pytest.fixture
def llvm(space: Space) -> Space:
    space.file("CMakeLists.txt", LLVM)
    return space


# ---------------------------------------------------------------- precedence


def test_each_origin_gives_way_to_the_next_and_is_named(space):
    build_type = "CMAKE_BUILD_TYPE"
    found = space.read()
    assert (found.build_type.value, found.build_type.source[:7]) == ("", "default")
    found = space.read(CMAKE_BUILD_TYPE="MinSizeRel")
    assert found.build_type.source == "CMAKE_BUILD_TYPE in the environment"
    space.cache(CMAKE_BUILD_TYPE="Release")
    found = space.read(build=True, CMAKE_BUILD_TYPE="MinSizeRel")
    assert (found.build_type.value, found.build_type.source) == ("Release", "build/CMakeCache.txt")
    space.presets({"name": "dev", "cacheVariables": {build_type: "RelWithDebInfo"}})
    found = space.read("--preset", "dev", build=True)
    assert found.build_type.value == "RelWithDebInfo"
    assert found.build_type.source == "preset dev (CMakePresets.json:1)"
    found = space.read("--preset", "dev", "-DCMAKE_BUILD_TYPE=Debug", build=True)
    assert (found.build_type.value, found.build_type.source) == (
        "Debug",
        "-DCMAKE_BUILD_TYPE=Debug",
    )


def test_an_empty_value_in_the_cache_is_one_and_hides_the_environment(space):
    space.cache(CMAKE_CXX_FLAGS="", CMAKE_BUILD_TYPE="")
    found = space.read(build=True, CXXFLAGS="-g", CMAKE_BUILD_TYPE="Debug")
    assert (found.debug_info.value, found.build_type.value) == ("none", "")


def test_a_removed_variable_falls_back_to_the_environment(space):
    space.cache(CMAKE_CXX_FLAGS="-O1", CMAKE_BUILD_TYPE="Debug")
    found = space.read("-UCMAKE_CXX_FL*", "-UCMAKE_BUILD_TYPE", build=True, CXXFLAGS="-g1")
    assert found.debug_info.source == "-g1 in CMAKE_CXX_FLAGS (CXXFLAGS in the environment)"
    assert found.build_type.value == ""


def test_arguments_act_in_their_order(space):
    assert space.read("-DCMAKE_BUILD_TYPE=Debug", "-UCMAKE*").build_type.value == ""
    assert space.read("-UCMAKE*", "-DCMAKE_BUILD_TYPE=Debug").build_type.value == "Debug"
    assert space.read("-DCMAKE_BUILD_TYPE=A", "-DCMAKE_BUILD_TYPE=B").build_type.value == "B"


def test_fresh_throws_the_cache_away(space):
    space.cache(CMAKE_BUILD_TYPE="Release")
    space.file("build/build.ninja", "build a: cc b\n")
    found = space.read("--fresh", build=True)
    assert (found.build_type.value, found.edges) == ("", {})


def test_a_preset_brings_its_environment_generator_and_build_directory(space):
    preset = {"name": "dev", "binaryDir": "${sourceDir}/build", "generator": "Ninja"}
    space.presets(preset | {"environment": {"CXX": "clang++-19"}})
    space.cache(CMAKE_BUILD_TYPE="Release")
    found = space.read("--preset=dev", CXX="g++")
    assert found.build == space.build
    assert found.build_type.source == "build/CMakeCache.txt"
    assert found.compiler.value == "clang"
    assert found.compiler.source == "CXX in the preset's environment"
    assert found.generator is not None
    assert found.generator.value == "Ninja"


def test_the_build_directory_may_come_from_b(space):
    space.cache(CMAKE_BUILD_TYPE="Release")
    assert space.read("-B", str(space.build)).build_type.value == "Release"
    assert space.read().build is None


def test_a_script_gives_way_to_what_is_set_unless_it_forces(space):
    script = space.file(
        "init.cmake",
        'set(CMAKE_BUILD_TYPE Debug CACHE STRING "")\n'
        'set(CMAKE_CXX_FLAGS "-O1 -g1" CACHE STRING "" FORCE)\n'
        "set(BUILD_SHARED_LIBS ON)\n",
    )
    found = space.read("-C", str(script))
    assert (found.build_type.value, found.build_type.source) == ("Debug", "-C init.cmake:1")
    assert not found.shared_libs, "a plain set() of a -C file is gone when the project runs"
    found = space.read("-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS=-g", "-C", str(script))
    assert (found.build_type.value, found.debug_info.value) == ("Release", "lines")
    assert "init.cmake was read, not run" in found.notes[-1]


def test_what_a_script_computes_is_left_out_and_said(space):
    script = space.file("i.cmake", 'if(X)\nset(CMAKE_BUILD_TYPE Debug CACHE STRING "")\nendif()\n')
    found = space.read("-C", str(script))
    assert found.build_type.value == ""
    assert "1 of its settings are computed" in found.notes[-1]


def test_a_script_that_is_not_there_is_refused(space):
    with pytest.raises(FileError, match="cannot be read"):
        space.read("-C", str(space.source / "nope.cmake"))


def test_a_toolchain_file_hides_even_the_command_line(space):
    path = space.file("t.cmake", "set(CMAKE_CXX_COMPILER clang++)\nset(CMAKE_BUILD_TYPE Debug)\n")
    found = space.read(
        f"--toolchain={path}", "-DCMAKE_CXX_COMPILER=g++", "-DCMAKE_BUILD_TYPE=Release"
    )
    assert (found.compiler.value, found.compiler.source) == ("clang", "t.cmake:1")
    assert found.build_type.value == "Debug"
    assert "toolchain file t.cmake was read, not run" in found.notes


def test_a_toolchain_files_cache_values_do_not_hide_and_conditions_are_not_judged(space):
    text = 'set(CMAKE_BUILD_TYPE Debug CACHE STRING "")\nif(X)\nset(CMAKE_CXX_FLAGS -g)\nendif()\n'
    path = space.file("t.cmake", text)
    found = space.read(f"-DCMAKE_TOOLCHAIN_FILE={path}", "-DCMAKE_BUILD_TYPE=Release")
    assert (found.build_type.value, found.debug_info.value) == ("Release", "none")
    assert space.read(CMAKE_TOOLCHAIN_FILE=str(path)).build_type.value == "Debug"


def test_a_presets_toolchain_file_may_stand_in_the_source_folder(space):
    space.file("cmake/t.cmake", "set(CMAKE_CXX_COMPILER clang++)")
    space.presets({"name": "p", "toolchainFile": "cmake/t.cmake"})
    assert space.read("--preset", "p").compiler.value == "clang"


def test_a_toolchain_file_that_is_not_there_is_noted(space):
    assert "gone.cmake was not found" in space.read("--toolchain", "gone.cmake").notes[0]


# ---------------------------------------------------------------- build type


def test_llvm_without_a_build_type_is_taken_for_release_and_noted(llvm):
    found = llvm.read()
    assert found.build_type.value == "Release"
    assert found.build_type.source.startswith("assumed")
    assert "refuses to configure" in found.notes[0]


def test_an_older_llvm_falls_back_to_debug_by_itself(space):
    text = (
        'if(NOT CMAKE_BUILD_TYPE)\nset(CMAKE_BUILD_TYPE "Debug" CACHE STRING "x" FORCE)\nendif()\n'
    )
    space.file("CMakeLists.txt", f"project(LLVM)\n{text}include(HandleLLVMOptions)")
    found = space.read()
    assert (found.build_type.value, found.debug_info.value) == ("Debug", "full")
    assert found.build_type.source == "default: CMakeLists.txt:3 sets it where you do not"


def test_the_usual_build_types_get_their_usual_spelling(space):
    assert space.read("-DCMAKE_BUILD_TYPE=RELWITHDEBINFO").build_type.value == "RelWithDebInfo"
    assert space.read("-DCMAKE_BUILD_TYPE=ASan").build_type.value == "ASan"


def test_of_several_build_types_the_default_one_counts(space):
    several = ("-G", "Ninja Multi-Config", "-DCMAKE_BUILD_TYPE=MinSizeRel")
    found = space.read(*several)
    assert (found.build_type.value, found.debug_info.value) == ("Debug", "full")
    assert "several build types: this is about Debug" in found.notes
    found = space.read(*several, "-DCMAKE_CONFIGURATION_TYPES=Release;Debug")
    assert found.build_type.value == "Release"
    assert found.build_type.source.startswith("the first of CMAKE_CONFIGURATION_TYPES")
    assert space.read(*several, "-DCMAKE_DEFAULT_BUILD_TYPE=RelWithDebInfo").build_type.value == (
        "RelWithDebInfo"
    )


def test_msvc_falls_back_to_debug(space):
    assert space.read("-DCMAKE_CXX_COMPILER=cl.exe").build_type.value == "Debug"


# ---------------------------------------------------------------- debug information


@pytest.mark.parametrize(
    ("args", "level", "source"),
    [
        (["-DCMAKE_BUILD_TYPE=Release"], "none", "no -g in the flags of Release"),
        ([], "none", "no -g in the flags of no build type"),
        (
            ["-DCMAKE_BUILD_TYPE=Debug"],
            "full",
            "-g in CMAKE_CXX_FLAGS_DEBUG (build type Debug, -DCMAKE_BUILD_TYPE=Debug)",
        ),
        (
            ["-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS=-g1"],
            "lines",
            "-g1 in CMAKE_CXX_FLAGS (-DCMAKE_CXX_FLAGS=-g1)",
        ),
        (["-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0 -g0"], "none", None),
        (["-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS=-g0"], "full", None),
        (["-DCMAKE_BUILD_TYPE=ASan", "-DCMAKE_CXX_FLAGS_ASAN=-gmlt"], "lines", None),
        (["-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG="], "none", None),
        (["-DCMAKE_C_FLAGS=-g"], "none", None),
    ],
)
def test_debug_information_follows_from_build_type_and_flags(space, args, level, source):
    found = space.read(*args).debug_info
    assert found.value == level
    assert source is None or found.source == source


def test_the_language_with_the_most_debug_information_decides(llvm):
    found = llvm.read("-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_C_FLAGS=-g")
    assert found.debug_info.value == "full"


def test_split_dwarf_is_llvms_switch_in_debug_builds_or_a_flag(llvm, space):
    switch = "-DLLVM_USE_SPLIT_DWARF=ON"
    assert llvm.read(switch, "-DCMAKE_BUILD_TYPE=Debug").split_dwarf
    assert not llvm.read(switch, "-DCMAKE_BUILD_TYPE=Release").split_dwarf
    assert not llvm.read(switch, "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS=-g").split_dwarf
    assert llvm.read("-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS=-gsplit-dwarf").split_dwarf
    space.file("CMakeLists.txt", "project(x)")
    assert not space.read(switch, "-DCMAKE_BUILD_TYPE=Debug").split_dwarf


# ---------------------------------------------------------------- lto and linker


@pytest.mark.parametrize(
    ("args", "lto"),
    [
        ([], "off"),
        (["-DLLVM_ENABLE_LTO=Thin"], "thin"),
        (["-DLLVM_ENABLE_LTO=FULL"], "full"),
        (["-DLLVM_ENABLE_LTO=ON"], "full"),
        (["-DLLVM_ENABLE_LTO=OFF"], "off"),
        (["-DLLVM_ENABLE_LTO=OFF", "-DCMAKE_CXX_FLAGS=-flto=thin"], "thin"),
        (["-DCMAKE_EXE_LINKER_FLAGS=-flto"], "full"),
        (["-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON"], "full"),
        (["-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON", "-DCMAKE_CXX_COMPILER=clang++"], "thin"),
        (["-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=OFF"], "off"),
        (
            [
                "-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON",
                "-DCMAKE_INTERPROCEDURAL_OPTIMIZATION_RELEASE=OFF",
                "-DCMAKE_BUILD_TYPE=Release",
            ],
            "off",
        ),
    ],
)
def test_lto_is_llvms_switch_or_flags_or_cmakes_switch(llvm, args, lto):
    assert llvm.read(*args).lto.value == lto


def test_llvms_switches_mean_nothing_to_others(space):
    found = space.read(
        "-DLLVM_ENABLE_LTO=Full", "-DLLVM_ENABLE_LLD=ON", "-DLLVM_USE_SANITIZER=Address"
    )
    assert (found.lto.value, found.linker.value, found.sanitizers) == ("off", "bfd", ())
    assert space.read("-DLLVM_LINK_LLVM_DYLIB=ON", "-DLLVM_ENABLE_PROJECTS=clang").subprojects == ()


@pytest.mark.parametrize(
    ("args", "linker", "source"),
    [
        (["-DLLVM_USE_LINKER=mold"], "mold", "-DLLVM_USE_LINKER=mold"),
        (["-DLLVM_ENABLE_LLD=ON"], "lld", "-DLLVM_ENABLE_LLD=ON"),
        (["-DCMAKE_LINKER_TYPE=GOLD"], "gold", "-DCMAKE_LINKER_TYPE=GOLD"),
        (["-DCMAKE_LINKER_TYPE=SYSTEM"], "bfd", "default of gcc on Linux"),
        (
            ["-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld", "-DCMAKE_LINKER_TYPE=GOLD"],
            "lld",
            "-fuse-ld=lld in CMAKE_EXE_LINKER_FLAGS (-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld)",
        ),
        (["-DCMAKE_CXX_FLAGS=-fuse-ld=gold"], "gold", None),
        (["-DCMAKE_LINKER=C:/x/lld-link.exe"], "lld", None),
        (["-DCMAKE_CXX_COMPILER=cl"], "other", "default: the platform's own linker"),
        ([], "bfd", "default of gcc on Linux"),
    ],
)
def test_the_linker_is_the_one_that_is_asked_for_else_the_compilers(llvm, args, linker, source):
    found = llvm.read(*args).linker
    assert found.value == linker
    assert source is None or found.source == source


def test_ldflags_of_the_environment_count(space):
    assert space.read(LDFLAGS="-fuse-ld=mold").linker.value == "mold"


def test_a_ld_that_is_a_link_tells_what_it_is(space):
    space.program("ld", target="x86_64-linux-gnu-ld.gold")
    found = space.read().linker
    assert (found.value, found.source) == ("gold", "default: ld is x86_64-linux-gnu-ld.gold")


def test_apples_linker_is_other(space):
    space.platform = "darwin"
    space.program("clang++")
    assert space.read("-DCMAKE_CXX_COMPILER=clang++").linker.value == "other"


def test_shared_libraries_are_cmakes_or_llvms_switch(llvm):
    assert llvm.read("-DBUILD_SHARED_LIBS=ON").shared_libs
    assert llvm.read("-DLLVM_LINK_LLVM_DYLIB=1").shared_libs
    assert not llvm.read("-DLLVM_LINK_LLVM_DYLIB=OFF").shared_libs


def test_sanitizers_come_from_llvms_switch_and_from_flags(llvm):
    found = llvm.read("-DLLVM_USE_SANITIZER=MemoryWithOrigins;Undefined")
    assert found.sanitizers == ("memory", "undefined")
    assert llvm.read("-DCMAKE_CXX_FLAGS=-fsanitize=thread").sanitizers == ("thread",)


# ---------------------------------------------------------------- llvm


def test_the_repository_is_read_as_its_llvm_folder_and_that_is_said(space):
    root = space.source
    space.file("llvm/CMakeLists.txt", LLVM)
    (root / "CMakeLists.txt").unlink()
    found = space.read("-DCMAKE_BUILD_TYPE=Release")
    assert (found.source, found.llvm) == (root / "llvm", True)
    assert found.notes == (f"the source of {root} is its llvm/",)


@pytest.mark.parametrize(
    ("value", "subprojects"),
    [
        ("", ()),
        ("clang;lld", ("clang", "lld")),
        ("all", ("clang", "mlir", "polly")),
        ("clang;flang", ("clang", "flang", "mlir")),
    ],
)
def test_subprojects_are_spelled_out(llvm, value, subprojects):
    assert llvm.read(f"-DLLVM_ENABLE_PROJECTS={value}").subprojects == subprojects


def test_runtimes_are_noted_as_builds_of_their_own(llvm):
    found = llvm.read("-DCMAKE_BUILD_TYPE=Release", "-DLLVM_ENABLE_RUNTIMES=libcxx")
    assert "LLVM_ENABLE_RUNTIMES" in found.notes[0]


# ---------------------------------------------------------------- cuda


@pytest.mark.parametrize(
    ("args", "env", "threads"),
    [
        ([], {}, 1),
        (["-DCMAKE_CUDA_FLAGS=--threads 4"], {}, 4),
        (["-DCMAKE_CUDA_FLAGS=--threads 4"], {"NVCC_APPEND_FLAGS": "-t2"}, 2),
        ([], {"NVCC_THREADS": "8"}, 8),
        (["-DNVCC_THREADS=2"], {"NVCC_THREADS": "8"}, 2),
        ([], {"NVCC_THREADS": "x"}, 1),
        (["-DCMAKE_CUDA_FLAGS=-t0", "-DCMAKE_CUDA_ARCHITECTURES=80;90;100"], {}, 3),
        (["-DCMAKE_CUDA_FLAGS=-t0"], {}, 1),
    ],
)
def test_the_threads_of_one_nvcc_are_counted(space, args, env, threads):
    assert space.read(*args, **env).cuda_threads == threads


# ---------------------------------------------------------------- the user's pools


def test_pool_settings_of_the_user_are_kept_with_their_source(llvm):
    found = llvm.read(
        "-DLLVM_PARALLEL_LINK_JOBS=2",
        "-DLLVM_PARALLEL_COMPILE_JOBS=",
        "-DLLVM_RAM_PER_TABLEGEN_JOB:STRING=500",
        "-DCMAKE_JOB_POOLS=a=1;b=2",
        CMAKE_BUILD_PARALLEL_LEVEL="6",
    ).user_settings
    assert {name: setting.value for name, setting in found.items()} == {
        "LLVM_PARALLEL_LINK_JOBS": "2",
        "LLVM_RAM_PER_TABLEGEN_JOB": "500",
        "CMAKE_JOB_POOLS": "a=1;b=2",
        "CMAKE_BUILD_PARALLEL_LEVEL": "6",
    }
    assert found["CMAKE_BUILD_PARALLEL_LEVEL"].source.endswith("in the environment")


def test_what_ninjapool_set_earlier_is_not_the_users(llvm):
    llvm.cache()
    text = (llvm.build / "CMakeCache.txt").read_text()
    ours = "//Set to 1 by ninjapool.\nLLVM_PARALLEL_LINK_JOBS:STRING=1\n"
    theirs = "//Define the maximum\nLLVM_PARALLEL_COMPILE_JOBS:STRING=3\n"
    (llvm.build / "CMakeCache.txt").write_text(text + ours + theirs)
    text = 'set(LLVM_PARALLEL_TABLEGEN_JOBS 2 CACHE STRING "" FORCE)\n'
    script = llvm.file(".ninjapool/cache.cmake", text)
    found = llvm.read("-C", str(script), "-DCMAKE_BUILD_TYPE=Release", build=True)
    assert found.notes == ()
    assert set(found.user_settings) == {"LLVM_PARALLEL_COMPILE_JOBS"}


def test_pools_in_the_cmakelists_are_the_users_too(space):
    space.file("CMakeLists.txt", "project(x)\nset_property(GLOBAL PROPERTY JOB_POOLS link=2)\n")
    found = space.read().user_settings["JOB_POOLS"]
    assert (found.value, found.source) == ("link=2", "CMakeLists.txt:2")


# ---------------------------------------------------------------- an existing build directory


def test_its_edges_are_counted(space):
    space.cache()
    space.file(
        "build/build.ninja", "build a: CXX_COMPILER__x b\nbuild c: CXX_EXECUTABLE_LINKER__x a\n"
    )
    assert space.read(build=True).edges == {"compile": 1, "link": 1}


def test_a_build_directory_of_another_source_is_refused(space):
    space.cache(CMAKE_HOME_DIRECTORY="/somewhere/else")
    with pytest.raises(SourceError, match="is the build directory of /somewhere/else"):
        space.read(build=True)


def test_a_source_that_is_reached_through_a_link_is_the_same(space, tmp_path):
    (tmp_path / "link").symlink_to(space.source)
    space.cache(CMAKE_HOME_DIRECTORY=str(tmp_path / "link"), CMAKE_BUILD_TYPE="Debug")
    assert space.read(build=True).build_type.value == "Debug"


def test_a_file_is_no_build_directory(space):
    space.file("build", "")
    with pytest.raises(SourceError, match="is a file"):
        space.read(build=True)


def test_a_cache_that_cannot_be_read_is_noted(space):
    (space.build / "CMakeCache.txt").mkdir(parents=True)
    found = space.read(build=True)
    assert "build/CMakeCache.txt cannot be read (Is a directory)" in found.notes[0]
    assert found.build_type.value == ""


def test_makefiles_are_noted(space):
    space.cache(CMAKE_GENERATOR="Unix Makefiles")
    assert (
        "Unix Makefiles knows no job pools (build/CMakeCache.txt)"
        in space.read(build=True).notes[0]
    )
    assert space.read("-G", "Ninja").notes == ()


# ---------------------------------------------------------------- bad input


def test_two_presets_or_two_sources_are_refused(space):
    space.presets({"name": "a"}, {"name": "b"})
    with pytest.raises(UsageError, match="two presets"):
        read_project(space.source, preset="a", cmake_args=["--preset", "b"], env=space.env)
    with pytest.raises(UsageError, match="two sources"):
        space.read("-S", "/elsewhere")


def test_broken_presets_matter_only_to_who_asks_for_one(space):
    space.file("CMakePresets.json", "{")
    assert space.read().name == "demo"
    with pytest.raises(FileError):
        space.read("--preset", "p")


def test_a_preset_may_be_named_beside_the_arguments(space):
    space.presets({"name": "a", "cacheVariables": {"CMAKE_BUILD_TYPE": "Debug"}})
    found = read_project(space.source, preset="a", cmake_args=["-GNinja"], env=space.env)
    assert (found.build_type.value, found.name) == ("Debug", "demo")


NAMES = st.sampled_from(
    [
        "CMAKE_BUILD_TYPE",
        "CMAKE_CXX_FLAGS",
        "CMAKE_CXX_COMPILER",
        "LLVM_ENABLE_LTO",
        "CMAKE_GENERATOR",
    ]
)
VALUES = st.text(alphabet="Debug;-g=flto ON/'\"", max_size=12)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=5), st.dictionaries(NAMES, VALUES))
def test_any_values_give_a_project(tmp_path_factory, given, cached):
    space = Space(tmp_path_factory.mktemp("any"))
    space.cache(**{"CMAKE_GENERATOR": "Ninja"} | cached)
    args = [f"-D{name}={value}" for name, value in given]
    found = space.read(*args, build=True)
    assert found.debug_info.value in ("none", "lines", "full")
    assert found.build_type.source
