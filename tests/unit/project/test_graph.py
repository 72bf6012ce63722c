"""What waits for what, from ninja's files."""

from __future__ import annotations

from ninjapool.project.graph import parse_graph, read_graph, restricted

CMAKE = """
ninja_required_version = 1.5
cmake_ninja_workdir = /b/
include CMakeFiles/rules.ninja
build cmake_object_order_depends_target_lib: phony || gen.h
build lib/a$ b.cpp.o: CXX_COMPILER__lib_ /src/a$ b.cpp || cmake_object_order_depends_target_lib
build lib/c.cpp.o: CXX_COMPILER__lib_ /src/c.cpp | /usr/x.h $
    || cmake_object_order_depends_target_lib
build liblib.a: CXX_STATIC_LIBRARY_LINKER__lib_ lib/a$ b.cpp.o $
    lib/c.cpp.o
build gen.h | ${cmake_ninja_workdir}gen.h: CUSTOM_COMMAND /src/gen.td
  COMMAND = /b/llvm-tblgen -o gen.h /src/gen.td && true
build program: CXX_EXECUTABLE_LINKER__program_ main.o | liblib.a
  pool = link_pool
build main.o: CXX_COMPILER__program_ /src/main.cpp
build alone.o: CXX_COMPILER__alone_ /src/alone.cpp
build install: CUSTOM_COMMAND all
  pool = console
build all: phony program liblib.a
build build.ninja: RERUN_CMAKE CMakeLists.txt
default all
"""
RULES = """
pool link_pool
  depth = 2
rule CXX_COMPILER__lib_
  command = g++ $in
  pool = compile_pool
rule CXX_EXECUTABLE_LINKER__program_
  command = g++
"""


def files(texts):
    return texts.get


def parsed(text=CMAKE, rules=RULES):
    return parse_graph("build.ninja", files({"build.ninja": text, "CMakeFiles/rules.ninja": rules}))


def test_needs_go_through_phony_edges():
    assert parsed().needs == {
        "gen.h": (),
        "lib/a b.cpp.o": ("gen.h",),
        "lib/c.cpp.o": ("gen.h",),
        "liblib.a": ("lib/a b.cpp.o", "lib/c.cpp.o"),
        "main.o": (),
        "program": ("main.o", "liblib.a"),
    }


def test_each_edge_stands_after_those_that_it_needs():
    before: set[str] = set()
    for node in parsed().nodes:
        assert before.issuperset(node.needs)
        before.add(node.output)


def test_only_what_is_built_by_default_counts():
    names = parsed().needs
    assert "alone.o" not in names
    assert "install" not in names
    assert "build.ninja" not in names


def test_without_a_default_all_counts():
    assert "alone.o" in parsed(CMAKE.replace("default all\n", "")).needs


def test_classes_pools_and_sources():
    nodes = {node.output: node for node in parsed().nodes}
    assert nodes["gen.h"].job_class == "tablegen"
    assert nodes["lib/c.cpp.o"].job_class == "compile"
    assert nodes["lib/c.cpp.o"].source == "/src/c.cpp"
    assert nodes["liblib.a"].job_class == "archive"
    assert parsed().pools == {
        "lib/a b.cpp.o": "compile_pool",
        "lib/c.cpp.o": "compile_pool",
        "program": "link_pool",
    }
    assert parsed().depths == {"link_pool": 2}


def test_variables_are_expanded_in_paths_and_scopes_nest():
    text = (
        "d = out\nsubninja sub.ninja\nbuild $d/b: cc ${d}/a\nbuild all: phony $d/b\ndefault all\n"
    )
    found = parse_graph(
        "build.ninja", {"build.ninja": text, "sub.ninja": "d = in\nbuild out/a: cc x\n"}.get
    )
    assert found.needs == {"out/a": (), "out/b": ("out/a",)}


def test_validations_are_waited_for_by_nobody():
    found = parse_graph("n", files({"n": "build check: cc c\nbuild a: cc x |@ check\n"}))
    assert found.needs["a"] == ()


def test_a_cycle_a_missing_file_and_nonsense_do_no_harm():
    assert parse_graph("n", files({"n": "build a: cc b\nbuild b: cc a\n"})).nodes
    assert parse_graph("n", files({})).nodes == ()
    assert (
        parse_graph(
            "n", {"n": "build\nbuild :\nbuild a:\nwhat is this\n  x = y\ninclude no\n"}.get
        ).nodes
        == ()
    )


def test_what_is_left_out_is_seen_through():
    found = restricted(parsed(), ["gen.h", "program"])
    assert found.needs == {"gen.h": (), "program": ("gen.h",)}


def test_a_folder_without_ninja_files_has_no_edges(tmp_path):
    assert read_graph(tmp_path).nodes == ()


def test_a_long_chain_is_no_recursion():
    lines = "".join(f"build s{n}: cc s{n - 1}\n" for n in range(1, 5000))
    assert len(parse_graph("n", files({"n": "build s0: cc x\n" + lines})).nodes) == 5000
