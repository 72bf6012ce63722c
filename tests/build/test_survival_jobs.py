"""Jobs of every kind come through: console, daemons, many children, nested drivers, errors."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.governing import NINJA, STANDIN, Governed, Terminal, members, ninja_file, state, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.build


def outputs(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("o*")}


def test_a_console_job_keeps_the_terminal_and_is_never_stopped(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed], terminal: Terminal
) -> None:
    edges = {f"o{n}": f"{hog} 200 5 -o o{n}" for n in range(4)}
    folder = ninja_file(tmp_path / "b", edges)
    with (folder / "build.ninja").open("a") as file:
        file.write("build talk: run o0\n  pool = console\n")
        file.write("  cmd = read answer; echo you said $$answer; touch talk\n")
    build = govern("at-most:1", "build", str(folder), terminal=terminal)
    terminal.type("yes\n")
    wait_for(lambda: terminal.pump() and (folder / "talk").exists())
    # It came last, and the policy lets only the eldest run.
    assert len(outputs(folder)) < 4
    code, text = build.finish()
    assert code == 0
    assert "you said yes" in text
    assert outputs(folder) == set(edges)


def test_a_daemon_that_holds_the_output_delays_nothing_but_its_own_job(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    edges = {"o0": f"{hog} 5 1 -d 2 -o o0", **{f"o{n}": f"{hog} 10 5 -o o{n}" for n in range(1, 6)}}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("at-most:2", "build", str(folder))
    code, _ = build.finish()
    assert code == 0
    assert outputs(folder) == set(edges)
    assert build.outcome["jobs"] == 6


def test_a_daemon_is_not_stopped_with_the_job_that_left_it(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    script = tmp_path / "daemon.py"
    script.write_text(
        "import os, pathlib, time\n"
        "os.setsid()\n"
        "[time.sleep(0.02) for _ in range(60)]\n"
        "pathlib.Path('alive').touch()\n"
    )
    command = f"{sys.executable} {script} >/dev/null & sleep 0.3; {hog} 400 40 -o o0"
    folder = ninja_file(tmp_path / "b", {"o1": f"{hog} 300 20 -o o1", "o0": command})
    build = govern("pausing:2", "build", str(folder))
    wait_for(lambda: build.stopped() == 1 and not (folder / "alive").exists())
    wait_for((folder / "alive").exists)
    assert build.stopped() == 1
    assert build.finish()[0] == 0


def test_a_daemon_that_a_stop_has_met_as_it_left_its_job_goes_on(
    tmp_path: Path, govern: Callable[..., Governed]
) -> None:
    """It stops itself while the governor cannot see it, as if it had met a stop in its setsid()."""
    script = tmp_path / "daemon.py"
    script.write_text(
        "import os, pathlib, signal, time\n"
        "pathlib.Path('ready').touch()\n"
        "while not pathlib.Path('go').exists(): time.sleep(0.01)\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    os.kill(os.getpid(), signal.SIGSTOP)\n"
        "    pathlib.Path('alive').touch()\n"
    )
    folder = ninja_file(tmp_path / "b", {"o0": f"{sys.executable} {script}; touch o0"})
    build = govern("at-most:1", "build", str(folder))
    wait_for((folder / "ready").exists)
    build.process.send_signal(signal.SIGSTOP)
    wait_for(lambda: state(build.process.pid) == "T")
    (folder / "go").touch()
    wait_for(lambda: "T" in map(state, members(build.name)))
    build.process.send_signal(signal.SIGCONT)
    assert build.finish()[0] == 0
    assert (folder / "alive").exists()


def test_a_hundred_children_are_one_job(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    edges = {f"o{n}": f"{hog} 150 100 -f 100 -o o{n}" for n in range(3)}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("at-most:2", "build", str(folder))
    code, _ = build.finish()
    assert code == 0
    assert build.outcome["jobs"] == 3
    assert 150 << 20 < build.outcome["peak"] < 300 << 20


def test_jobs_that_are_paused_in_mid_life_end_well(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    edges = {f"o{n}": f"{hog} 30 20 -f 3 -o o{n}" for n in range(5)}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("pausing:3", "build", str(folder))
    code, text = build.finish()
    assert code == 0
    assert outputs(folder) == set(edges)
    assert build.outcome["pauses"] >= 2
    assert "paused in mid-life" in text


def test_any_order_of_stops_and_kills_ends_in_a_whole_build(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    edges = {f"o{n}": f"{hog} {3 + n % 20} {n % 7 * 10} -f {n % 3} -o o{n}" for n in range(80)}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("chaos:4", "build", str(folder))
    code, text = build.finish()
    assert code == 0, text
    assert outputs(folder) == set(edges)
    assert {kill["fate"] for kill in build.outcome["kills"]} == {"retried"}


def test_a_genuine_error_is_reported_by_ninja_at_once_with_its_code(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    edges = {"bad": f"{hog} 5 1 -x 7", **{f"o{n}": f"{hog} 20 5 -o o{n}" for n in range(4)}}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("at-most:4", "build", str(folder))
    code, text = build.finish()
    assert code == 7
    assert "FAILED: [code=7] bad" in text
    assert build.outcome["rounds"] == 1


def test_a_job_that_the_governor_killed_is_run_again(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    edges = {"o9": f"{hog} 60 80 -o o9", **{f"o{n}": f"{hog} 20 5 -o o{n}" for n in range(4)}}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("killing:40", "build", str(folder))
    code, text = build.finish()
    assert code == 0
    assert outputs(folder) == set(edges)
    [kill] = build.outcome["kills"]
    assert (kill["key"], kill["by"], kill["fate"]) == ("o9", "governor", "retried")
    assert "killed for memory, run again: o9" in text


def test_a_genuine_error_beside_a_kill_is_not_retried(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    edges = {"o9": f"{hog} 60 80 -o o9", "bad": f"{hog} 40 1 -o bad -x 3"}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("killing:40", "build", str(folder))
    code, text = build.finish()
    assert code not in (0, 125)
    assert "FAILED: [code=3] bad" in text
    assert build.outcome["rounds"] == 1


def test_nested_ninja_is_governed_job_by_job(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    inner = ninja_file(tmp_path / "b" / "in", {f"o{n}": f"{hog} 30 5 -o o{n}" for n in range(6)})
    edges = {"done": f"cd {inner} && ninja && touch ../done", "oa": f"{hog} 30 5 -o oa"}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("at-most:2", "build", str(folder))
    wait_for(lambda: build.stopped() >= 4)
    code, _ = build.finish()
    assert code == 0
    assert len(outputs(inner)) == 6
    assert build.outcome["jobs"] == 7
    assert build.outcome["held_seconds"]["memory"] > 0


def test_nested_make_joins_the_slots(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("no make")
    names = " ".join(f"o{n}" for n in range(6))
    inner = tmp_path / "b" / "in"
    inner.mkdir(parents=True)
    (inner / "Makefile").write_text(f"all: {names}\no%:\n\t{hog} 60 5 -o $@\n")
    folder = ninja_file(tmp_path / "b", {"done": f"{make} -C {inner} && touch done"})
    build = govern("at-most:3", "build", str(folder))
    code, text = build.finish()
    assert code == 0
    assert "jobserver" not in text
    assert len(outputs(inner)) == 6
    assert build.outcome["jobs"] == 6
    assert build.outcome["peak"] > 10 << 20  # several at a time, though it was given no -j


def test_a_make_that_does_not_join_is_held_back_and_said(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("no make")
    names = " ".join(f"o{n}" for n in range(30))
    inner = tmp_path / "b" / "in"
    inner.mkdir(parents=True)
    (inner / "Makefile").write_text(f"all: {names}\no%:\n\t{hog} 30 20 -o $@\n")
    folder = ninja_file(tmp_path / "b", {"done": f"{make} -j30 -C {inner} && touch done"})
    build = govern("at-most:2", "build", str(folder))
    code, text = build.finish()
    assert code == 0
    assert "it was told -j" in text
    assert len(outputs(inner)) == 30
    assert build.outcome["peak"] < 100 << 20


def test_make_itself_is_governed_and_its_jobs_are_stopped_one_by_one(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    if shutil.which("make") is None:
        pytest.skip("no make")
    names = " ".join(f"o{n}" for n in range(6))
    (tmp_path / "Makefile").write_text(f"all: {names}\no%:\n\t{hog} 30 20 -f 2 -o $@\n")
    build = govern("pausing:3", "run", "make", "-j6")
    code, text = build.finish()
    assert code == 0
    assert "warning" not in text
    assert len(outputs(tmp_path) - {"outcome-0.json"}) == 6
    assert build.outcome["pauses"] >= 2


def test_make_without_j_stays_serial(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    (tmp_path / "Makefile").write_text(f"all: oa ob\noa ob:\n\t{hog} 20 20 -o $@\n")
    build = govern("at-most:4", "run", "make")
    assert build.finish()[0] == 0
    assert build.outcome["peak"] < 30 << 20


def test_two_at_the_same_time_both_finish(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    folders = [
        ninja_file(tmp_path / name, {f"o{n}": f"{hog} 20 10 -o o{n}" for n in range(6)})
        for name in ("a", "b")
    ]
    builds = [govern("pausing:2", "build", str(folder)) for folder in folders]
    assert [build.finish()[0] for build in builds] == [0, 0]
    assert [build.outcome["jobs"] for build in builds] == [6, 6]


def test_one_within_another_leaves_the_governing_to_it(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    inner = ninja_file(tmp_path / "in", {f"o{n}": f"{hog} 20 5 -o o{n}" for n in range(4)})
    command = f"{sys.executable} {STANDIN} at-most:9 {tmp_path}/inner.json build {inner}"
    build = govern("at-most:2", "run", "sh", "-c", command)
    code, text = build.finish()
    assert code == 0
    assert "an outer ninjapool governs this build already" in text
    assert build.outcome["jobs"] == 4


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["./missing"], 127),
        (["no-such-command"], 127),
        (["./plain.txt"], 126),
        (["sh", "-c", "exit 3"], 3),
        (["sh", "-c", "kill -9 $$"], 137),
        (["true"], 0),
    ],
)
def test_exit_codes_are_those_of_timeout(
    tmp_path: Path, govern: Callable[..., Governed], command: list[str], code: int
) -> None:
    (tmp_path / "plain.txt").write_text("no program\n")
    assert govern("at-most:2", "run", *command).finish()[0] == code


def test_the_output_is_ninjas_own(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    edges = {f"o{n}": f"echo some output of {n}; touch o{n}" for n in range(5)}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("at-most:1", "build", str(folder), stderr=subprocess.DEVNULL)
    code, text = build.finish()
    for name in edges:
        (folder / name).unlink()
    (folder / ".ninja_log").unlink()
    plain = subprocess.run(
        [shutil.which("ninja", path=os.environ["PATH"]) or "ninja"],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert code == 0
    assert sorted(lines_without_count(text)) == sorted(lines_without_count(plain.stdout))


def test_a_terminal_is_written_to_as_ninja_does_byte_by_byte(
    tmp_path: Path, govern: Callable[..., Governed], terminal: Terminal
) -> None:
    lines = ["rule run", "  command = echo $out; touch $out", "build o0: run"]
    lines += [f"build o{n}: run o{n - 1}" for n in range(1, 6)]
    (tmp_path / "build.ninja").write_text("\n".join(lines) + "\n")
    build = govern(
        "at-most:2", "build", str(tmp_path), terminal=terminal, stderr=subprocess.DEVNULL
    )
    code, _ = build.finish()
    for path in (*tmp_path.glob("o[0-9]"), tmp_path / ".ninja_log"):
        path.unlink()
    other = Terminal.open()
    end = other.slave
    subprocess.run(
        [NINJA],
        cwd=tmp_path,
        preexec_fn=other.attach,
        check=True,
        stdin=end,
        stdout=end,
        stderr=end,
    )
    other.pump()
    assert code == 0
    assert b"\x1b[K" in terminal.data
    assert terminal.data == other.data
    other.close()


def lines_without_count(text: str) -> list[str]:
    return [line.partition("] ")[2] or line for line in text.splitlines()]
