"""A build that is interrupted, killed, stopped: nothing stays, and the next one goes on."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.governing import SOON, Governed, Terminal, alive, members, ninja_file, state, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.build


def long_jobs(folder: Path, hog: Path, count: int = 6, megabytes: int = 20) -> Path:
    return ninja_file(folder, {f"o{n}": f"{hog} 3000 {megabytes} -o o{n}" for n in range(count)})


def held_and_running(build: Governed) -> bool:
    return len(build.jobs()) == 6 and build.stopped() == 4


def held_and_paused(build: Governed) -> bool:
    return build.stopped() >= 2


def seen(build: Governed) -> str:
    if build.terminal is not None:
        build.terminal.pump()
    text = build.terminal.text if build.terminal else ""
    return f"jobs {build.jobs()}, all {members(build.name)}, exit {build.process.poll()} {text}"


def nothing_left(build: Governed) -> bool:
    return not alive(build.name)


def test_ctrl_c_while_jobs_are_held(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed], terminal: Terminal
) -> None:
    build = govern("at-most:2", "build", str(long_jobs(tmp_path / "b", hog)), terminal=terminal)
    wait_for(lambda: held_and_running(build), else_show=lambda: seen(build))
    begin = time.monotonic()
    terminal.type("\x03")
    code, text = build.finish()
    assert time.monotonic() - begin < SOON
    assert code == 130
    assert "ninja: build stopped: interrupted by user." in text
    assert nothing_left(build)
    assert build.outcome["interrupted"] == "SIGINT"


def test_a_job_that_a_signal_cut_short_is_no_forecast_gone_wrong(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    folder = tmp_path / "b"
    ninja_file(folder, {f"o{n}": f"{hog} 80 20 && touch long-{n} && {hog} 6000 1" for n in "abc"})
    build = govern("at-most:3", "build", str(folder))
    wait_for(lambda: len(list(folder.glob("long-*"))) == 3, else_show=lambda: seen(build))
    build.process.send_signal(signal.SIGTERM)
    build.finish()
    assert build.outcome["peak"] > 20 << 20
    assert build.outcome["calibration"] == []


def test_ctrl_c_while_jobs_are_paused(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed], terminal: Terminal
) -> None:
    build = govern("pausing:4", "build", str(long_jobs(tmp_path / "b", hog)), terminal=terminal)
    wait_for(lambda: held_and_paused(build), else_show=lambda: seen(build))
    begin = time.monotonic()
    terminal.type("\x03")
    code, text = build.finish()
    assert time.monotonic() - begin < SOON
    assert code == 130
    assert "interrupted by user" in text
    assert nothing_left(build)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_friendly_kill_of_ninjapool_alone_reaches_ninja(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed], number: signal.Signals
) -> None:
    build = govern("at-most:2", "build", str(long_jobs(tmp_path / "b", hog)))
    wait_for(lambda: held_and_running(build), else_show=lambda: seen(build))
    begin = time.monotonic()
    build.process.send_signal(number)
    code, text = build.finish()
    assert time.monotonic() - begin < SOON
    assert code == 130
    assert text.count("interrupted by user") == 1
    assert nothing_left(build)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_friendly_kill_waits_for_no_job_that_has_long_run(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed], number: signal.Signals
) -> None:
    """A ninja that saw a held job end before it had the signal itself waited for the others."""
    folder = tmp_path / "b"
    long = {f"o{n}": f"{hog} 200 5 && touch long-{n} && {hog} 60000 20" for n in range(6)}
    ninja_file(folder, long)
    build = govern("at-most:2", "build", str(folder))
    wait_for(lambda: len(list(folder.glob("long-*"))) == 2, else_show=lambda: seen(build))
    build.process.send_signal(number)
    code, text = build.finish()
    assert code == 130
    assert text.count("interrupted by user") == 1
    assert nothing_left(build)


def test_sigterm_to_the_whole_group(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    folder = long_jobs(tmp_path / "b", hog)
    build = govern("at-most:2", "build", str(folder), start_new_session=True)
    wait_for(lambda: held_and_running(build), else_show=lambda: seen(build))
    os.killpg(build.process.pid, signal.SIGTERM)
    code, text = build.finish()
    # 143 where ninja had seen a job end by the signal before it looked at its own.
    assert code in (130, 128 + signal.SIGTERM)
    assert "interrupted by user" in text
    assert nothing_left(build)


def test_sigkill_of_ninjapool_leaves_nothing_and_the_next_build_resumes(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    folder = ninja_file(tmp_path / "b", {f"o{n}": f"{hog} 60 5 -o o{n}" for n in range(6)})
    build = govern("at-most:2", "build", str(folder))
    log = folder / ".ninja_log"
    wait_for(lambda: log.exists() and log.read_text().count("\to") >= 2)
    build.process.kill()
    build.process.wait()
    wait_for(lambda: nothing_left(build), SOON)
    again = govern("at-most:6", "build", str(folder))
    code, _ = again.finish()
    assert code == 0
    assert len(list(folder.glob("o*"))) == 6
    assert 0 < again.outcome["jobs"] < 6


def test_sigkill_of_ninjapool_while_jobs_are_paused_leaves_nothing_stopped(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    build = govern("pausing:4", "build", str(long_jobs(tmp_path / "b", hog)))
    wait_for(lambda: held_and_paused(build), else_show=lambda: seen(build))
    build.process.kill()
    build.process.wait()
    wait_for(lambda: nothing_left(build), SOON)


def test_ninja_goes_with_ninjapool_even_where_the_watchdog_went_first(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    build = govern("pausing:4", "build", str(long_jobs(tmp_path / "b", hog)))
    wait_for(lambda: held_and_paused(build), else_show=lambda: seen(build))
    ninja, pid = build.driver(), build.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for helper in {int(child) for child in children} - {ninja}:
        os.kill(helper, signal.SIGKILL)
    build.process.kill()
    build.process.wait()
    try:
        wait_for(lambda: state(ninja) == "gone" and not build.stopped(), SOON)
    finally:
        for left in alive(build.name):  # those that ran go on, as the user's `kill -9` has it
            os.kill(left, signal.SIGKILL)


def test_sigkill_of_ninjapool_leaves_nothing_of_make(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    # Make's jobs have no group of their own, so no orphaned group is woken by the kernel.
    names = " ".join(f"o{n}" for n in range(6))
    (tmp_path / "Makefile").write_text(f"all: {names}\no%:\n\t{hog} 3000 20 -f 2 -o $@\n")
    build = govern("pausing:4", "run", "make", "-j6")
    wait_for(lambda: sum(state(pid) == "T" for pid in alive(build.name)) >= 4)
    build.process.kill()
    build.process.wait()
    wait_for(lambda: nothing_left(build), SOON)


def test_a_friendly_kill_reaches_what_a_script_has_started(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    folder = long_jobs(tmp_path / "b", hog)
    build = govern("at-most:2", "run", "sh", "-c", f"cd {folder}; ninja; echo over")
    wait_for(lambda: build.stopped() >= 1, else_show=lambda: seen(build))
    build.process.terminate()
    code, text = build.finish()
    assert code == 128 + signal.SIGTERM
    assert "interrupted by user" in text
    assert "over" not in text.splitlines()
    assert nothing_left(build)


def test_its_private_folder_goes_with_it_even_at_sigkill(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    folder = long_jobs(tmp_path / "b", hog)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    # A make that understands FIFOs, so that there is a folder at all.
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("make", "gmake"):
        (programs / name).write_text("#!/bin/sh\necho GNU Make 4.4.1\n")
        (programs / name).chmod(0o755)
    build = govern(
        "at-most:2", "run", "sh", "-c", f"cd {folder}; ninja",
        environ={"TMPDIR": str(temporary), "PATH": f"{programs}:{os.environ['PATH']}"},
    )  # fmt: skip
    wait_for(lambda: list(temporary.glob("ninjapool-*/slots")) and build.jobs())
    build.process.kill()
    build.process.wait()
    wait_for(lambda: nothing_left(build) and not list(temporary.iterdir()), SOON)


def test_ninja_killed_takes_its_jobs_along(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    build = govern("pausing:4", "build", str(long_jobs(tmp_path / "b", hog)))
    wait_for(lambda: held_and_paused(build), else_show=lambda: seen(build))
    os.kill(build.driver(), signal.SIGKILL)
    code, _ = build.finish()
    assert code == 128 + 9
    assert nothing_left(build)
    assert build.outcome["rounds"] == 1


def test_ctrl_z_and_fg(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed], terminal: Terminal
) -> None:
    edges = {f"o{n}": f"{hog} 150 5 -o o{n}" for n in range(4)}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern(
        "at-most:2", "build", str(folder), terminal=terminal,
        before=("bash", "-ic", '"$@"; echo FIRST $?; read go; fg; echo CODE $?', "bash"),
    )  # fmt: skip
    wait_for(lambda: terminal.pump() and len(build.jobs()) == 4 and build.stopped() == 2)
    pids = build.jobs()
    terminal.type("\x1a")
    wait_for(lambda: all(state(pid) in "TD" for pid in pids), else_show=lambda: seen(build))
    wait_for(lambda: terminal.pump() and "FIRST" in terminal.text)
    terminal.type("\n")
    code, text = build.finish()
    assert code == 0
    assert "CODE 0" in text
    assert all((folder / name).exists() for name in edges)
