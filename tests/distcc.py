"""A real distccd on loopback, and what tells its clients of it."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.elsewhere import SLOTS, Daemon, wait_for_port

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def distccd(folder: Path, port: int) -> Iterator[Daemon]:
    """What it writes as its own user goes with it: a daemon that is killed clears up nothing."""
    program = shutil.which("distccd")
    if program is None or shutil.which("distcc") is None:
        pytest.skip("no distcc")
    words = ["--daemon", "--no-detach", "--user", "nobody", "--listen", "127.0.0.1"]
    words += ["--allow", "127.0.0.1", "-p", str(port), "--jobs", str(SLOTS), "--log-stderr"]
    with tempfile.TemporaryDirectory(prefix="distccd-") as scratch:
        Path(scratch).chmod(0o777)
        started = Daemon.start(folder / "distccd.log", program, *words, TMPDIR=scratch)
        try:
            wait_for_port(port)
            yield started
        finally:
            started.end()


def hosts(folder: Path, port: int) -> dict[str, str]:
    """The environment of a client."""
    own = folder / "distcc"
    own.mkdir()
    place = f"127.0.0.1:{port}/{SLOTS}"
    return {
        "DISTCC_HOSTS": place,
        "DISTCC_DIR": str(own),
        "TMPDIR": str(own),
        "HOME": str(folder),
    }
