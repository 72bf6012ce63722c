"""Sees to it that where memory does run out, a job of the build is what dies, not the desktop.

Without root there are two ways: a scope of one's own from systemd's user instance, so that
systemd-oomd does not take the terminal for the culprit, and a higher oom_score_adj for the kernel.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.paths import exists

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OOM_SCORE = 500
"""As if each job had half the machine's memory more than it has (proc_pid_oom_score_adj(5))."""
_SCOPE = (
    "systemd-run",
    "--user",
    "--scope",
    "--quiet",
    "--collect",
    # With delegation systemd leaves the scope alone when the kernel has killed one process in it.
    "--property=Delegate=yes",
    "--description=ninjapool build",
    "--",
)


def dying_first(root: Path) -> Callable[[], None]:
    """A function for a forked child: it and all its children are killed before anybody else's.

    Raising one's own score needs no right, and the user's own, if higher, stays.
    """
    path = root / "proc/self/oom_score_adj"
    try:
        score = int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return lambda: None

    def arm() -> None:
        try:
            with path.open("w", encoding="ascii") as file:
                file.write(str(max(score, OOM_SCORE)))
        except OSError:
            return

    return arm


def scope(root: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    """What to put before a command so that it runs in a scope of its own; else nothing.

    Only in a session of systemd's user instance, where a terminal would be the victim otherwise.
    It is tried once with `true`: a bus may be there and refuse.
    """
    try:
        cgroups = (root / "proc/self/cgroup").read_text(encoding="utf-8")
    except OSError:
        return ()
    runtime = environ.get("XDG_RUNTIME_DIR")
    if "0::/user.slice/" not in cgroups or not runtime or not exists(Path(runtime) / "bus"):
        return ()
    if shutil.which(_SCOPE[0], path=environ.get("PATH")) is None:
        return ()
    try:
        tried = subprocess.run(
            [*_SCOPE, "true"], env=dict(environ), capture_output=True, timeout=5, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return _SCOPE if tried.returncode == 0 else ()
