"""Governed builds of real processes for tests: started, watched from outside, and cleared away."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import subprocess
import sys
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ninja
import psutil

from ninjapool.govern.ninjas import MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STANDIN = Path(__file__).parent / "standin.py"
NINJA = Path(ninja.BIN_DIR) / "ninja"
PATIENCE = 60.0
"""Seconds; a bound for what hangs, not for what is slow on a busy machine."""
SOON = 10.0
"""Seconds in which an interrupted build is over on a busy machine; else it takes far below one."""
OURS = "TEST_BUILD"
"""In the environment of a test's processes, so that each test finds its own."""


def wait_for(
    condition: Callable[[], object],
    seconds: float = PATIENCE,
    *,
    else_show: Callable[[], object] = str,
) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"it did not come about: {else_show()}"
        time.sleep(0.01)


def environ(pid: int) -> dict[str, str]:
    try:
        data = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return {}
    words = data.decode("utf-8", "replace").split("\0")
    return dict(word.split("=", 1) for word in words if "=" in word)


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "gone"


def parent_of(pid: int) -> int:
    return psutil.Process(pid).ppid()


def group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def members(name: str) -> list[int]:
    """The live processes of the test of that name: without the governor, which is unmarked."""
    pids = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    found = ((pid, environ(pid)) for pid in pids)
    return [pid for pid, names in found if names.get(OURS) == name and MARK in names]


def alive(name: str) -> list[int]:
    return [pid for pid in members(name) if state(pid) not in ("gone", "Z")]


@dataclass
class Governed:
    """A governed build in a process of its own."""

    process: subprocess.Popen[str]
    name: str
    report: Path
    terminal: Terminal | None = None

    def finish(self) -> tuple[int, str]:
        """Its exit code, and what it and its driver have printed."""
        if self.terminal is not None:
            wait_for(
                lambda: self.terminal and self.terminal.pump() and self.process.poll() is not None
            )
            self.terminal.pump()
            return self.process.returncode, self.terminal.text
        output, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, output

    @property
    def outcome(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.report.read_text())
        return found

    def driver(self) -> int:
        """The outermost ninja. A later one of that name is a fork of it, no job yet."""
        return min(pid for pid in members(self.name) if comm(pid) == "ninja")

    def stopped(self) -> int:
        """How many of ninja's jobs are; D is a shell whose child was stopped in its vfork."""
        return sum(letter in "TD" for letter in self.jobs().values())

    def jobs(self) -> dict[int, str]:
        """The states of ninja's jobs: of what leads a process group of its own."""
        return {pid: state(pid) for pid in members(self.name) if group(pid) == pid}


class MemoryGroup:
    """A memory cgroup of a test's own: v1, or v2 where its memory controller can be had."""

    ROOTS = (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup"))

    def __init__(self, name: str) -> None:
        """Raises OSError where there is none to be had."""
        v1 = (self.ROOTS[0] / "memory.limit_in_bytes").exists()
        self.folder = self.ROOTS[0 if v1 else 1] / f"ninjapool-test-{name}"
        self._limit = self.folder / ("memory.limit_in_bytes" if v1 else "memory.max")
        self._kills = self.folder / ("memory.oom_control" if v1 else "memory.events")
        self._used = self.folder / ("memory.usage_in_bytes" if v1 else "memory.current")
        self.folder.mkdir()
        if not self._limit.exists():
            self.folder.rmdir()
            raise OSError("no memory controller")

    @property
    def entering(self) -> tuple[str, ...]:
        """What to put before a command so that it runs in here."""
        procs = self.folder / "cgroup.procs"
        return ("sh", "-c", f'echo $$ > {procs}; exec "$@"', "sh")

    def let_out(self, pid: int) -> None:
        """What it holds still counts in here, but the kernel will not kill it for that."""
        (self.folder.parent / "cgroup.procs").write_text(str(pid))

    def limit(self, size: int) -> None:
        self._limit.write_text(str(size))

    def used(self) -> int:
        return int(self._used.read_text())

    def kills(self) -> int:
        rows = dict(line.split() for line in self._kills.read_text().splitlines())
        return int(rows["oom_kill"])

    def remove(self) -> None:
        procs = self.folder / "cgroup.procs"
        for pid in procs.read_text().split():
            os.kill(int(pid), 9)
        wait_for(lambda: not procs.read_text())
        self.folder.rmdir()


@dataclass
class Terminal:
    """A pseudo terminal, as seen by who sits before it."""

    master: int
    slave: int
    data: bytes = field(default=b"")

    @classmethod
    def open(cls) -> Terminal:
        return cls(*pty.openpty())

    def attach(self) -> None:
        """In the child: this is my controlling terminal."""
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def pump(self) -> bool:
        """Reads what has come; always true, for use in conditions."""
        while select.select([self.master], [], [], 0)[0]:
            self.data += os.read(self.master, 65536)
        return True

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace").replace("\r\n", "\n")

    def close(self) -> None:
        for end in (self.master, self.slave):
            os.close(end)


def start(folder: Path, number: int, words: Sequence[str], **options: Any) -> Governed:
    """`words`: POLICY build DIR, or POLICY run CMD..."""
    report = folder / f"outcome-{number}.json"
    clean = {name: value for name, value in os.environ.items() if name not in (MARK, "MAKEFLAGS")}
    extra = {OURS: str(folder), **options.pop("environ", {})}
    extra["PATH"] = f"{NINJA.parent}{os.pathsep}{extra.get('PATH', clean['PATH'])}"
    terminal: Terminal | None = options.pop("terminal", None)
    if terminal is not None:
        ends = dict.fromkeys(("stdin", "stdout", "stderr"), terminal.slave)
        options = {"preexec_fn": terminal.attach, **ends, **options}
    defaults: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
        "cwd": folder,
    }
    policy, *rest = words
    process = subprocess.Popen(
        [*options.pop("before", ()), sys.executable, str(STANDIN), policy, str(report), *rest],
        env={**clean, **extra},
        text=True,
        **{**defaults, **options},
    )
    return Governed(process, str(folder), report, terminal)


def ninja_file(folder: Path, edges: dict[str, str], *, extra: str = "") -> Path:
    """A build.ninja with an edge for each output: name -> command."""
    lines = ["rule run", "  command = $cmd", "  description = RUN $out", extra]
    for output, text in edges.items():
        lines += [f"build {output}: run", f"  cmd = {text}"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "build.ninja").write_text("\n".join(lines) + "\n")
    return folder
