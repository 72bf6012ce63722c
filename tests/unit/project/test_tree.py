from pathlib import Path

import pytest

from ninjapool.errors import SourceError
from ninjapool.project.tree import Tree, find_source, read_tree


def tree(folder: Path, text: str, **files: str) -> Tree:
    """Reads a source tree of a top CMakeLists.txt and files named with __ for the slash."""
    for name, content in {"CMakeLists.txt": text, **files}.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return read_tree(folder)


LLVM = """
set(LLVM_ALL_PROJECTS "bolt;clang;mlir")
project(LLVM LANGUAGES C CXX ASM)
if (NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  message(FATAL_ERROR "
No build type selected. You need to pass -DCMAKE_BUILD_TYPE=<type>")
endif()
include(HandleLLVMOptions)
"""


def test_llvms_own_tree_is_known(tmp_path):
    found = tree(tmp_path, LLVM)
    assert (found.name, found.llvm) == ("LLVM", True)
    assert found.languages == ("C", "CXX", "ASM")
    assert found.all_projects == ("bolt", "clang", "mlir")
    assert found.refuses_no_build_type


def test_a_project_that_includes_handlellvmoptions_has_llvms_pools(tmp_path):
    text = "project(mine)\nfind_package(LLVM REQUIRED CONFIG)\ninclude(HandleLLVMOptions)"
    assert tree(tmp_path, text).llvm
    assert not tree(
        tmp_path, "project(mine)\nfind_package(LLVM)\n# include(HandleLLVMOptions)"
    ).llvm


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("include(cmake/llvm.cmake)", {"cmake__llvm.cmake": "include(HandleLLVMOptions)"}),
        ("include(setup)", {"cmake__modules__setup.cmake": "include(HandleLLVMOptions)"}),
        (
            "include(${CMAKE_CURRENT_SOURCE_DIR}/x.cmake)",
            {
                "x.cmake": "include(${CMAKE_CURRENT_LIST_DIR}/y.cmake)",
                "y.cmake": "include(HandleLLVMOptions)",
            },
        ),
        ("add_subdirectory(lib)", {"lib__CMakeLists.txt": "include(HandleLLVMOptions)"}),
        ("include(${LLVM_CMAKE_DIR}/HandleLLVMOptions.cmake)", {}),
    ],
)
def test_it_is_found_through_includes_and_folders(tmp_path, text, files):
    assert tree(tmp_path, text, **files).llvm


def test_what_lies_deeper_or_hangs_on_a_variable_is_not_followed(tmp_path):
    deep = {f"{'d__' * n}CMakeLists.txt": "add_subdirectory(d)" for n in range(1, 5)}
    deep["d__d__d__CMakeLists.txt"] = "include(HandleLLVMOptions)"
    assert not tree(tmp_path, "add_subdirectory(d)\ninclude(${X}/y.cmake)", **deep).llvm


def test_files_that_include_each_other_end(tmp_path):
    found = tree(tmp_path, "project(a)\ninclude(x.cmake)", **{"x.cmake": "include(CMakeLists.txt)"})
    assert found.name == "a"


@pytest.mark.parametrize(
    ("call", "languages"),
    [
        ("project(x)", ("C", "CXX")),
        ("project(x VERSION 1.2 DESCRIPTION d)", ("C", "CXX")),
        ("project(x CXX CUDA)", ("CXX", "CUDA")),
        ("project(x VERSION 1 LANGUAGES C)", ("C",)),
        ("project(x NONE)\nenable_language(CXX)", ("CXX",)),
        ("project(x LANGUAGES NONE)", ()),
        ("project(x ${LANGS})", ()),
        ("", ()),
    ],
)
def test_languages_are_those_of_project_and_enable_language(tmp_path, call, languages):
    assert tree(tmp_path, call).languages == languages


def test_the_first_project_call_names_the_project_else_the_folder(tmp_path):
    assert tree(tmp_path, "project(one)\nproject(two)").name == "one"
    assert tree(tmp_path, "project(${NAME})").name == tmp_path.name
    assert tree(tmp_path, "add_library(x x.c)").name == tmp_path.name


def test_subprojects_that_stand_alone_or_are_built_upon_are_named(tmp_path):
    assert tree(tmp_path, "project(Flang)\ninclude(HandleLLVMOptions)").subprojects == ("flang",)
    text = "project(mine)\nfind_package(MLIR REQUIRED CONFIG)\ninclude(HandleLLVMOptions)"
    assert tree(tmp_path, text).subprojects == ("mlir",)
    assert tree(tmp_path, "project(clang)").subprojects == ()


def test_a_build_type_that_the_project_falls_back_to_is_found(tmp_path):
    text = (
        "project(x)\nif(NOT CMAKE_BUILD_TYPE)\n  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING"
    )
    text += " help)\nendif()\nset(CMAKE_BUILD_TYPE Debug)"
    found = tree(tmp_path, text).defaults["CMAKE_BUILD_TYPE"]
    assert (found.value, found.source) == ("RelWithDebInfo", "CMakeLists.txt:3")


def test_a_build_type_for_a_special_case_is_none_to_fall_back_to(tmp_path):
    text = "if(FUZZING)\nset(CMAKE_BUILD_TYPE Debug)\nendif()\nset(CMAKE_BUILD_TYPE ${X})"
    assert tree(tmp_path, text).defaults == {}


def test_pools_of_the_projects_own_are_found(tmp_path):
    text = "set_property(GLOBAL APPEND PROPERTY JOB_POOLS link=2 big=1)\ninclude(p.cmake)"
    found = tree(tmp_path, text, **{"p.cmake": "if(X)\nset(CMAKE_JOB_POOL_LINK link)\nendif()"})
    assert found.defaults["JOB_POOLS"].value == "link=2;big=1"
    assert found.defaults["CMAKE_JOB_POOL_LINK"].source == "p.cmake:2"


# ---------------------------------------------------------------- find_source


def test_the_root_of_llvms_repository_stands_for_its_llvm_folder(tmp_path):
    tree(tmp_path / "llvm", LLVM)
    assert find_source(tmp_path) == tmp_path / "llvm"
    assert find_source(tmp_path / "llvm") == tmp_path / "llvm"


def test_a_folder_without_a_cmakelists_is_refused_with_a_guess(tmp_path):
    tree(tmp_path / "src", "project(x)")
    with pytest.raises(SourceError, match=r"has no CMakeLists\.txt") as caught:
        find_source(tmp_path)
    assert caught.value.hint == f"did you mean {tmp_path / 'src'}?"


def test_an_empty_folder_a_build_directory_and_nothing_are_told_apart(tmp_path):
    with pytest.raises(SourceError) as empty:
        find_source(tmp_path)
    assert "top CMakeLists.txt" in empty.value.hint
    (tmp_path / "CMakeCache.txt").touch()
    with pytest.raises(SourceError) as build:
        find_source(tmp_path)
    assert "it is a build directory" in build.value.hint
    with pytest.raises(SourceError, match="is no folder"):
        find_source(tmp_path / "nowhere")


def test_a_cmakelists_that_cannot_be_read_says_nothing(tmp_path):
    (tmp_path / "CMakeLists.txt").write_bytes(b"\xff\x00project(x)\x80")
    assert read_tree(tmp_path).name in ("x", tmp_path.name)
