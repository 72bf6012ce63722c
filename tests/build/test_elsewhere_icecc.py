"""A C++ build by a real icecream scheduler and daemons, in a network of their own with nothing but
loopback, since icecream's daemons broadcast; and what becomes of it when the remote one dies."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ninjapool.remote.icecc import parse_hosts
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
)
from tests.governing import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.governing import MemoryGroup

pytestmark = [pytest.mark.build, pytest.mark.cgroup]

SCHEDULER, HERE, THERE = 18765, 20245, 20246
"""Ports: the network is the test's own, so all are free."""
LISTCS = (
    "import socket; line = socket.create_connection(('127.0.0.1', 18766), 1); "
    "line.sendall(b'listcs\\nquit\\n'); "
    "print(b''.join(iter(lambda: line.recv(4096), b'')).decode())"
)


class Network:
    """A network namespace, kept by a process that sleeps in it."""

    def __init__(self) -> None:
        self.keeper = subprocess.Popen(["unshare", "-n", "sleep", "600"])
        self.entering = ("nsenter", "-n", f"--target={self.keeper.pid}")

    def up(self) -> bool:
        """False where there is none to be had."""
        own, its = Path("/proc/self/ns/net"), Path(f"/proc/{self.keeper.pid}/ns/net")
        wait_for(lambda: self.keeper.poll() is not None or own.readlink() != its.readlink())
        return self.keeper.poll() is None and self.run("ip", "link", "set", "lo", "up") is not None

    def run(self, *words: str) -> str | None:
        """What it prints in there; None where it fails."""
        done = subprocess.run([*self.entering, *words], check=False, capture_output=True, text=True)
        return done.stdout if done.returncode == 0 else None

    def end(self) -> None:
        self.keeper.kill()
        self.keeper.wait()


@pytest.fixture
def network() -> Iterator[Network]:
    missing = [name for name in ("unshare", "nsenter", "ip", "icecc") if not shutil.which(name)]
    if missing:
        unavailable(f"no {', '.join(missing)}")
    made = Network()
    if not made.up():
        made.end()
        unavailable("no network namespace to be had")
    yield made
    made.end()


@dataclass
class Ice:
    """A scheduler, a daemon for this machine, and one that stands for the others."""

    folder: Path
    """Not below a test's own folder, which other users may not enter."""
    network: Network
    there: Daemon
    others: list[Daemon]

    @classmethod
    def start(cls, folder: Path, network: Network) -> Ice:
        scheduler = (
            "icecc-scheduler",
            "-i",
            "lo",
            "-p",
            SCHEDULER,
            "-u",
            "icecc",
            "-n",
            "ninjapool",
        )
        begun = Daemon.start(folder / "scheduler.log", *network.entering, *scheduler)
        here = cls.daemon(folder, network, "here", HERE, "--no-remote", "-m", 2)
        there = cls.daemon(folder, network, "there", THERE, "-m", SLOTS)
        return cls(folder, network, there, [begun, here])

    @staticmethod
    def daemon(folder: Path, network: Network, name: str, port: int, *words: object) -> Daemon:
        base = folder / name
        base.mkdir()
        shutil.chown(base, "icecc")
        command = ["iceccd", *words, "-p", port, "-s", f"127.0.0.1:{SCHEDULER}", "-u", "icecc"]
        command += ["-b", base, "-N", name, "-n", "ninjapool"]
        socket = str(folder / f"{name}.socket")
        log = folder / f"{name}.log"
        return Daemon.start(log, *network.entering, *command, ICECC_TEST_SOCKET=socket)

    def is_ready(self) -> bool:
        """They call their scheduler every three seconds, and it answers the third time."""
        told = self.network.run(sys.executable, "-c", LISTCS)
        return parse_hosts(told or "") == [SLOTS] and (told or "").count("jobs=") == 2

    def end(self) -> None:
        for daemon in (self.there, *self.others):
            daemon.end()


@pytest.fixture
def ice(network: Network) -> Iterator[Ice]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.chown(folder, "icecc")
        started = Ice.start(folder, network)
        try:
            wait_for(started.is_ready, else_show=(folder / "there.log").read_text)
            yield started
        finally:
            started.end()


@pytest.fixture
def workshop(tmp_path: Path, group: MemoryGroup, ice: Ice) -> Workshop:
    opened = Workshop.open(
        tmp_path,
        group,
        ICECC_SCHEDULER=f"127.0.0.1:{SCHEDULER}",
        ICECC_TEST_SOCKET=str(ice.folder / "here.socket"),
        ICECC_TEST_REMOTEBUILD="1",
    )
    opened.before = ice.network.entering
    return opened


def test_a_build_goes_as_wide_as_the_hosts_and_its_links_are_not_killed(
    workshop: Workshop,
) -> None:
    assert "icecc" in workshop.configure("icecc")
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
        f"icecc, {SLOTS} slots, {LIMIT // MIB} MiB: governed {outcome['went']} compiles "
        f"elsewhere, {governed_kills} kills, at most {outcome['peak'] // MIB} MiB in "
        f"{outcome['seconds']:.0f} s; the links alone by ninja -j{SLOTS}: {plain_kills} kills\n"
    )
    assert plain_kills >= 1


def test_when_the_other_machine_dies_what_is_compiled_here_is_governed(
    workshop: Workshop, ice: Ice
) -> None:
    workshop.configure("icecc")
    started = workshop.build()
    wait_for(lambda: workshop.objects() >= 2)
    ice.there.end()
    text = finish(started)
    outcome = workshop.outcome
    sys.stdout.write(
        f"iceccd died: {outcome['went']} compiles elsewhere, {outcome['came_home']} came home, "
        f"{workshop.group.kills()} kills, at most {outcome['peak'] // MIB} MiB of {LIMIT // MIB}\n"
    )
    assert outcome["came_home"] >= 1, text
    assert outcome["kills"] == []
    assert workshop.group.kills() == 0
    assert len([one for one in workshop.programs() if one.exists()]) == PROGRAMS
