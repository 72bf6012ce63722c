"""ninjapool where users really are: no home, closed streams, devices, an impatient Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ninjapool.govern.ninjas import MARK
from tests.governing import NINJA, ninja_file

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.build

NINJAPOOL = (sys.executable, "-m", "ninjapool")


def environ(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in (MARK, "MAKEFLAGS")}
    return {**kept, "PATH": f"{NINJA.parent}{os.pathsep}{kept['PATH']}", **more}


def run(*command: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environ(**more), capture_output=True, text=True, check=False
    )


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return ninja_file(tmp_path / "build", {"a": "echo a > a", "b": "echo b > b"})


def test_a_state_folder_out_of_reach_costs_no_build(small: Path) -> None:
    """As where `sudo -u` keeps another's HOME; a name that is too long keeps root out, too."""
    done = run(*NINJAPOOL, "build", folder=small, NINJAPOOL_STATE=f"/{'x' * 300}")
    assert done.returncode == 0, done.stderr
    assert (
        "the history cannot be written, so the next build will not know of this one" in done.stderr
    )
    assert "Traceback" not in done.stderr
    assert (small / "a").exists()


@pytest.mark.parametrize("command", ["build", "run -- true", "history", "report", "configure"])
def test_a_folder_that_is_gone_is_said(tmp_path: Path, command: str) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f"cd {gone} && rmdir {gone} && exec {sys.executable} -m ninjapool {command}"
    done = run("sh", "-c", script, folder=tmp_path)
    assert done.returncode in (5, 125), done.stderr
    assert done.stderr.startswith("ninjapool: error: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("closing", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_closed_streams_end_no_build(small: Path, closing: str) -> None:
    words = f"{sys.executable} -m ninjapool build {closing}"
    done = run("sh", "-c", words, folder=small)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert (small / "b").exists()


def test_output_that_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    words = f"{sys.executable} -m ninjapool inspect > /dev/full"
    done = run("sh", "-c", words, folder=tmp_path)
    assert done.returncode == 6
    assert done.stderr == "ninjapool: error: cannot write the output: No space left on device\n"


def test_a_name_that_the_terminal_cannot_show_is_no_error(tmp_path: Path) -> None:
    folder = ninja_file(tmp_path / "b\udcff\u00fc", {"a": "sleep 0.3; echo a > a"})
    for words in (("build", str(folder)), ("report", str(folder), "--text"), ("history", "show")):
        done = subprocess.run(
            [*NINJAPOOL, *words],
            cwd=folder,
            env=environ(PYTHONIOENCODING="ascii"),
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("program", ["ninjapool.__main__", "ninjapool.shim"])
def test_ctrl_c_while_it_is_still_being_loaded_shows_no_traceback(
    small: Path, program: str
) -> None:
    """Whatever is imported first after `main` has begun is where the signal comes."""
    script = f"""
import builtins, os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from {program} import main
original = builtins.__import__
def interrupted(name, *rest):
    if name.startswith("ninjapool.cli"):
        os.kill(os.getpid(), signal.SIGINT)
    return original(name, *rest)
builtins.__import__ = interrupted
sys.argv = ["ninjapool", "build"] if "main" in {program!r} else ["ninjapool-ninja"]
sys.exit(main())
"""
    done = run(sys.executable, "-c", script, folder=small)
    assert done.returncode == -signal.SIGINT
    assert done.stderr == ""


def test_nobody_who_listens_on_stderr_ends_no_build(small: Path) -> None:
    words = f"{sys.executable} -m ninjapool build"
    done = run("sh", "-c", f"{words} 2>/dev/full", folder=small)
    assert done.returncode == 0
    assert (small / "b").exists()
    gone = run("sh", "-c", f"{words} --bogus 2>/dev/full", folder=small)
    assert gone.returncode == 125


def test_more_jobs_than_ninja_can_read_from_are_not_started(tmp_path: Path) -> None:
    """Ninja alone has files enough for the 40 that are asked for; those that wait are ours."""
    folder = ninja_file(tmp_path / "b", {f"o{n}": f"sleep 0.2; echo > o{n}" for n in range(150)})
    words = f"ulimit -n 110; exec {sys.executable} -m ninjapool build -j40"
    done = run("sh", "-c", words, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
