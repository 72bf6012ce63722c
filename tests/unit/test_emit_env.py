import json

import pytest

from ninjapool.emit.env import FORMS, render_env
from tests.planned import a_plan, a_project


@pytest.mark.parametrize("form", FORMS)
def test_the_texts_are_as_expected(expect, form):
    expect(f"env/env.{form}", render_env(a_project(cuda_threads=2), a_plan(), form))


def test_the_figures_are_the_plans():
    document = json.loads(render_env(a_project(cuda_threads=2), a_plan(), "json"))
    assert document["environment"] == {
        "MAX_JOBS": "6",
        "NVCC_THREADS": "2",
        "CMAKE_BUILD_PARALLEL_LEVEL": "6",
        "CARGO_BUILD_JOBS": "6",
        "MAKEFLAGS": "-j6",
    }
    assert document["arguments"] == {
        "meson": ["-Dbackend_max_links=2"],
        "gn": ["concurrent_links=2"],
        "bazel": ["--local_resources=memory=7168", "--local_resources=cpu=16"],
    }


def test_without_a_link_pool_nothing_is_said_of_links():
    document = json.loads(render_env(a_project(), a_plan(compile=3), "json"))
    assert set(document["arguments"]) == {"bazel"}


@pytest.mark.parametrize("form", FORMS)
def test_makeflags_never_names_a_jobserver(form):
    assert "jobserver" not in render_env(a_project(), a_plan(), form)


def test_shell_values_are_quoted_and_githubs_are_not():
    shell = render_env(a_project(), a_plan(), "sh").splitlines()
    github = render_env(a_project(), a_plan(), "github").splitlines()
    resources = "--local_resources=memory=7168 --local_resources=cpu=16"
    assert shell[-1] == f"export NINJAPOOL_BAZEL_ARGS='{resources}'"
    assert github[-1] == f"NINJAPOOL_BAZEL_ARGS={resources}"
