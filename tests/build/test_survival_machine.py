"""Machines that tell little and allow little: a hidden /proc, or none, a user without rights."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.governing import Governed, ninja_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.build, pytest.mark.cgroup]

NOBODY = 65534
AS_NOBODY = (
    "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
    # He may read everybody's files, for this Python may lie in a home of root's; nothing else.
    "--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search",
    "--bounding-set=-all,+dac_read_search",
)  # fmt: skip
OWN_MOUNTS = ("unshare", "--mount", "sh", "-c")


@pytest.fixture
def open_folder(tmp_path: Path) -> Path:
    """A folder that an unprivileged user owns and can reach."""
    if os.geteuid() != 0 or not shutil.which("setpriv") or not shutil.which("unshare"):
        pytest.skip("needs root, setpriv and unshare")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    os.chown(tmp_path, NOBODY, NOBODY)
    tried = subprocess.run([*AS_NOBODY, sys.executable, "-c", "import ninjapool"], check=False)
    if tried.returncode:
        pytest.skip("an unprivileged user cannot run this Python")
    return tmp_path


def jobs(folder: Path, hog: Path) -> Path:
    made = ninja_file(folder / "b", {f"o{n}": f"{hog} 30 20 -o o{n}" for n in range(5)})
    os.chown(made, NOBODY, NOBODY)
    hog.parent.chmod(0o755)
    return made


def test_a_user_without_any_right_governs_all_the_same(
    open_folder: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    folder = jobs(open_folder, hog)
    build = govern("pausing:3", "build", str(folder), before=AS_NOBODY)
    code, text = build.finish()
    assert code == 0, text
    assert build.outcome["governed"]
    assert build.outcome["pauses"] >= 1


def test_hidepid_hides_nothing_that_is_needed(
    open_folder: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    folder = jobs(open_folder, hog)
    script = 'mount -t proc -o hidepid=2 proc /proc && exec "$@"'
    before = (*OWN_MOUNTS, script, "sh", *AS_NOBODY)
    build = govern("pausing:3", "build", str(folder), before=before)
    code, text = build.finish()
    assert code == 0, text
    assert build.outcome["governed"]
    assert build.outcome["jobs"] == 5
    assert build.outcome["pauses"] >= 1


def test_without_proc_it_says_so_and_builds_as_wide_as_the_plan(
    open_folder: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    folder = jobs(open_folder, hog)
    script = 'mount -t tmpfs none /proc && exec "$@"'
    before = (*OWN_MOUNTS, script, "sh")
    build = govern("pausing:3", "build", str(folder), before=before)
    code, text = build.finish()
    assert code == 0, text
    assert not build.outcome["governed"]
    assert "does not show our processes" in text
    assert build.outcome["slots"] == "ninja -j1"
