"""A C++ build by a real ccache before a real distccd or icecream: what the cache knows goes
nowhere, and what it hands on is seen to go."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ninjapool.project.cache import read_cache
from tests.distcc import distccd, hosts
from tests.elsewhere import SOURCES, Workshop, finish, free_port
from tests.icecream import Icecream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.governing import MemoryGroup

pytestmark = [pytest.mark.build, pytest.mark.cgroup, pytest.mark.long]

COMPILES = SOURCES + 1
"""Of the library: its sources, and the blob."""


@pytest.fixture
def ccache(tmp_path: Path) -> dict[str, str]:
    """Its environment; its cache is of this test alone."""
    if shutil.which("ccache") is None:
        pytest.skip("no ccache")
    return {"CCACHE_DIR": str(tmp_path / "ccache"), "HOME": str(tmp_path)}


@pytest.fixture
def by_distcc(tmp_path: Path, group: MemoryGroup, ccache: dict[str, str]) -> Iterator[Workshop]:
    port = free_port()
    with distccd(tmp_path, port):
        yield Workshop.open(tmp_path, group, **{**ccache, **hosts(tmp_path, port)})


@pytest.fixture
def by_icecream(tmp_path: Path, group: MemoryGroup, ccache: dict[str, str]) -> Iterator[Workshop]:
    icecream = Icecream.start()
    opened = Workshop.open(tmp_path, group, **ccache, ICECC_TEST_SOCKET=icecream.socket())
    opened.before = icecream.entering()
    yield opened
    icecream.end()


def statistics(workshop: Workshop) -> dict[str, int]:
    command = ["ccache", "--print-stats"]
    done = subprocess.run(
        command, env=dict(workshop.env), capture_output=True, text=True, check=True
    )
    rows = (line.split("\t") for line in done.stdout.splitlines())
    return {name: int(value) for name, value in rows}


@pytest.mark.parametrize("kind", ["distcc", "icecc"])
def test_what_the_cache_knows_goes_nowhere(kind: str, request: pytest.FixtureRequest) -> None:
    fixture = "by_distcc" if kind == "distcc" else "by_icecream"
    workshop: Workshop = request.getfixturevalue(fixture)
    workshop.configure(kind, launcher="ccache")
    launcher = read_cache(workshop.folder / "build")["CMAKE_CXX_COMPILER_LAUNCHER"]
    assert launcher == f"env;CCACHE_PREFIX={shutil.which(kind)};ccache"
    finish(workshop.build("--target", "parts"))
    first, missed = workshop.outcome, statistics(workshop)
    workshop.clean()
    finish(workshop.build("--target", "parts"))
    second, hit = workshop.outcome, statistics(workshop)
    sys.stdout.write(
        f"ccache before {kind}: {missed['cache_miss']} misses, of which {first['went']} went "
        f"elsewhere and {first['came_home']} were compiled here; after a clean "
        f"{hit['direct_cache_hit']} hits, {second['went']} elsewhere\n"
    )
    assert missed["cache_miss"] == hit["cache_miss"] == COMPILES
    assert hit["direct_cache_hit"] == COMPILES
    assert first["went"] >= 1
    assert first["went"] + first["came_home"] <= COMPILES + len(first["kills"])
    assert second["went"] == second["came_home"] == 0
    assert workshop.group.kills() == 0
