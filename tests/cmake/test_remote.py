"""`configure --remote`: compiles get a launcher, and the user's own one stays."""

import os
from dataclasses import replace

import pytest

from ninjapool.cli.remote import launched
from ninjapool.configure import configure
from ninjapool.emit.remote import Launching
from ninjapool.model import Remote, Setting
from ninjapool.project.cache import read_cache
from ninjapool.project.tools import find_ninja
from tests.cmake.test_configure import NOTING, plain, request_for, run_steps, write_presets

__all__ = ["plain"]  # the fixture

pytestmark = [pytest.mark.cmake, pytest.mark.build]

NAME = "CMAKE_C_COMPILER_LAUNCHER"
ON = Launching(kind="distcc", program="/opt/bin/distcc", behind_ccache=True, jobs=40)


@pytest.fixture
def quiet(plain, monkeypatch):
    for name in (NAME, "CMAKE_CXX_COMPILER_LAUNCHER"):
        monkeypatch.delenv(name, raising=False)
    return plain


def configured(space, cmake, *args, launching=ON, **more):
    """What the cache says after a configure."""
    request = replace(request_for(space, cmake, *args, **more), launching=launching)
    space.run(*configure(request).command)
    return read_cache(space.source / "build")


def test_compiles_go_there_and_the_next_configure_changes_nothing(quiet, cmake_any):
    for _ in range(2):
        cache = configured(quiet, cmake_any)
        assert cache[NAME] == cache["CMAKE_CXX_COMPILER_LAUNCHER"] == "/opt/bin/distcc"
        assert cache["NINJAPOOL_REMOTE"] == "distcc"
        assert cache["NINJAPOOL_REMOTE_JOBS"] == "40"


@pytest.mark.parametrize("ccache", ["ccache", "/usr/bin/ccache"])
def test_a_ccache_stays_first_and_hands_on_as_its_manual_says(quiet, cmake_newest, ccache):
    chained = f"env;CCACHE_PREFIX=/opt/bin/distcc;{ccache}"
    assert configured(quiet, cmake_newest, f"-D{NAME}={ccache}")[NAME] == chained
    cache = configured(quiet, cmake_newest)
    assert cache[NAME] == chained
    assert launched(cache, {}) == "distcc"
    assert configured(quiet, cmake_newest, launching=Launching())[NAME] == ccache


def test_a_ccache_of_the_environment_is_the_users_too(quiet, cmake_newest, monkeypatch):
    monkeypatch.setenv(NAME, "ccache")
    assert configured(quiet, cmake_newest)[NAME].endswith("distcc;ccache")


def test_another_launcher_of_the_users_stays_alone(quiet, cmake_newest):
    assert configured(quiet, cmake_newest, f"-D{NAME}=mine;--fast")[NAME] == "mine;--fast"
    sccache = replace(ON, kind="sccache", program="/opt/bin/sccache", behind_ccache=False)
    cache = configured(quiet, cmake_newest, f"-D{NAME}=ccache", launching=sccache)
    assert cache[NAME] == "ccache"


def test_none_takes_it_away_again_and_only_ours(quiet, cmake_any):
    configured(quiet, cmake_any)
    cache = configured(quiet, cmake_any, launching=Launching())
    assert not cache[NAME]
    assert not {"NINJAPOOL_REMOTE", "NINJAPOOL_REMOTE_JOBS", "NINJAPOOL_C_LAUNCHER"} & set(cache)
    configured(quiet, cmake_any, f"-D{NAME}=mine")
    assert configured(quiet, cmake_any, launching=Launching())[NAME] == "mine"


def test_what_is_said_of_nothing_stays_as_it_is(quiet, cmake_newest):
    configured(quiet, cmake_newest)
    assert configured(quiet, cmake_newest, launching=None)[NAME] == "/opt/bin/distcc"


def test_the_preset_sends_them_there_as_well(quiet, cmake_presets):
    write_presets(quiet)
    env = quiet.write("../bin/env-distcc", '#!/bin/sh\nexec "$@"\n')
    env.chmod(0o755)
    launching = replace(ON, program=str(env))
    request = replace(request_for(quiet, cmake_presets, preset="dev"), launching=launching)
    run_steps(quiet, cmake_presets, configure(request), "or by preset")
    assert read_cache(quiet.source / "out/dev")[NAME] == str(env)
    rules = "".join(path.read_text() for path in (quiet.source / "out/dev").rglob("*.ninja"))
    assert f"{env} " in rules


def test_the_preset_builds_as_wide_as_the_slots_until_none_is_said(quiet, cmake_presets):
    log = quiet.root / "calls"
    noting = quiet.write("noting", NOTING.format(log=log, ninja=find_ninja(os.environ).path))
    noting.chmod(0o755)
    remote = Remote(
        kind="distcc", program="distcc", slots=Setting(value=40, source="--remote-jobs")
    )
    wide = request_for(quiet, cmake_presets)
    wide = replace(wide, project=replace(wide.project, remote=remote))
    for request, said in (
        (wide, f"[-j {wide.width}]\n"),
        (request_for(quiet, cmake_presets), "[]\n"),
    ):
        configure(request)
        quiet.run(cmake_presets.path, "--preset", "ninjapool", f"-DCMAKE_MAKE_PROGRAM={noting}")
        log.unlink()
        quiet.run(cmake_presets.path, "--build", "--preset", "ninjapool")
        assert log.read_text() == said
