"""Starts a build's driver, with our terminal, and with what must be done between fork and exec.

Knows nothing of jobs, and does not wait for what it starts.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

from ninjapool.errors import CannotRunError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ninjapool.govern.driver import Launch
    from ninjapool.govern.jobserver import JobServer


def spawn(
    launch: Launch,
    server: JobServer | None,
    extra: dict[str, str],
    arm: Callable[[], None],
) -> subprocess.Popen[bytes]:
    """Starts the driver with our terminal and our descriptors. Raises as exit codes 126, 127."""
    for end in server.descriptors if server else ():
        os.set_inheritable(end, True)  # noqa: FBT003
    try:
        return subprocess.Popen(
            launch.command,
            cwd=launch.folder,
            env={**launch.environ, **extra},
            close_fds=False,
            preexec_fn=arm,  # noqa: PLW1509 - there are no threads
        )
    except FileNotFoundError as problem:
        said = f"cannot start {launch.command[0]}: {problem.strerror}"
        is_there = shutil.which(launch.command[0], path=launch.environ.get("PATH"))
        hint = "it is there, but not the interpreter that it names" if is_there else ""
        raise NotFoundError(said, hint=hint) from problem
    except OSError as problem:
        raise CannotRunError(f"cannot start {launch.command[0]}: {problem.strerror}") from problem


def armed(steps: Iterable[Callable[[], None]], mask: Iterable[int]) -> Callable[[], None]:
    """For the child between fork and exec: all these steps, and the signals that it may receive."""
    steps, mask = tuple(steps), set(mask)

    def arm() -> None:
        for step in steps:
            step()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    return arm


def interruptible() -> None:
    """For a child of ours that ignores Ctrl-C: it is the child's own business."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def exit_code(status: int) -> int:
    """As a shell says it: 128+n for a driver that signal n ended."""
    return 128 - status if status < 0 else status
