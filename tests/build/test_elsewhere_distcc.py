"""A C++ build by a real distccd on loopback, wider than the CPUs, where the links alone would be
killed at that width; and what becomes of it when the daemon dies."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.ci import unavailable
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
    wait_for_port,
)
from tests.governing import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.governing import MemoryGroup

pytestmark = [pytest.mark.build, pytest.mark.cgroup]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def distccd(tmp_path: Path, port: int) -> Iterator[Daemon]:
    program = shutil.which("distccd")
    if program is None or shutil.which("distcc") is None:
        unavailable("no distcc")
    words = ["--daemon", "--no-detach", "--user", "nobody", "--listen", "127.0.0.1"]
    words += ["--allow", "127.0.0.1", "-p", str(port), "--jobs", str(SLOTS), "--log-stderr"]
    started = Daemon.start(tmp_path / "distccd.log", program, *words, TMPDIR="/tmp")
    wait_for_port(port)
    yield started
    started.end()


@pytest.fixture
def workshop(tmp_path: Path, group: MemoryGroup, port: int) -> Workshop:
    (tmp_path / "distcc").mkdir()
    hosts = f"127.0.0.1:{port}/{SLOTS}"
    return Workshop.open(
        tmp_path, group, DISTCC_HOSTS=hosts, DISTCC_DIR=str(tmp_path / "distcc"), HOME=str(tmp_path)
    )


def test_a_build_goes_as_wide_as_the_hosts_and_its_links_are_not_killed(
    workshop: Workshop, distccd: Daemon
) -> None:
    assert "distcc" in workshop.configure("auto")
    text = finish(workshop.build())
    outcome, governed_kills = workshop.outcome, workshop.group.kills()
    assert outcome["away"] == SLOTS
    assert f"{SLOTS} elsewhere" in text
    assert outcome["went"] >= SOURCES
    assert outcome["kills"] == []
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
    workshop: Workshop, distccd: Daemon
) -> None:
    workshop.configure("distcc")
    started = workshop.build("--target", "parts")
    wait_for(lambda: workshop.objects() >= 1)
    distccd.end()
    text = finish(started)
    outcome = workshop.outcome
    sys.stdout.write(
        f"distccd died: {outcome['went']} compiles elsewhere, {outcome['came_home']} came home, "
        f"{workshop.group.kills()} kills, at most {outcome['peak'] // MIB} MiB of {LIMIT // MIB}\n"
    )
    assert outcome["came_home"] >= 1, text
    told = finish(workshop.ninjapool("report", "build", "--text", "-o", "report.html"))
    assert f"{outcome['went']} job" in told
    assert "compiled elsewhere" in told
    assert "Came home, and compiled here" in told
    assert outcome["kills"] == []
    assert workshop.group.kills() == 0
    assert workshop.objects() == SOURCES
