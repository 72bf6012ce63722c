from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool.project.ninja_files import NinjaFiles, parse_ninja, read_edges, read_ninja


def parse(text: str, **files: str) -> NinjaFiles:
    texts = {"build.ninja": text} | {f"{name}.ninja": value for name, value in files.items()}
    return parse_ninja("build.ninja", texts.get)


def class_of(rule: str, line: str = "", command: str = "", pool: str = "") -> str:
    text = f"build out: {rule} in{line}\n  COMMAND = {command}\n  pool = {pool}\n"
    return parse(text).edges[0].job_class


@pytest.mark.parametrize(
    ("rule", "job_class"),
    [
        ("CXX_COMPILER__core_unscanned_Release", "compile"),
        ("CXX_COMPILER__core", "compile"),
        ("C_COMPILER__x_", "compile"),
        ("CUDA_COMPILER__x_Debug", "compile"),
        ("ASM_COMPILER__x_", "compile"),
        ("CXX_EXECUTABLE_LINKER__tool_Release", "link"),
        ("C_SHARED_LIBRARY_LINKER__x_", "link"),
        ("CXX_MODULE_LIBRARY_LINKER__x_", "link"),
        ("CUDA_EXECUTABLE_DEVICE_LINKER__x_", "link"),
        ("CXX_STATIC_LIBRARY_LINKER__core_Release", "archive"),
        ("CXX_SCAN__core_Release", "other"),
        ("CXX_DYNDEP__core_Release", "other"),
        ("CMAKE_SYMLINK_LIBRARY", "other"),
        ("CUSTOM_COMMAND", "other"),
        ("cpp_COMPILER", "compile"),
        ("c_COMPILER_FOR_BUILD", "compile"),
        ("cpp_LINKER", "link"),
        ("STATIC_LINKER", "archive"),
        ("cxx", "compile"),
        ("clang_x64_cc", "compile"),
        ("solink", "link"),
        ("toolchain_alink", "archive"),
        ("stamp", "other"),
    ],
)
def test_edges_are_told_by_the_names_that_cmake_meson_and_gn_give_rules(rule, job_class):
    assert class_of(rule) == job_class


def test_a_run_of_tblgen_is_known_and_not_its_installation():
    run = "cd /b && /b/bin/mlir-tblgen -gen-op-decls -I /s /s/Ops.td --write-if-changed -o O.inc"
    assert class_of("CUSTOM_COMMAND", command=run) == "tablegen"
    install = 'cmake -DCMAKE_INSTALL_COMPONENT="llvm-tblgen" -P cmake_install.cmake'
    assert class_of("CUSTOM_COMMAND", command=install) == "other"
    native = "cmake --build NATIVE --target llvm-tblgen --config Release"
    assert class_of("CUSTOM_COMMAND", command=native) == "other"
    assert class_of("CXX_EXECUTABLE_LINKER__llvm-tblgen_") == "link"


def test_the_heavy_sources_of_flang_are_a_class_of_their_own():
    assert class_of("CXX_COMPILER__x_", line=" /s/flang/lib/Parser/a.cpp") == "flang"
    assert class_of("CXX_COMPILER__x_", pool="flang_compile_job_pool") == "flang"
    assert class_of("CXX_COMPILER__x_", line=" /s/clang/lib/Sema/a.cpp") == "compile"


def test_cmakes_own_edges_and_phony_ones_are_no_work():
    text = "".join(
        f"build {n}: {rule} x\n"
        for n, rule in enumerate(("phony", "RERUN_CMAKE", "CLEAN", "HELP", "CUSTOM_COMMAND"))
    )
    assert [edge.output for edge in parse(text).edges] == ["4"]


def test_console_edges_are_kept_but_not_counted():
    files = parse("build install: CUSTOM_COMMAND\n  pool = console\nbuild a: CXX_COMPILER__a b\n")
    assert len(files.edges) == 2
    assert files.count() == {"compile": 1}


