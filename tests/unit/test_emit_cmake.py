"""The CMake files as text; what they do is tried in tests/cmake."""

from dataclasses import replace

import pytest
from jinja2 import UndefinedError

from ninjapool.emit.cache import render_cache, render_hook
from ninjapool.emit.govern import Govern, render_program
from ninjapool.emit.template import cmake_quoted, one_line, render
from ninjapool.model import Figure
from ninjapool.units import GIB
from tests.planned import a_plan, a_pool, a_project

LLVM_PLAN = a_plan(compile=5, link=2, tablegen=4, flang=1)


@pytest.mark.parametrize("llvm", [True, False], ids=["llvm", "other"])
def test_the_files_are_as_expected(expect, llvm):
    project, plan = a_project(llvm=llvm), LLVM_PLAN if llvm else a_plan()
    kind = "llvm" if llvm else "other"
    expect(f"cmake/cache-{kind}.cmake", render_cache(project, plan))
    expect(f"cmake/hook-{kind}.cmake", render_hook(project, plan))


def test_llvm_gets_its_own_variables_and_no_pools_of_cmakes():
    text = render_cache(a_project(llvm=True), LLVM_PLAN)
    assert "_ninjapool_set(LLVM_PARALLEL_COMPILE_JOBS 5)" in text
    assert "_ninjapool_set(LLVM_PARALLEL_LINK_JOBS 2)" in text
    assert "_ninjapool_set(LLVM_PARALLEL_TABLEGEN_JOBS 4)" in text
    assert "_ninjapool_set(FLANG_PARALLEL_COMPILE_JOBS 1)" in text
    assert "set(CMAKE_JOB_POOL" not in text


def test_without_a_flang_pool_there_is_no_flang_variable():
    assert "FLANG" not in render_cache(a_project(llvm=True), a_plan())


def test_a_pool_that_the_plan_does_not_have_is_not_assigned():
    text = render_hook(a_project(), a_plan(compile=3, tablegen=2))
    assert "ninjapool_compile=3" in text
    assert "link" not in text.split("function(_ninjapool_assign", 1)[1]
    assert "tablegen" not in text


@pytest.mark.parametrize("llvm", [True, False])
def test_every_depth_has_its_reasons_beside_it(llvm):
    project = a_project(llvm=llvm)
    text = render_cache(project, LLVM_PLAN) + render_hook(project, LLVM_PLAN)
    for pool in LLVM_PLAN.pools[:2]:
        assert f"{pool.job_class}: {pool.depth} at once" in text
        for reason in pool.why:
            assert reason in text


def test_a_reason_cannot_leave_its_comment():
    pool = a_pool("compile", 2, "first\nmessage(FATAL_ERROR out)\r\x0b\x85\u2028x")
    text = render_hook(a_project(), replace(a_plan(), pools=(pool,)))
    assert "  #   first message(FATAL_ERROR out) x\n" in text


def test_a_limit_s_name_cannot_leave_its_quotes():
    memory = Figure(value=8 * GIB, why='cgroup /a"b)${c}\\')
    text = render_hook(a_project(), replace(a_plan(), memory=memory))
    assert 'message(STATUS "ninjapool: job pools for 8.0 GiB, cgroup /a\\"b)\\${c}\\\\")' in text


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", '""'),
        ("plain", '"plain"'),
        ('a "b" \\ $x ${y} $ENV{z}', '"a \\"b\\" \\\\ \\$x \\${y} \\$ENV{z}"'),
        ("a;b@c@", '"a;b@c@"'),
        ("a\r\nb", '"a\\r\nb"'),
    ],
)
def test_cmakes_special_characters_are_escaped_and_no_other(text, quoted):
    assert cmake_quoted(text) == quoted


def test_one_line_is_one_line():
    assert one_line("a\n\tb\x00c  d") == "a b c d"


def test_a_value_that_was_not_given_is_an_error():
    with pytest.raises(UndefinedError):
        render("hook.cmake", plan=a_plan())


@pytest.mark.parametrize("kind", ["llvm", "hook"])
def test_the_files_of_a_governed_build_are_as_expected(expect, kind):
    project = a_project(llvm=kind == "llvm")
    govern = Govern(on=True, ninja="/usr/bin/ninja", program="/venv/bin/ninjapool-ninja")
    expect(f"cmake/cache-{kind}-governed.cmake", render_cache(project, LLVM_PLAN, govern))
    expect("cmake/ninjapool-ninja", render_program(govern, 3))
