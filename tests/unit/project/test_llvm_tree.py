from __future__ import annotations

import pytest

from ninjapool.project.llvm import has_flang_pool, llvm_major, parse_major


@pytest.mark.parametrize(
    ("text", "major"),
    [
        ("set(LLVM_VERSION_MAJOR 19)", 19),
        ("if(NOT DEFINED LLVM_VERSION_MAJOR)\n  set(LLVM_VERSION_MAJOR 14)\nendif()", 14),
        ("set(LLVM_VERSION_MAJOR ${X})", None),
        ("", None),
    ],
)
def test_the_version_is_read_where_it_is_set(text, major):
    assert parse_major(text) == major


def test_the_version_is_found_in_old_and_new_trees(tmp_path):
    llvm = tmp_path / "llvm"
    llvm.mkdir()
    assert llvm_major(llvm) is None
    (llvm / "CMakeLists.txt").write_text("set(LLVM_VERSION_MAJOR 14)\n")
    assert llvm_major(llvm) == 14
    modules = tmp_path / "cmake" / "Modules"
    modules.mkdir(parents=True)
    (modules / "LLVMVersion.cmake").write_text("set(LLVM_VERSION_MAJOR 19)\n")
    assert llvm_major(llvm) == 19


def test_flangs_pool_is_there_only_in_a_flang_that_names_it(tmp_path):
    (tmp_path / "flang").mkdir()
    assert not has_flang_pool(tmp_path / "llvm")
    (tmp_path / "flang" / "CMakeLists.txt").write_text("set(FLANG_PARALLEL_COMPILE_JOBS CACHE)\n")
    assert has_flang_pool(tmp_path / "llvm")
