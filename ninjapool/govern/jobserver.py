"""A GNU jobserver: slots as bytes in a FIFO or a pipe, for whatever joins through MAKEFLAGS.

Its bytes are a wish, not a truth: clients die with theirs, and some bring more back than they took.
What is really in use is told by whoever watches the jobs.
Protocol: "POSIX Jobserver Interaction" in the GNU make manual; who understands what: see `Form`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import struct
import tempfile
import termios
from pathlib import Path
from typing import Literal

from ninjapool.errors import WrapperError

Form = Literal["fifo", "pipe"]
"""GNU make before 4.4 ends with an error at a FIFO, ninja of kitware.jobserver-1 overlooks it.
A pipe is refused by upstream ninja and lost on the way through programs that close descriptors
(Python's subprocess): then ninja runs as wide as it likes and make one job at a time."""

TOKEN = b"+"
"""GNU make writes this one whatever it has read, so no other would survive."""
SETTLED = 0.5
"""Seconds for which a difference must last: a token is on its way while a client is at work."""


class JobServer:
    """Owns the slots beyond the one that each top-level client has by itself."""

    def __init__(self, form: Form, slots: int) -> None:
        """Makes the channel with `slots` - 1 tokens in it, or as many as there is room for.

        Raises WrapperError if it cannot.
        """
        self.form: Form = form
        self.slots = max(1, slots)
        self.folder: Path | None = None
        try:
            self._reading, self._writing, self._taking = self._make()
        except OSError as problem:
            raise WrapperError(f"cannot make a jobserver: {problem}") from problem
        # In a pipe that is nearly full who gives a token back, or we at the start, would wait.
        self.slots = min(self.slots, fcntl.fcntl(self._writing, fcntl.F_GETPIPE_SZ) // 2)
        self._odd_since: float | None = None
        self._over_since: float | None = None
        self.overdrawn = False
        """More jobs ran below drivers than ever had slots: one of them has not joined."""
        self._put(self.slots - 1)

    def _make(self) -> tuple[int, int, int]:
        """The clients' two ends and our own to take from, which never blocks."""
        if self.form == "pipe":
            reading, writing = os.pipe()
            # Opened anew it has a mode of its own: the clients' ends must go on blocking.
            own = os.open(f"/proc/self/fd/{reading}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            return reading, writing, own
        self.folder = private_folder()
        path = self.folder / "slots"
        os.mkfifo(path, 0o600)
        # Opened for both: make opens it blocking and would wait for ever for a second end.
        both = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        return both, both, both

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What a child must inherit."""
        return (self._reading, self._writing) if self.form == "pipe" else ()

    @property
    def flags(self) -> str:
        """The value of MAKEFLAGS.

        It begins with a blank, because make and ninja take a first word without a dash for
        letters of options. `-j` is there for wrappers that look for it. Both spellings of the
        pipe, because make before 4.2 knows only the first; every client takes the last it knows.
        """
        if self.form == "fifo":
            return f" -j{self.slots} --jobserver-auth=fifo:{self.folder}/slots"
        ends = f"{self._reading},{self._writing}"
        return f" -j{self.slots} --jobserver-fds={ends} --jobserver-auth={ends}"

    def free(self) -> int:
        """Tokens that nobody has taken."""
        size = fcntl.ioctl(self._reading, termios.FIONREAD, struct.pack("i", 0))
        return int(struct.unpack("i", size)[0])

    def adjust(self, in_use: int, now: float) -> int:
        """Brings the free tokens to what the jobs that are seen leave over.

        Lost tokens are replaced and extra ones taken out, both only after the difference has
        lasted. Returns how many were put in (or, below zero, taken out).
        """
        self._watch_for_strangers(in_use, now)
        odd = max(0, self.slots - 1 - in_use) - self.free()
        if odd == 0:
            self._odd_since = None
        elif self._odd_since is None:
            self._odd_since = now
        elif now - self._odd_since >= SETTLED:
            self._odd_since = None
            return self._put(odd) if odd > 0 else -self._take(-odd)
        return 0

    def _watch_for_strangers(self, in_use: int, now: float) -> None:
        if in_use < self.slots:
            self._over_since = None
        elif self._over_since is None:
            self._over_since = now
        elif now - self._over_since >= SETTLED:
            self.overdrawn = True

    def _put(self, count: int) -> int:
        if count > 0:
            os.write(self._writing, TOKEN * count)
        return max(0, count)

    def _take(self, count: int) -> int:
        """Takes out up to `count` tokens; a client that is faster keeps its own."""
        taken = 0
        while taken < count:
            try:
                data = os.read(self._taking, count - taken)
            except BlockingIOError:
                break
            taken += len(data)
        return taken

    def close(self) -> None:
        """Only after the last client has ended: one that comes later would run unlimited."""
        for end in {self._reading, self._writing, self._taking}:
            with contextlib.suppress(OSError):
                os.close(end)
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def private_folder() -> Path:
    """A folder for the FIFO, on a path without blanks, for clients split MAKEFLAGS at them."""
    for parent in (None, os.environ.get("XDG_RUNTIME_DIR"), "/tmp", "/var/tmp"):  # noqa: S108
        if parent and len(parent.split()) != 1:
            continue
        try:
            folder = tempfile.mkdtemp(prefix="ninjapool-", dir=parent)
        except OSError:
            continue
        if len(folder.split()) == 1:
            return Path(folder)
        Path(folder).rmdir()
    raise OSError(errno.ENOENT, "no folder without blanks in its path can be written")


def inherited(flags: str) -> str | None:
    """The jobserver that MAKEFLAGS already names, as make and ninja read it: the last one wins."""
    found = None
    for word in flags.split():
        for option in ("--jobserver-auth=", "--jobserver-fds="):
            if word.startswith(option):
                found = word.removeprefix(option)
    return found


def is_alive(auth: str) -> bool:
    """Whether a jobserver that we were handed can be used: an open pipe, or a FIFO that exists."""
    if auth.startswith("fifo:"):
        return Path(auth.removeprefix("fifo:")).is_fifo()
    try:
        return all(stat.S_ISFIFO(os.fstat(int(word)).st_mode) for word in auth.split(","))
    except (OSError, ValueError):
        return False
