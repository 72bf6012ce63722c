"""Reads logs: those that are named, and this machine's own where it lets us.

The kernel's (/dev/kmsg, dmesg, the journal, /var/log) and those of daemons that end processes. What
may not be read is named, with the command that would allow it, and the rest is read all the same.
Judges nothing, and executes nothing that a log says.
"""

from __future__ import annotations

import gzip
import os
import shlex
import subprocess
import sys
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from ninjapool.doctor.findings import Closed
from ninjapool.doctor.ninjalog import ran_at_once
from ninjapool.doctor.scan import BLOCK, Scanner
from ninjapool.errors import FileError
from ninjapool.probe.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ninjapool.doctor.findings import Findings

STDIN = Path("-")
NINJA_LOG = ".ninja_log"
_GZIP = b"\x1f\x8b"
_BROKEN = (OSError, EOFError, zlib.error)
_LONGEST_RECORD = 8192
_FILES = ("kern.log", "syslog", "messages")
_UNITS = ("systemd-oomd", "earlyoom", "nohang", "nohang-desktop")
_WANTED = (
    "_TRANSPORT=kernel",
    *(word for unit in _UNITS for word in ("+", f"_SYSTEMD_UNIT={unit}.service")),
)
_FORBIDDEN = "not permitted"
_BOOT_APART = 1.5
"""Seconds within which two tell of the same start."""


class _Readable(Protocol):
    def read1(self, size: int, /) -> bytes:
        """What is there, if only before an error."""


