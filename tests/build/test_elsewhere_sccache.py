"""C++ builds by a real sccache, whose server compiles outside of the build: its compiles are
governed all the same, alone as well as where most are distributed, and when the hosts die."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.elsewhere import LIMIT as BUILD
from tests.elsewhere import MIB, PROGRAMS, SLOTS, SOURCES, Workshop, finish
from tests.governing import wait_for
from tests.sccache import Farm, program, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.governing import MemoryGroup

pytestmark = [pytest.mark.build, pytest.mark.cgroup, pytest.mark.long]

LIMIT = BUILD + 100 * MIB
"""With what the server itself holds, which packs the compiler for the hosts."""
HEAVY = 60 * MIB
"""Less than any of the sources takes, and much more than a client of sccache."""


@pytest.fixture
def workshop(tmp_path: Path, group: MemoryGroup) -> Iterator[Workshop]:
    opened = Workshop.open(tmp_path, group, **settings(tmp_path))
    group.limit(LIMIT)
    yield opened
    command = [program("sccache"), "--stop-server"]
    subprocess.run(command, env=dict(opened.env), capture_output=True, check=False)


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    started = Farm.start(tmp_path)
    yield started
    started.end()


def start_server(workshop: Workshop) -> None:
    finish(workshop.start(program("sccache"), "--start-server"))


def sources(workshop: Workshop) -> dict[str, int]:
    return {name: peak for name, peak in workshop.learned().items() if "/part" in name}


def test_what_the_server_compiles_is_the_jobs_own_and_a_hit_teaches_nothing(
    workshop: Workshop,
) -> None:
    workshop.cmake(f"-DCMAKE_CXX_COMPILER_LAUNCHER={program('sccache')}")
    start_server(workshop)
    finish(workshop.build("--target", "parts"))
    first, peaks = workshop.outcome, sources(workshop)
    assert len(peaks) == SOURCES
    assert min(peaks.values()) > HEAVY
    workshop.clean()
    finish(workshop.build("--target", "parts"))
    sys.stdout.write(
        f"sccache, {LIMIT // MIB} MiB: {SOURCES} sources took {min(peaks.values()) // MIB} to "
        f"{max(peaks.values()) // MIB} MiB each, at most {first['peak'] // MIB} MiB in "
        f"{first['seconds']:.0f} s; from the cache {workshop.outcome['seconds']:.0f} s; "
        f"{workshop.group.kills()} kills\n"
    )
    assert sources(workshop) == peaks
    assert workshop.group.kills() == 0


def test_a_distributed_build_goes_as_wide_as_the_hosts_and_its_links_are_not_killed(
    workshop: Workshop, farm: Farm
) -> None:
    start_server(workshop)
    assert "sccache" in workshop.configure("sccache")
    finish(workshop.build())
    outcome, governed_kills = workshop.outcome, workshop.group.kills()
    assert outcome["away"] > outcome["width"]
    assert 1 <= outcome["went"] <= farm.log().count("to Complete")
    assert governed_kills == 0
    assert len([one for one in workshop.programs() if one.exists()]) == PROGRAMS
    plain_kills = workshop.links_alone_by_ninja()
    sys.stdout.write(
        f"sccache-dist, {outcome['away']} slots, {LIMIT // MIB} MiB: governed {outcome['went']} "
        f"compiles elsewhere, {outcome['came_home']} here, {governed_kills} kills, at most "
        f"{outcome['peak'] // MIB} MiB in {outcome['seconds']:.0f} s; the links alone by "
        f"ninja -j{SLOTS}: {plain_kills} kills\n"
    )
    assert plain_kills >= 1


def test_when_the_hosts_die_what_the_server_compiles_here_is_governed(
    workshop: Workshop, farm: Farm
) -> None:
    start_server(workshop)
    workshop.configure("sccache")
    started = workshop.build("--target", "parts")
    wait_for(lambda: "Started" in farm.log())
    farm.end()
    finish(started)
    workshop.came_home_unharmed("sccache-dist", LIMIT)
