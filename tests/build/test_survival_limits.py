"""What runs out besides memory, and numbers that come back: descriptors, disk space, pids."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ninjapool.govern.hands import Hands
from ninjapool.govern.jobs import JobTable
from ninjapool.govern.procfs import Processes
from tests.governing import Governed, ninja_file, state, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.build


def outputs(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("o*")}


def test_few_descriptors_are_enough(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    edges = {f"o{n}": f"{hog} {5 + n % 5} 20 -o o{n}" for n in range(30)}
    folder = ninja_file(tmp_path / "b", edges)
    limited = ("sh", "-c", 'ulimit -n 40; exec "$@"', "sh")
    build = govern("pausing:16", "build", str(folder), before=limited, environ={"CORES": "16"})
    code, text = build.finish()
    assert code == 0, text
    assert outputs(folder) == set(edges)
    assert build.outcome["jobs"] == 30


def test_without_pidfd_and_schedstat_jobs_are_governed_all_the_same(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os\n"
        "del os.pidfd_open\n"
        "opened = os.open\n"
        "def refusing(path, *words, **more):\n"
        "    if str(path).endswith('/schedstat'):\n"
        "        raise FileNotFoundError(path)\n"
        "    return opened(path, *words, **more)\n"
        "os.open = refusing\n"
    )
    edges = {f"o{n}": f"{hog} 30 20 -o o{n}" for n in range(6)}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("pausing:3", "build", str(folder), environ={"PYTHONPATH": str(tmp_path)})
    code, text = build.finish()
    assert code == 0, text
    assert build.outcome["jobs"] == 6
    assert build.outcome["pauses"] >= 2


@pytest.mark.cgroup
def test_a_full_disk_is_ninjas_to_report(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    if os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("needs root and unshare")
    folder = ninja_file(tmp_path / "b", {f"o{n}": f"{hog} 5 1 -o o{n}" for n in range(3)})
    text = (folder / "build.ninja").read_text()
    (tmp_path / "build.ninja").write_text(text + "build bad: run\n  cmd = echo much > bad\n")
    script = (
        f"mount -t tmpfs -o size=64k none {folder} && cp {tmp_path}/build.ninja {folder} && "
        f'head -c 1M /dev/zero > {folder}/full; export TMPDIR={folder}; exec "$@"'
    )
    before = ("unshare", "--mount", "sh", "-c", script, "sh")
    build = govern("at-most:2", "build", str(folder), before=before)
    code, text = build.finish()
    assert code not in (0, 125)
    assert "No space left on device" in text
    assert "Traceback" not in text
    assert build.outcome["rounds"] == 1


# ---------------------------------------------------------------- pids


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A program named ninja that starts a job for each line that it is given, in its own group."""
    program = tmp_path / "ninja"
    program.write_text(
        f"#!{sys.executable}\n"
        "import subprocess, sys\n"
        "for line in sys.stdin:\n"
        "    print(subprocess.Popen(['sh', '-c', line], process_group=0).pid, flush=True)\n"
        if sys.version_info >= (3, 11)
        else f"#!{sys.executable}\n"
        "import os, subprocess, sys\n"
        "for line in sys.stdin:\n"
        "    print(subprocess.Popen(['sh', '-c', line], preexec_fn=os.setpgrp).pid, flush=True)\n"
    )
    program.chmod(0o755)
    process = subprocess.Popen(
        [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def begin(driver: subprocess.Popen[str], text: str) -> int:
    assert driver.stdin is not None
    assert driver.stdout is not None
    driver.stdin.write(text + "\n")
    driver.stdin.flush()
    return int(driver.stdout.readline())


def give_number(pid: int) -> subprocess.Popen[bytes]:
    """A stranger's process that has this number."""
    for _ in range(200):
        Path("/proc/sys/kernel/ns_last_pid").write_text(str(pid - 1))
        stranger = subprocess.Popen(["sleep", "60"], preexec_fn=os.setpgrp)  # noqa: PLW1509
        if stranger.pid == pid:
            return stranger
        stranger.kill()
        stranger.wait()
        time.sleep(0.02)  # the number may be a group's until the last of it is collected
    return pytest.skip(f"nobody gets the number {pid}")


@pytest.mark.cgroup
def test_a_number_that_was_given_to_a_stranger_is_not_signalled(
    driver: subprocess.Popen[str],
) -> None:
    if not os.access("/proc/sys/kernel/ns_last_pid", os.W_OK):
        pytest.skip("numbers cannot be chosen")
    table = JobTable(driver.pid, Processes(Path("/proc")), base="/", ours=(os.getpid(),))
    hands = Hands(table)
    # `timeout` makes a group of its own, so it is signalled by its own number.
    leader = begin(driver, "timeout 100 sleep 50 & wait; sleep 60; true")

    def apart() -> list[int]:
        table.look(time.monotonic())
        for job in table.governed():
            hands._table.refresh(job, time.monotonic())
        return [
            pid
            for job in table.governed()
            for pid, member in job.members.items()
            if member.stat.group == pid != leader
        ]

    wait_for(apart)
    [job], [number] = table.governed(), apart()
    os.killpg(number, signal.SIGKILL)
    wait_for(lambda: state(number) == "gone")
    stranger = give_number(number)
    try:
        # The table has not looked since, and takes the number for its job's.
        assert number in job.members
        hands.pause(job, time.monotonic())
        wait_for(lambda: state(leader) == "T")
        assert state(stranger.pid) in "SR"
        hands.end_all([job], time.monotonic())
        wait_for(lambda: state(leader) in ("gone", "Z"))
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
