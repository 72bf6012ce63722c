"""Whose end is told, and when: with real processes and a pipe in the place of signals."""

from __future__ import annotations

import os
import subprocess
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from ninjapool.govern.ends import FINEST, Ends

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG = 30.0
"""Seconds that no test waits for."""


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


def job(process: subprocess.Popen[bytes]) -> Any:
    return SimpleNamespace(id=process.pid, leader=SimpleNamespace(pid=process.pid))


def test_an_end_is_told_at_once(pipe: tuple[int, int]) -> None:
    ends, process = Ends(pipe[0], most_open=9), subprocess.Popen(["true"])
    mine = job(process)
    ends.watch(mine)
    assert ends.wait(LONG) == ([mine], False)
    process.wait()
    ends.close()


def test_ends_are_told_together_where_that_is_asked_for(pipe: tuple[int, int]) -> None:
    ends = Ends(pipe[0], most_open=9)
    first, second = (subprocess.Popen(["sleep", seconds]) for seconds in ("0.01", "0.1"))
    for process in (first, second):
        ends.watch(job(process))
    begin = time.monotonic()
    exited, signalled = ends.wait(LONG, together=1.0)
    assert time.monotonic() - begin >= 1.0
    assert ({one.id for one in exited}, signalled) == ({first.pid, second.pid}, False)
    for process in (first, second):
        process.wait()
    ends.close()


def test_a_signal_is_told_at_once_whatever_ends_are_waited_for(pipe: tuple[int, int]) -> None:
    ends = Ends(pipe[0], most_open=9)
    os.write(pipe[1], b"x")
    assert ends.wait(LONG, together=LONG) == ([], True)
    ends.close()


def test_a_wait_below_what_the_kernels_poll_can_is_a_wait(pipe: tuple[int, int]) -> None:
    ends, process = Ends(pipe[0], most_open=9), subprocess.Popen(["true"])
    mine = job(process)
    ends.watch(mine)
    process.wait()
    assert ends.wait(FINEST / 2) == ([mine], False)
    ends.unwatch(mine)
    begin = time.monotonic()
    assert ends.wait(FINEST / 2) == ([], False)
    assert time.monotonic() - begin >= FINEST / 2
    ends.close()


def test_no_longer_than_it_was_asked_to(pipe: tuple[int, int]) -> None:
    ends = Ends(pipe[0], most_open=9)
    assert ends.wait(0.05, together=LONG) == ([], False)
    ends.close()
