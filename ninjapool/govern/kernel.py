"""The Linux calls that Python does not offer: signals as a descriptor, and who dies with whom.

Knows nothing of builds. Numbers are those of <linux/prctl.h> and <sys/signalfd.h>.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_SIGNALFD_SIZE = 128
_SI_KERNEL = 0x80
_SIGSET_BYTES = 128
_AHEAD = -10
_BEHIND = 5
"""As nice values; those below the first are for what keeps the machine itself going."""


class Received(NamedTuple):
    """A signal and where it came from."""

    number: int
    from_terminal: bool
    """The kernel sent it to the whole foreground group, so the driver has it too."""


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def adopt_orphans(*, adopt: bool = True) -> bool:
    """Processes below us whose parent ends become our children, not init's: none gets lost."""
    return bool(_libc().prctl(_PR_SET_CHILD_SUBREAPER, int(adopt), 0, 0, 0) == 0)


def dying_with_parent() -> Callable[[], None]:
    """A function for a forked child: it is killed once we end, however we end.

    Made before the fork, because nothing should be loaded after it.
    """
    prctl, parent = _libc().prctl, os.getpid()

    def arm() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(125)

    return arm


def ahead_of_the_build() -> Callable[[], None]:
    """Lets us run before the jobs; returns what a child does to have its own priority.

    Where we may not go before others, the build goes behind. Of 16 jobs born at once beside two
    busy loops on two CPUs the middle one was stopped 20 ms after its exec without this, after 1 ms
    where we went before, after 3 ms where it went behind.
    """
    if os.sched_getscheduler(0) in (os.SCHED_FIFO, os.SCHED_RR):
        return _ahead_in_real_time()
    before = os.getpriority(os.PRIO_PROCESS, 0)
    try:
        os.setpriority(os.PRIO_PROCESS, 0, min(before, _AHEAD))
        childs = before
    except PermissionError:
        childs = min(before + _BEHIND, 19)
    return partial(os.setpriority, os.PRIO_PROCESS, 0, childs)


def _ahead_in_real_time() -> Callable[[], None]:
    """Niceness does not count there, and one of equal rank waits 100 ms for each before it."""
    policy, rank = os.sched_getscheduler(0), os.sched_getparam(0)
    highest = os.sched_get_priority_max(policy)
    os.sched_setparam(0, os.sched_param(min(rank.sched_priority + 1, highest)))
    return partial(os.sched_setparam, 0, rank)


def all_descriptors() -> Callable[[], None]:
    """Raises our limit of open files to what is permitted; returns what undoes it in a child.

    Programs that use select() rely on the usual 1024.
    """
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))

    def restore() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

    return restore


def spare_descriptors() -> int:
    """How many may be kept open, with some left for what is opened for a moment."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(0, limit - len(os.listdir("/proc/self/fd")) - 16)  # noqa: PTH208


class SignalReader:
    """Blocks signals and hands them over one by one; a descriptor tells when there are any."""

    def __init__(self, numbers: Iterable[signal.Signals]) -> None:
        self._numbers = set(numbers)
        libc = _libc()
        mask = ctypes.create_string_buffer(_SIGSET_BYTES)
        libc.sigemptyset(mask)
        for number in self._numbers:
            libc.sigaddset(mask, int(number))
        self.before = signal.pthread_sigmask(signal.SIG_BLOCK, self._numbers)
        """What was blocked already: a child must be given this mask back."""
        self.descriptor: int = libc.signalfd(-1, mask, os.O_NONBLOCK | os.O_CLOEXEC)
        if self.descriptor < 0:
            self._restore()
            raise OSError(ctypes.get_errno(), "signalfd")

    def read(self) -> list[Received]:
        found: list[Received] = []
        while True:
            try:
                data = os.read(self.descriptor, _SIGNALFD_SIZE)
            except BlockingIOError:
                return found
            number, _, code = struct.unpack_from("Iii", data)
            found.append(Received(number, code == _SI_KERNEL))

    def stop_self(self) -> None:
        """As the terminal's stop key by default: nothing where no shell could continue us."""
        old = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTSTP})
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTSTP})
        signal.signal(signal.SIGTSTP, old)

    def _restore(self) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self.before)

    def close(self) -> None:
        os.close(self.descriptor)
        self._restore()