@dataclass(slots=True)
class Reader:
    """Reads logs one after the other; `progress` is told name, bytes so far, and bytes in all."""

    now: float
    progress: Callable[[str, int, int | None], None] = lambda *_: None
    closed: list[Closed] = field(default_factory=list)

    def named(self, path: Path) -> Findings:
        """A log that the user named; FileError where it cannot be read."""
        if path == STDIN:
            return self._scan("stdin", cast("_Readable", sys.stdin.buffer), None, written=self.now)
        try:
            return self._file(path, path)
        except IsADirectoryError as error:
            hint = f"for a build directory: ninjapool doctor --build {path}"
            raise FileError(path, "is a folder, not a log", hint=hint) from error
        except OSError as error:
            raise FileError(path, f"cannot be read: {error.strerror}") from error

    def _file(self, name: Path, path: Path) -> Findings:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            packed = file.peek(2)[:2] == _GZIP
            log: _Readable = gzip.GzipFile(fileobj=file) if packed else file
            size = None if packed else status.st_size
            return self._scan(str(name), log, size, written=status.st_mtime)

    def _scan(
        self, name: str, log: _Readable, size: int | None, *, written: float | None
    ) -> Findings:
        scanner, done = Scanner(name, self.now), 0
        try:
            while block := log.read1(BLOCK):
                scanner.feed(block)
                done += len(block)
                self.progress(name, done, size)
        except _BROKEN as error:
            self.closed.append(Closed(what=name, why=f"broken after {done} bytes: {error}"))
        found = scanner.finish()
        found.written = written
        return found

    # ------------------------------------------------------------ this machine's own

    def own(self, root: Path, logs: Sequence[Path], since: float | None) -> list[Findings]:
        """The kernel's log and those of daemons, as far as they may be read."""
        tree = Tree(root)
        found = []
        if tree.live:
            found = [log for log in (self._kernel(logs), self._journal(since)) if log is not None]
        if not any(log.lines for log in found):
            found += self._files(tree, since)
        return found

    def _kernel(self, logs: Sequence[Path]) -> Findings | None:
        try:
            return self._kmsg()
        except PermissionError:
            self._forbidden(logs)
            return None
        except OSError:
            pass  # a container has no such device
        try:
            return self._program(["dmesg"])
        except PermissionError:
            self._forbidden(logs)
        except OSError:
            pass
        return None

    def _forbidden(self, logs: Sequence[Path]) -> None:
        words = [shlex.quote(str(log)) for log in logs if log != STDIN]
        command = " ".join(["sudo dmesg | ninjapool doctor", *words, "-"])
        why = f"{_FORBIDDEN} (kernel.dmesg_restrict)"
        self.closed.append(Closed(what="dmesg", why=why, command=command))

    def _kmsg(self) -> Findings:
        """One record for each read, until there is none left for now."""
        kmsg = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        scanner = Scanner("/dev/kmsg", self.now)
        try:
            for record in _records(kmsg):
                scanner.feed(record)
        finally:
            os.close(kmsg)
        return scanner.finish()

    def _journal(self, since: float | None) -> Findings | None:
        """Of this boot, or since the moment that was asked for."""
        span = ["-b"] if since is None else ["--since", _local(since)]
        try:
            return self._program(
                ["journalctl", "--no-pager", "-q", "-o", "short-iso", *span, *_WANTED]
            )
        except PermissionError:
            command = "sudo usermod -aG systemd-journal $USER"
            self.closed.append(Closed(what="journalctl", why=_FORBIDDEN, command=command))
        except OSError:
            pass  # a system without systemd has none to read
        return None

    def _program(self, words: list[str]) -> Findings:
        """What a program prints; OSError where it fails."""
        with subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C"},
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            printed = cast("_Readable", process.stdout)
            found = self._scan(words[0], printed, None, written=None)
            complaint = process.stderr.read(BLOCK).decode("utf-8", "replace")
        if "not permitted" in complaint or "nsufficient permissions" in complaint:
            raise PermissionError(complaint)
        if process.returncode != 0:
            raise OSError(complaint)
        return found

    def _files(self, tree: Tree, since: float | None) -> Iterator[Findings]:
        """/var/log, with what was rotated and packed as far as it is asked for."""
        for name in _FILES:
            folder = tree.path("/var/log")
            if folder is None:
                return
            for path in sorted(folder.glob(f"{name}*"), key=_age):
                if since is not None and _age(path) < since:
                    continue
                yield from self._log_file(Path("/var/log") / path.name, tree)

    def _log_file(self, name: Path, tree: Tree) -> Iterator[Findings]:
        path = tree.path(str(name))
        if path is None:
            return
        try:
            yield self._file(name, path)
        except PermissionError:
            command = "sudo usermod -aG adm $USER"
            self.closed.append(Closed(what=str(name), why=_FORBIDDEN, command=command))
        except OSError:
            pass  # rotated away while we looked, or a folder


def _records(kmsg: int) -> Iterator[bytes]:
    while True:
        try:
            yield os.read(kmsg, _LONGEST_RECORD)
        except BlockingIOError:  # noqa: PERF203  # each record may be the last
            return
        except BrokenPipeError:
            continue  # the ring has overtaken us: on with what is left


def _local(since: float) -> str:
    """As journalctl wants it."""
    return f"{datetime.fromtimestamp(since).astimezone():%Y-%m-%d %H:%M:%S}"


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def booted(root: Path, now: float) -> float | None:
    """When the machine was started, in seconds since 1970.

    The kernel leaves out the part of a second; where the tree is that of a machine that runs, and
    not a recorded one, its uptime tells it.
    """
    tree = Tree(root)
    rows = (line.split() for line in (tree.text("/proc/stat") or "").splitlines())
    begin = next((float(row[1]) for row in rows if len(row) == 2 and row[0] == "btime"), None)
    words = (tree.text("/proc/uptime") or "").split()
    if begin is None or not words:
        return begin
    exactly = now - float(words[0])
    return exactly if abs(exactly - begin) < _BOOT_APART else begin


def width_of_last_build(folder: Path) -> int | None:
    """By ninja's log, where the directory has one."""
    try:
        with (folder / NINJA_LOG).open("rb") as lines:
            return ran_at_once(lines)
    except OSError:
        return None
