"""A C++ build by a real icecream network, wider than the CPUs, where the links alone would be
killed at that width; and what becomes of it when the hosts die."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.elsewhere import LIMIT, MIB, PROGRAMS, SLOTS, Workshop, finish
from tests.governing import wait_for
from tests.icecream import Icecream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.governing import MemoryGroup

pytestmark = [pytest.mark.build, pytest.mark.cgroup, pytest.mark.long]


@pytest.fixture
def icecream() -> Iterator[Icecream]:
    started = Icecream.start()
    yield started
    started.end()


@pytest.fixture
def workshop(tmp_path: Path, group: MemoryGroup, icecream: Icecream) -> Workshop:
    names = {"ICECC_TEST_SOCKET": icecream.socket(), "HOME": str(tmp_path)}
    opened = Workshop.open(tmp_path, group, **names)
    opened.before = icecream.entering()
    return opened


def test_a_build_goes_as_wide_as_the_hosts_and_its_links_are_not_killed(
    workshop: Workshop,
) -> None:
    assert "icecc" in workshop.configure("auto")
    text = finish(workshop.build())
    outcome, governed_kills = workshop.outcome, workshop.group.kills()
    assert outcome["away"] == SLOTS
    assert f"{SLOTS} elsewhere" in text
    assert outcome["went"] >= 1
    # Its hosts are this machine, too: a last resort of ours is no failure, one of the kernel's is.
    own = [kill for kill in outcome["kills"] if kill["by"] == "governor"]
    assert outcome["kills"] == own
    assert governed_kills == 0
    assert len([one for one in workshop.programs() if one.exists()]) == PROGRAMS
    plain_kills = workshop.links_alone_by_ninja()
    sys.stdout.write(
        f"icecream, {SLOTS} slots, {LIMIT // MIB} MiB: governed {outcome['went']} compiles "
        f"elsewhere, {outcome['came_home']} here, {governed_kills} kills, "
        f"{len(own)} of ours, at most {outcome['peak'] // MIB} MiB in "
        f"{outcome['seconds']:.0f} s; the links alone by ninja -j{SLOTS}: {plain_kills} kills\n"
    )
    assert plain_kills >= 1


def test_when_the_hosts_die_what_is_compiled_here_is_governed(
    workshop: Workshop, icecream: Icecream
) -> None:
    workshop.configure("icecc")
    started = workshop.build("--target", "parts")
    wait_for(lambda: workshop.objects() >= 1)
    for host in icecream.hosts:
        host.end()
    finish(started)
    workshop.came_home_unharmed("icecream's hosts", LIMIT)
