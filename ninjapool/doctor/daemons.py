"""What earlyoom, systemd-oomd and nohang write when they end a process before the kernel must.

They mostly send SIGTERM, so a compiler that died of one says "Terminated".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ninjapool.doctor.findings import Kill
from ninjapool.units import MIB

if TYPE_CHECKING:
    from ninjapool.doctor.findings import Killer

_EARLYOOM = re.compile(
    r"\bsending SIG(?:TERM|KILL) to process (?P<pid>\d{1,10}) uid \d{1,10} "
    r"\"(?P<name>[^\"]{1,64})\".*?\bVmRSS (?P<mib>\d{1,9}) MiB"
)
_OOMD = re.compile(
    r"\bsystemd-oomd\[\d{1,10}\]: Killed (?P<name>\S{1,400}) due to memory (?:pressure|used)\b"
)
_NOHANG_NAME = re.compile(r"\bName: +(?P<name>\S.{0,63}?)\s*$")
_NOHANG = re.compile(r"\bSend(?:ing)? SIG(?:TERM|KILL) to the victim\b")
NEEDLES = ("sending SIG", "systemd-oomd[", "to the victim", "Name: ")


class Daemons:
    """Takes the lines one by one."""

    def __init__(self) -> None:
        self._name: str | None = None
        self._ended: set[int] = set()

    def take(self, line: str) -> Kill | None:
        if not any(needle in line for needle in NEEDLES):
            return None
        if match := _EARLYOOM.search(line):
            return self._earlyoom(match)
        if match := _OOMD.search(line):
            return _kill("systemd-oomd", match["name"])
        if match := _NOHANG_NAME.search(line):
            self._name = match["name"]
        elif self._name and _NOHANG.search(line):
            name, self._name = self._name, None
            return _kill("nohang", name)
        return None

    def _earlyoom(self, match: re.Match[str]) -> Kill | None:
        """SIGKILL, where SIGTERM did not help, is the same kill."""
        pid = int(match["pid"])
        if pid in self._ended:
            return None
        if len(self._ended) < 10_000:
            self._ended.add(pid)
        return Kill(
            by="earlyoom",
            pid=pid,
            name=match["name"],
            resident=int(match["mib"]) * MIB,
        )


def _kill(by: Killer, name: str) -> Kill:
    """systemd-oomd ends a whole cgroup, so it names that; its last part is what a user knows."""
    return Kill(by=by, pid=None, name=name.rsplit("/", 1)[-1])
