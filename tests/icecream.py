"""A real icecream network on loopback: a scheduler, a daemon that submits, and hosts to compile.

In a network namespace of its own, so that no other scheduler is found and nobody else is asked.
Each host has an address of its own there, for icecream compiles here what is for 127.0.0.1; and
each sees idle CPUs, as on a machine of its own: icecream gives a busy one nothing, and here all of
them are as busy as the one machine on which they all run.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.elsewhere import SLOTS, Daemon
from tests.governing import wait_for

HOSTS = 2
PORT = 10245
_READY = re.compile(r"host\d \(.*load=(?!1000)\d+")
_ASK = r"""
from ninjapool.remote.ask import talk
print(talk("127.0.0.1", 8766, "listcs\nquit\n"))
"""
_NETWORK = """
ip link set lo up && for number in $(seq 2 {last}); do ip addr add 127.0.0.$number/32 dev lo; done
cat /proc/stat > {folder}/stat && mount --bind {folder}/stat /proc/stat
exec sleep infinity
"""


@dataclass
class Icecream:
    """The network, from its first daemon to its last."""

    folder: Path
    """Where icecream's own user may write."""
    namespace: Daemon
    daemons: list[Daemon] = field(default_factory=list)
    hosts: list[Daemon] = field(default_factory=list)

    @classmethod
    def start(cls) -> Icecream:
        for name in ("icecc", "iceccd", "icecc-scheduler", "ip", "nsenter"):
            if shutil.which(name) is None:
                pytest.skip(f"no {name}")
        folder = Path(tempfile.mkdtemp(prefix="icecream-"))
        folder.chmod(0o777)
        script = _NETWORK.format(last=HOSTS + 1, folder=folder)
        words = ["unshare", "--net", "--mount", "sh", "-ec", script]
        network = cls(folder, Daemon.start(folder / "namespace.log", *words))
        wait_for(lambda: _name(network.namespace.process.pid) == "sleep")
        network._start_daemons()
        return network

    def _start_daemons(self) -> None:
        self.daemons.append(self._daemon("scheduler", "icecc-scheduler"))
        self.daemons.append(self._iceccd("submits", "127.0.0.1", "--no-remote"))
        for number in range(1, HOSTS + 1):
            port, slots = str(PORT + number), str(SLOTS // HOSTS)
            place = f"127.0.0.{number + 1}"
            self.hosts.append(self._iceccd(f"host{number}", place, "-p", port, "-m", slots))
        wait_for(lambda: len(_READY.findall(self.listing())) == HOSTS, else_show=self.listing)

    def _iceccd(self, name: str, scheduler: str, *words: str) -> Daemon:
        """By the address at which it looks for the scheduler, this knows it."""
        base = ("-b", self.folder / name, "-N", name, "-s", scheduler)
        return self._daemon(name, "iceccd", *base, *words, ICECC_TEST_SOCKET=self.socket(name))

    def _daemon(self, name: str, *words: object, **env: str) -> Daemon:
        return Daemon.start(self.folder / f"{name}.log", *self.entering("--mount"), *words, **env)

    def socket(self, name: str = "submits") -> str:
        """Where the daemon of that name meets icecream's client."""
        return str(self.folder / f"{name}.socket")

    def entering(self, *more: str) -> tuple[str, ...]:
        """What to put before a command so that it runs in this network."""
        return ("nsenter", "--target", str(self.namespace.process.pid), "--net", *more)

    def listing(self) -> str:
        """What the scheduler tells of its hosts."""
        words = [*self.entering(), sys.executable, "-c", _ASK]
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout

    def end(self) -> None:
        for daemon in (*self.hosts, *self.daemons, self.namespace):
            daemon.end()
        shutil.rmtree(self.folder)


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()
