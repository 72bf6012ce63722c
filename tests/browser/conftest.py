"""Pages in a real browser: Chromium, without a window and without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
ENOUGH = 100
"""Seconds; a bound for what hangs."""


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or pytest.skip("no Chromium")


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core's source; where it is tells NINJAPOOL_TEST_AXE."""
    file = Path(os.environ.get("NINJAPOOL_TEST_AXE", ""))
    if not file.is_file():
        pytest.skip("no axe-core: NINJAPOOL_TEST_AXE does not name axe.min.js")
    return file.read_text(encoding="utf-8")


@pytest.fixture
def dom(chromium: str, tmp_path: Path) -> Callable[..., str]:
    """The document as text, after the scripts of the page and then the given one have run."""

    def show(page: str, script: str = "", *, dark: bool = False, waits: bool = True) -> str:
        file = tmp_path / "page.html"
        file.write_text(page.replace("</body>", f"<script>{script}</script></body>"), "utf-8")
        scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        # In virtual time timers run at once, and before the document is shown; no time is true.
        waiting = ["--virtual-time-budget=20000"] if waits else []
        command = [chromium, *FLAGS, *scheme, *waiting, profile, "--dump-dom", file.as_uri()]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=ENOUGH)
        return done.stdout

    return show
