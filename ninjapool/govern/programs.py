"""What the programs of a build are and understand: who drives, which jobserver, which version.

Starts them only to ask for their versions.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.errors import CannotRunError, NotFoundError
from ninjapool.govern import ninjas
from ninjapool.paths import exists

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ninjapool.govern.jobserver import Form

OWN_FILES = 64
MAKES = ("make", "gmake")
NINJAS = frozenset({b"ninja", b"ninja-build", b"samu", b"n2"})
"""They give each job a process group of its own, but for the console's."""
DRIVERS = NINJAS | {b"make", b"gmake", b"cargo"}
DRIVERS_AT_THE_TOP = DRIVERS | {b"xargs", b"parallel"}
"""Inside a job these are a part of it; as the command that is governed they start the jobs."""
NO_DRIVERS_BELOW = frozenset({b"lto-wrapper"})
"""gcc's LTO link runs make for its parts: they are one link, forecast and kept as one."""
_VERSION = re.compile(r"(\d+)\.(\d+)")


def real_ninja(directory: Path, environ: Mapping[str, str]) -> str:
    """The ninja for a build directory, never our shim. Raises NotFoundError."""
    found = ninjas.real_ninja(str(directory), environ)
    if found is None:
        raise NotFoundError("there is no ninja", hint="pip install ninja")
    return found


def check_program(program: str, folder: Path, path: str | None) -> None:
    """Raises NotFoundError or CannotRunError, which exit as `timeout` does."""
    full = str(folder / program) if os.sep in program else program
    if shutil.which(full, path=path):
        return
    if os.sep in program and exists(Path(full)):
        raise CannotRunError(f"cannot run {program}: it is no program, or not permitted")
    raise NotFoundError(f"no such command: {program}")


def most_children() -> int:
    """How many a driver can have at once: it reads from each, and keeps some files of its own.

    Who asks for as many by himself gets them, as from the driver; ours shall not be what breaks it.
    """
    import resource  # noqa: PLC0415 - Windows, where nothing is governed, has none

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return limit - OWN_FILES if limit != resource.RLIM_INFINITY else sys.maxsize


def version_text(program: str, environ: Mapping[str, str]) -> str:
    """What `--version` prints; empty where it cannot be asked."""
    try:
        done = subprocess.run(
            [program, "--version"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            env=dict(environ),
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace")


def joins_pipes_only(ninja_version: str) -> bool:
    """Kitware's 1.11, which PyPI has: with -j beside a jobserver it prints a warning."""
    return ninja_version.strip().endswith("kitware.jobserver-1")


def jobserver_form(make_versions: Sequence[str]) -> Form:
    """A pipe where any make is older than 4.4, for that one ends with an error at a FIFO."""
    for text in make_versions:
        version = _VERSION.search(text)
        if "GNU Make" in text and version and (int(version[1]), int(version[2])) < (4, 4):
            return "pipe"
    return "fifo"


def form_on_path(environ: Mapping[str, str]) -> Form:
    """What all the makes understand that the build would find."""
    found = (shutil.which(name, path=environ.get("PATH")) for name in MAKES)
    return jobserver_form([version_text(make, environ) for make in found if make])
