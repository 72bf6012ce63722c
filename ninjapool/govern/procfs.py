"""Reads processes from /proc, cheaply: small files, few of them, numbers only.

Does not know which process is whose; a process that is gone or hidden is a None, never an error.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = os.sysconf("SC_CLK_TCK")

_USUAL_COMMAND, _LONGEST_COMMAND = 1 << 15, 1 << 22
"""Linux gives a program at most a quarter of its stack for its arguments (execve(2))."""
_PENDING = re.compile(rb"^(?:SigPnd|ShdPnd):\s+([0-9a-f]+)", re.MULTILINE)
_SHMEM = re.compile(rb"^RssShmem:\s+(\d+) kB", re.MULTILINE)
_HIGHEST = re.compile(rb"^VmHWM:\s+(\d+) kB", re.MULTILINE)


class Stat(NamedTuple):
    """What /proc/PID/stat says, as far as it is needed (proc_pid_stat(5))."""

    name: bytes
    """The kernel's short name of the program, 15 bytes at most."""
    state: bytes
    parent: int
    group: int
    session: int
    cpu: float
    """CPU seconds of the process and of the children it has waited for."""
    threads: int
    start: int
    """Clock ticks after boot at which it began: with the pid, its identity."""
    resident: int
    """Bytes; file pages are in it."""


class Memory(NamedTuple):
    """What /proc/PID/statm says, in bytes.

    The kernel keeps the counters per CPU and adds them up loosely before Linux 6.16: a figure may
    be off by some 128 KiB per CPU and process.
    """

    anonymous: int
    shared: int
    """File pages and shmem together."""


def parse_stat(data: bytes) -> Stat | None:
    """The name may hold blanks and brackets, so everything is counted from its last bracket."""
    end = data.rfind(b")")
    begin = data.find(b"(")
    if begin < 0 or end < begin:
        return None
    fields = data[end + 2 :].split()
    try:
        ticks = int(fields[11]) + int(fields[12]) + int(fields[13]) + int(fields[14])
        return Stat(
            data[begin + 1 : end],
            fields[0],
            int(fields[1]),
            int(fields[2]),
            int(fields[3]),
            ticks / TICK,
            int(fields[17]),
            int(fields[19]),
            int(fields[21]) * PAGE,
        )
    except (IndexError, ValueError):
        return None


def parse_statm(data: bytes) -> Memory | None:
    fields = data.split()
    try:
        shared = int(fields[2]) * PAGE
        return Memory(max(0, int(fields[1]) * PAGE - shared), shared)
    except (IndexError, ValueError):
        return None


class Turns(NamedTuple):
    """What /proc/PID/schedstat says of a process's first thread, in seconds."""

    ran: float
    waited: float
    """It was ready to run and had no CPU."""


def parse_turns(data: bytes) -> Turns | None:
    fields = data.split()
    try:
        return Turns(int(fields[0]) / 1e9, int(fields[1]) / 1e9)
    except (IndexError, ValueError):
        return None


class Processes:
    """The processes of one /proc."""

    def __init__(self, proc: Path) -> None:
        self._proc = f"{proc}/"

    def names(self) -> set[str] | None:
        """The names in /proc, pids among them; None where it cannot be read just now."""
        try:
            return set(os.listdir(self._proc))  # noqa: PTH208 - a Path for each pid costs too much
        except OSError:
            return None

    def _read(self, pid: int, name: str, size: int = 1024) -> bytes:
        try:
            handle = os.open(f"{self._proc}{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return b""
        try:
            return os.read(handle, size)
        except OSError:
            return b""
        finally:
            os.close(handle)

    def stat(self, pid: int) -> Stat | None:
        return parse_stat(self._read(pid, "stat"))

    def exists(self, pid: int) -> bool:
        """Tells "gone" from "cannot be read just now", without a descriptor."""
        return os.access(f"{self._proc}{pid}", os.F_OK)

    def memory(self, pid: int) -> Memory | None:
        return parse_statm(self._read(pid, "statm"))

    def turns(self, pid: int) -> Turns | None:
        """None also where the kernel does not count them (CONFIG_SCHED_INFO)."""
        return parse_turns(self._read(pid, "schedstat"))

    def shmem(self, pid: int) -> int:
        """Bytes of shared memory that the process has mapped; 0 where the kernel does not say."""
        return self._told(_SHMEM, pid)

    def most_resident(self, pid: int) -> int:
        """Bytes; 0 where the kernel does not say.

        What getrusage says outlives exec: it may be of whoever started the process.
        """
        return self._told(_HIGHEST, pid)

    def _told(self, row: re.Pattern[bytes], pid: int) -> int:
        found = row.search(self._read(pid, "status", 8192))
        return int(found[1]) * 1024 if found else 0

    def is_pending(self, pid: int, number: int) -> bool:
        """A signal has been sent to it that it has not met yet, as one that stands still."""
        masks = _PENDING.findall(self._read(pid, "status", 8192))
        return any(int(mask, 16) >> (number - 1) & 1 for mask in masks)

    def children(self, pid: int) -> list[int] | None:
        """The direct children of a process with one thread; None where there is no such list."""
        handle = self.open(pid, f"task/{pid}/children")
        if handle is None:
            return None
        try:
            return [int(word) for word in os.read(handle, 1 << 16).split()]
        except (OSError, ValueError):
            return []
        finally:
            os.close(handle)

    def command(self, pid: int) -> list[str]:
        """The program and its arguments; empty for a kernel thread, a zombie or a stranger's.

        Read in one go: between two reads it may become another program, and what was put together
        of both would be neither.
        """
        data = self._read(pid, "cmdline", _USUAL_COMMAND)
        if len(data) == _USUAL_COMMAND:
            data = self._read(pid, "cmdline", _LONGEST_COMMAND)
        return [os.fsdecode(word) for word in data.split(b"\0")[:-1]]

    def folder(self, pid: int) -> str | None:
        try:
            return os.readlink(f"{self._proc}{pid}/cwd")  # noqa: PTH115
        except OSError:
            return None

    def open(self, pid: int, name: str) -> int | None:
        """A descriptor to read again and again; it fails once the process is gone."""
        try:
            return os.open(f"{self._proc}{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