def test_pools_and_the_pools_of_edges_are_read():
    files = parse(
        "pool compile_pool\n  depth = 3\n\npool odd\n  depth = x\nrule R\n  pool = odd\n"
        "build a: CXX_COMPILER__a b\n  FLAGS = -O2\n  pool = compile_pool\n"
        "build c: R d\nbuild e: CXX_COMPILER__a f\n"
    )
    assert files.pools == {"compile_pool": 3, "odd": 0}
    assert [(edge.output, edge.pool) for edge in files.edges] == [
        ("a", "compile_pool"),
        ("c", "odd"),
        ("e", None),
    ]


def test_includes_and_subninjas_are_followed_once_and_missing_ones_told():
    files = parse(
        "include a.ninja\nsubninja b.ninja\ninclude nope.ninja\nbuild x: cc y",
        a="pool p\n  depth = 2\ninclude build.ninja\n",
        b="include a.ninja\nbuild z: cxx y\n  pool = p\n",
    )
    assert [edge.output for edge in files.edges] == ["z", "x"]
    assert files.pools == {"p": 2}
    assert files.missing == ("nope.ninja",)


def test_escapes_and_continued_lines_are_understood():
    files = parse("build a$ b$:c | $\n    d: CXX_COMPILER__x $\n  e\n  pool = p\nbuild $$: cc x\n")
    assert [(edge.output, edge.rule, edge.pool) for edge in files.edges] == [
        ("a$ b$:c", "CXX_COMPILER__x", "p"),
        ("$$", "cc", None),
    ]


def test_windows_line_ends_do_no_harm():
    files = parse("pool p\r\n  depth = 2\r\nbuild a: cc b\r\n  pool = p\r\n")
    assert files.pools == {"p": 2}
    assert files.count() == {"compile": 1}
    assert files.edges[0].pool == "p"


def test_no_build_directory_has_no_edges(tmp_path):
    assert read_edges(tmp_path / "nowhere") == {}
    assert read_ninja(tmp_path).missing == ("build.ninja",)


def test_of_a_multi_config_directory_the_asked_or_the_default_type_counts(tmp_path: Path):
    (tmp_path / "CMakeFiles").mkdir()
    (tmp_path / "build.ninja").write_text("include CMakeFiles/impl-Debug.ninja\n")
    (tmp_path / "build-Release.ninja").write_text("include CMakeFiles/impl-Release.ninja\n")
    for config, count in (("Debug", 1), ("Release", 2)):
        edges = "".join(f"build {n}: CXX_COMPILER__x_{config} y\n" for n in range(count))
        (tmp_path / "CMakeFiles" / f"impl-{config}.ninja").write_text(edges)
    assert read_edges(tmp_path) == {"compile": 1}
    assert read_edges(tmp_path, "Release") == {"compile": 2}
    assert read_edges(tmp_path, "Profile") == {"compile": 1}


def test_ten_thousand_edges_are_counted_in_one_pass_over_each_file():
    compile_edge = "build o{}.o: CXX_COMPILER__t_ s.cpp\n  FLAGS = {}\n  pool = c\n"
    text = "".join(compile_edge.format(n, "-O2 " * 50) for n in range(10_000))
    reads: Counter[str] = Counter()

    def read(name: str) -> str:
        reads[name] += 1
        return text if name == "build.ninja" else "include build.ninja\n"

    files = parse_ninja("start.ninja", read)
    assert files.count() == {"compile": 10_000}
    assert set(reads.values()) == {1}


@given(st.text(max_size=200) | st.text(alphabet="build pool rule:$|\n =include.x", max_size=200))
def test_no_text_breaks_the_reader(text):
    files = parse(text)
    assert all(edge.rule for edge in files.edges)


NAMES = st.text(alphabet="abcXYZ_./-", min_size=1)


@given(st.lists(st.tuples(NAMES, st.sampled_from(["cc", "alink", "link"]), NAMES), max_size=20))
def test_every_edge_is_found_with_its_pool(edges):
    text = "".join(f"build {out}: {rule} in\n  pool = {pool}\n" for out, rule, pool in edges)
    found = [(edge.output, edge.rule, edge.pool) for edge in parse(text).edges]
    assert found == edges
