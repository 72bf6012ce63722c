"""A process that outlives us for a moment: if we vanish, it ends what the build has left running.

Knows the build's mark in the environment of its processes, and nothing else of it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.govern.ninjas import MARK

if TYPE_CHECKING:
    from collections.abc import Iterator

_GOODBYE = b"."
_QUIET_LOOKS = 3
_LONGEST = 10.0


class Watchdog:
    """Forked early, while we are small. It leaves our session: no Ctrl-C or hang-up reaches it."""

    def __init__(
        self, mark: str, *, remove: Path | None = None, proc: Path = Path("/proc")
    ) -> None:
        reading, self._writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _live(reading, self._writing, _Remains(f"{MARK}={mark}", remove, proc))
        os.close(reading)

    def dismiss(self, *, clean: bool = True) -> None:
        """Lets it go, and waits for it: at once if all is well, else after it has cleared up."""
        if clean:
            with contextlib.suppress(OSError):
                os.write(self._writing, _GOODBYE)
        os.close(self._writing)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)

    def leave(self, kind: type[BaseException] | None, *_: object) -> None:
        """An error of our own must not leave a build behind that nobody governs."""
        self.dismiss(clean=kind is None)


class _Remains:
    """What a build leaves behind when its governor was killed."""

    def __init__(self, mark: str, folder: Path | None, proc: Path) -> None:
        self._mark, self._folder, self._proc = mark.encode(), folder, proc

    def clear(self) -> None:
        """Kills until nothing new has come for a while: what forks may be missed by one look."""
        end, quiet = time.monotonic() + _LONGEST, 0
        while quiet < _QUIET_LOOKS and time.monotonic() < end:
            found = list(marked(self._mark, self._proc))
            for pid in found:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            quiet = 0 if found else quiet + 1
            time.sleep(0.02)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def marked(mark: bytes, proc: Path) -> Iterator[int]:
    """The processes that were started with this mark in their environment."""
    for name in os.listdir(proc):  # noqa: PTH208 - a Path for each pid costs too much
        if name.isdigit() and int(name) != os.getpid():
            with contextlib.suppress(OSError), (proc / name / "environ").open("rb") as file:
                if mark in file.read().split(b"\0"):
                    yield int(name)


def _live(reading: int, writing: int, remains: _Remains) -> None:
    """The child's whole life."""
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        os.close(writing)
        _let_go_of_all_but(reading)
        if os.read(reading, 1) != _GOODBYE:
            remains.clear()
    finally:
        os._exit(0)


def _let_go_of_all_but(keep: int) -> None:
    """A pipe that we were started with must end when we end, not when the watchdog does."""
    os.chdir("/")
    os.closerange(0, keep)
    os.closerange(keep + 1, min(os.sysconf("SC_OPEN_MAX"), 1 << 16))
