"""Real builds leave a record, can be watched from outside, and keep ninja's output as it is."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import termios
from fcntl import ioctl
from typing import TYPE_CHECKING

import pytest

from ninjapool.govern.ninjas import MARK
from ninjapool.record import shelf
from ninjapool.units import MIB
from tests.governing import NINJA, Terminal, ninja_file, wait_for

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.build

PANEL = re.compile(r"\x1b7.*?\x1b8|\n{8}\x1b\[8A", re.DOTALL)
"""What `--watch` writes: from a saved cursor to its return, and the room that it makes."""


def ninjapool(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "ninjapool", *map(str, words)]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in (MARK, "MAKEFLAGS")}


def built(folder: Path, hog: Path, seconds: float = 1.5) -> Path:
    """Three jobs of 60 MiB each, and a fourth that waits for them."""
    edges = {f"lib/{n}.o": f"{hog} {int(100 * seconds)} 60 && touch lib/{n}.o" for n in range(3)}
    ninja_file(folder, {**edges, "done": "touch done"})
    text = (folder / "build.ninja").read_text()
    needs = " ".join(edges)
    (folder / "build.ninja").write_text(text.replace("build done: run", f"build done: run {needs}"))
    return folder


def test_a_build_leaves_its_record(tmp_path, hog):
    folder = built(tmp_path / "build", hog)
    command = ninjapool("build", folder, "-j2", "--reserve", "64M")
    subprocess.run(command, check=True, capture_output=True, env=environment())
    record = shelf.read(shelf.names(folder, os.environ).last)
    assert record is not None
    jobs = {job.key: job for job in record.jobs}
    hogs = [jobs[key] for key in sorted(jobs) if (jobs[key].peak or 0) > 40 * MIB]
    assert len(hogs) == 3
    assert all(job.times and 1.0 < job.ran < 10 for job in hogs)
    assert record.frame.cores == 2
    assert record.used > 3
    assert max(moment.use for moment in record.timeline) > 80 * MIB
    told = subprocess.run(
        ninjapool("report", folder, "--text"), check=True, capture_output=True, text=True
    )
    assert " jobs in " in told.stdout


def test_a_build_that_had_nothing_to_do_leaves_the_record_alone(tmp_path, hog):
    folder = built(tmp_path / "build", hog, 0.3)
    command = ninjapool("build", folder, "-j2")
    for _ in range(2):
        subprocess.run(command, check=True, capture_output=True, env=environment())
    names = shelf.names(folder, os.environ)
    assert names.last.exists()
    assert not names.before.exists()


@pytest.mark.parametrize(
    "cleaning",
    [["build", ".", "--target", "clean"], ["run", "--", NINJA, "clean"]],
    ids=["build", "run"],
)
def test_a_build_that_only_cleaned_leaves_the_record_alone(tmp_path, hog, cleaning):
    folder = tmp_path / "build"
    ninja_file(folder, {"made": f"{hog} 80 60 && touch made", "clean": "rm made; sleep 0.3"})
    for words in (["build", ".", "--target", "made"], cleaning):
        subprocess.run(
            ninjapool(*words), cwd=folder, check=True, capture_output=True, env=environment()
        )
    names = shelf.names(folder, os.environ)
    assert not (folder / "made").exists()
    record = shelf.read(names.last)
    assert record is not None
    assert any((job.peak or 0) > 40 * MIB for job in record.jobs)
    assert not names.before.exists()


def test_a_script_that_is_told_to_clean_may_build_as_well(tmp_path, hog):
    folder = tmp_path / "build"
    ninja_file(folder, {"made": f"{hog} 50 60 && touch made"})
    (folder / "rebuild").write_text(f"#!/bin/sh\nrm -f made\n{NINJA}\n")
    (folder / "rebuild").chmod(0o755)
    command = ninjapool("run", "--", "./rebuild", "clean")
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment())
    assert shelf.names(folder, os.environ).last.exists()


def test_a_build_can_be_watched_from_a_second_terminal(tmp_path, hog):
    folder = built(tmp_path / "build", hog, 4)
    names = shelf.names(folder, os.environ)
    build = subprocess.Popen(
        ninjapool("build", folder, "-j2"), stderr=subprocess.PIPE, stdout=subprocess.PIPE,
        env=environment(),
    )  # fmt: skip
    try:
        wait_for(lambda: (live := shelf.read_live(names.live)) and live.moment.use > 40 * MIB)
        top = subprocess.run(
            ninjapool("top", folder, "--once"), check=True, capture_output=True, text=True
        )
        assert "2 of 2 run" in top.stdout
        assert "held back" in top.stdout
    finally:
        build.communicate()
    assert build.returncode == 0
    assert not names.live.exists()


def test_a_panel_leaves_ninjas_output_as_it_is(tmp_path, hog):
    folder = built(tmp_path / "build", hog, 2)
    terminal = Terminal.open()
    ioctl(terminal.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    build = subprocess.Popen(
        ninjapool("build", folder, "-j2", "--watch"), stdin=terminal.slave, stdout=terminal.slave,
        stderr=terminal.slave, env=environment() | {"TERM": "xterm"},
        preexec_fn=terminal.attach,  # noqa: PLW1509 - the test has no threads
    )  # fmt: skip
    wait_for(lambda: terminal.pump() and build.poll() is not None)
    terminal.pump()
    text = terminal.text
    terminal.close()
    assert "\x1b[1;22r" in text, "the last eight lines are kept out of what scrolls"
    assert "2 of 2 run" in text
    assert text.rindex("\x1b[r") > text.rindex("\x1b[1;22r"), "and given back"
    alone = PANEL.sub("", text)
    assert "\x1b[1;22r" not in alone
    assert "[4/4] RUN done" in alone
    assert set(re.findall(r"\x1b\[?[\d;]*\w", alone)) <= {"\x1b[K"}, "ninja's own"
