"""Runs one policy over one trace: starts it in its cgroup, watches it, says what came of it.

Knows nothing of what the policies are. The command's own processes are ended on every way out.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil

from examples.replay import cgroup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LOOK_EVERY = 0.05
"""Seconds between two looks at the kernel's count of kills."""
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run, where, and what ends it early."""

    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    memory: int | None = None
    """The cgroup's limit in bytes; None runs without one."""
    patience: float = 3600.0
    """Seconds after which it is interrupted."""
    end_at_kill: bool = False
    """A first kill settles the matter: do not wait for what still runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one run took and did. Seconds and bytes; None where it cannot be known here."""

    seconds: float
    finished: bool
    cut: bool
    """It was interrupted for lasting too long."""
    kills: int | None
    """By the kernel, for memory."""
    peak: int | None
    """The highest charge of the cgroup, file pages included."""
    own_cpu: float
    """CPU seconds of the process started, its children not counted."""
    own_memory: int
    """The most it had resident."""
    output: str


def run(command: Command) -> Outcome:
    """Runs to the end, to the first kill if that settles it, or until patience is over."""
    name = f"ninjapool-replay-{os.getpid()}"
    log = command.folder / "replay.log"
    with cgroup.limited(command.memory, name=name) as group, log.open("w") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            command.argv,
            cwd=command.folder,
            env={**os.environ, **command.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=group.enter,  # noqa: PLW1509 - the harness has no threads
            start_new_session=True,
        )
        with ended(process):
            watched = watch(process, group, command, began)
        kills, peak = group.kills(), group.peak()
    return Outcome(
        seconds=watched.seconds,
        finished=process.returncode == 0,
        cut=watched.cut,
        kills=kills,
        peak=peak,
        own_cpu=watched.own_cpu,
        own_memory=watched.own_memory,
        output=log.read_text(encoding="utf-8", errors="replace"),
    )


@dataclass(slots=True)
class Watched:
    """What the watching saw so far."""

    seconds: float = 0.0
    cut: bool = False
    own_cpu: float = 0.0
    own_memory: int = 0


def watch(
    process: subprocess.Popen[bytes],
    group: cgroup.MemoryCgroup | cgroup.Unlimited,
    command: Command,
    began: float,
) -> Watched:
    """Looks until the process has ended; it is left as a zombie, whose CPU time can be read."""
    watched = Watched()
    while not has_ended(process.pid):
        watched.own_memory = max(watched.own_memory, resident_peak(process.pid))
        watched.seconds = time.monotonic() - began
        watched.cut = watched.seconds > command.patience
        if watched.cut or (command.end_at_kill and group.kills()):
            interrupt(process)
            break
        time.sleep(LOOK_EVERY)
    watched.seconds = time.monotonic() - began
    watched.own_cpu = cpu_seconds(process.pid)
    process.wait()
    return watched


def has_ended(pid: int) -> bool:
    """Whether the child has ended, without reaping it."""
    flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
    return os.waitid(os.P_PID, pid, flags) is not None


def cpu_seconds(pid: int) -> float:
    """User and system time of the process alone (proc(5), fields 14 and 15 of stat)."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:  # noqa: PTH123 - a hot path
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_peak(pid: int) -> int:
    """VmHWM in bytes; 0 for one that is ending and has no memory any more."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:  # noqa: PTH123
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def interrupt(process: subprocess.Popen[bytes], grace: float = 3.0) -> None:
    """As Ctrl-C would, and then by force: the process and all that it started."""
    family = descendants(process.pid)
    process.send_signal(signal.SIGINT)
    until = time.monotonic() + grace
    while not has_ended(process.pid) and time.monotonic() < until:
        time.sleep(LOOK_EVERY)
    for child in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    if not has_ended(process.pid):
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)


def descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


@contextlib.contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Leaves nothing running, whatever ends the block (Ctrl-C too)."""
    try:
        yield
    finally:
        if process.returncode is None:
            interrupt(process)
            process.wait()
