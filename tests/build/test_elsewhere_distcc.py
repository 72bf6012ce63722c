"""A C++ build by a real distccd on loopback, wider than the CPUs, where the links alone would be
killed at that width; and what becomes of it when the daemon dies."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.distcc import distccd, hosts
from tests.elsewhere import (
    LIMIT,
    MIB,
    PROGRAMS,
    SLOTS,
    SOURCES,
    Daemon,
    Workshop,
    finish,
    free_port,
)
from tests.governing import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.governing import MemoryGroup

pytestmark = [pytest.mark.build, pytest.mark.cgroup, pytest.mark.long]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def daemon(tmp_path: Path, port: int) -> Iterator[Daemon]:
    with distccd(tmp_path, port) as started:
        yield started


@pytest.fixture
def workshop(tmp_path: Path, group: MemoryGroup, port: int, daemon: Daemon) -> Workshop:
    return Workshop.open(tmp_path, group, **hosts(tmp_path, port))


def test_a_build_goes_as_wide_as_the_hosts_and_its_links_are_not_killed(
    workshop: Workshop,
) -> None:
    assert "distcc" in workshop.configure("auto")
    text = finish(workshop.build())
    outcome, governed_kills = workshop.outcome, workshop.group.kills()
    assert outcome["away"] == SLOTS
    assert f"{SLOTS} elsewhere" in text
    assert outcome["went"] >= SOURCES
    assert governed_kills == 0
    assert len([one for one in workshop.programs() if one.exists()]) == PROGRAMS
    plain_kills = workshop.links_alone_by_ninja()
    sys.stdout.write(
        f"distcc, {SLOTS} slots, {LIMIT // MIB} MiB: governed {outcome['went']} compiles "
        f"elsewhere, {governed_kills} kills, at most {outcome['peak'] // MIB} MiB in "
        f"{outcome['seconds']:.0f} s; the links alone by ninja -j{SLOTS}: {plain_kills} kills\n"
    )
    assert plain_kills >= 1


def test_when_the_daemon_dies_what_is_compiled_here_is_governed(
    workshop: Workshop, daemon: Daemon
) -> None:
    workshop.configure("distcc")
    started = workshop.build("--target", "parts")
    wait_for(lambda: workshop.objects() >= 1)
    daemon.end()
    finish(started)
    workshop.came_home_unharmed("distccd", LIMIT)
    outcome = workshop.outcome
    told = finish(workshop.ninjapool("report", "build", "--text", "-o", "report.html"))
    assert f"{outcome['went']} job" in told
    assert "compiled elsewhere" in told
    assert "Came home, and compiled here" in told
