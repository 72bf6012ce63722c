"""A small C program that holds memory, and governed builds of such jobs."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from examples.replay import cgroup
from tests.governing import Governed, MemoryGroup, Terminal, alive, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def hog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of hog.c."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    program = tmp_path_factory.mktemp("hog") / "hog"
    subprocess.run([compiler, "-O1", "-o", program, HERE / "hog.c"], check=True)
    return program


@pytest.fixture
def group(tmp_path: Path) -> Iterator[MemoryGroup]:
    try:
        opened = MemoryGroup(f"{os.getpid()}-{tmp_path.name[:20]}")
    except OSError as problem:
        pytest.skip(f"no memory cgroup: {problem}")
    yield opened
    opened.remove()


@pytest.fixture
def a_cgroup() -> None:
    """For tests of what makes memory cgroups of its own."""
    problem = cgroup.refusal(1 << 28)
    if problem is not None:
        pytest.skip(f"no memory cgroup: {problem}")


@pytest.fixture
def govern(tmp_path: Path) -> Iterator[Callable[..., Governed]]:
    """Starts governed builds; a process that one leaves behind is ended, and the test fails."""
    started: list[Governed] = []

    def begin(*words: str, **options: Any) -> Governed:
        governed = start(tmp_path, len(started), words, **options)
        started.append(governed)
        return governed

    yield begin
    for governed in started:
        if governed.process.poll() is None:
            governed.process.kill()
        governed.process.communicate()
    left = alive(str(tmp_path))
    for _ in range(100):
        # The watchdog of a governor that was just killed is still at it.
        if not left:
            break
        time.sleep(0.02)
        left = alive(str(tmp_path))
    for pid in left:
        os.kill(pid, 9)
    assert left == []


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    opened = Terminal.open()
    yield opened
    opened.close()
