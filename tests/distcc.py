"""A real distccd on loopback, and what tells its clients of it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.elsewhere import SLOTS, Daemon, wait_for_port

if TYPE_CHECKING:
    from pathlib import Path


def distccd(folder: Path, port: int) -> Daemon:
    program = shutil.which("distccd")
    if program is None or shutil.which("distcc") is None:
        pytest.skip("no distcc")
    words = ["--daemon", "--no-detach", "--user", "nobody", "--listen", "127.0.0.1"]
    words += ["--allow", "127.0.0.1", "-p", str(port), "--jobs", str(SLOTS), "--log-stderr"]
    started = Daemon.start(folder / "distccd.log", program, *words, TMPDIR="/tmp")
    wait_for_port(port)
    return started


def hosts(folder: Path, port: int) -> dict[str, str]:
    """The environment of a client."""
    (folder / "distcc").mkdir()
    place = f"127.0.0.1:{port}/{SLOTS}"
    return {"DISTCC_HOSTS": place, "DISTCC_DIR": str(folder / "distcc"), "HOME": str(folder)}
