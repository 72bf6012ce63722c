"""Compiles that are done elsewhere: which they are, and how one that comes home is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ninjapool.govern.away import ENOUGH, MEMORY, Away, compiles_here, may_compile
from ninjapool.govern.governor import Governor
from ninjapool.govern.identify import identify
from ninjapool.govern.jobs import JobTable
from ninjapool.govern.procfs import Processes
from ninjapool.units import MIB
from tests.fakeproc import FakeProc, FakeProcess
from tests.looks import forecast, job, sample, verbs

if TYPE_CHECKING:
    from pathlib import Path

    from ninjapool.govern.watched import Watched

ME, NINJA, SHELL, STUB, COMPILER = 10, 20, 100, 101, 102
DISTCC = "/usr/bin/distcc /usr/bin/c++ -O2 -o a.o -c a.cc"


# ---------------------------------------------------------------- commands


@pytest.mark.parametrize(
    ("text", "goes"),
    [
        (DISTCC, True),
        ("env CCACHE_PREFIX=/usr/bin/distcc ccache c++ -o a.o -c a.cc", True),
        ("ccache c++ -o a.o -c a.cc", False),
        ("c++ -o a.o -c distcc.cc -DX=1", False),
    ],
)
def test_a_compile_is_sent_by_its_launcher(text: str, goes: bool) -> None:
    assert Away(["distcc"]).sends(text) is goes
    assert identify(["sh", "-c", text], "/b", "/b").job_class == "compile"
    assert not Away().sends(text)


@pytest.mark.parametrize(
    ("command", "here"),
    [
        ("/usr/lib/gcc/x86_64-linux-gnu/12/cc1plus -quiet a.cc -o a.s", True),
        ("/usr/lib/gcc/x86_64-linux-gnu/12/cc1plus -E -quiet a.cc", False),
        ("/usr/bin/c++ -O2 -o a.o -c a.cc", True),
        ("/usr/bin/c++ -O2 -E a.cc", False),
        ("/usr/bin/clang++-14 -cc1 -emit-obj a.cc", True),
        ("/usr/bin/clang++ -E a.cc", False),
        ("/usr/bin/g++ -dumpversion", False),
        ("/usr/bin/distcc c++ -c a.cc", False),
        ("as -o a.o a.s", False),
        ("", False),
    ],
)
def test_a_compiler_at_work_is_told_from_a_preprocessor(command: str, here: bool) -> None:
    assert compiles_here(command.split()) is here


def test_stubs_are_not_worth_a_look_at_their_words() -> None:
    names = ("sh", "distcc", "icecc", "sccache", "recc", "as", "ccache")
    assert not any(map(may_compile, names))


def test_after_several_have_come_home_the_next_are_taken_for_compiles_of_this_machine() -> None:
    away = Away(["distcc"])
    for _ in range(ENOUGH - 1):
        away.ended(1.0, went=False)
    assert away.is_trusted(1.0)
    away.ended(1.0, went=False)
    assert not away.is_trusted(2.0)
    assert away.is_trusted(1.0 + MEMORY)
    for _ in range(2 * ENOUGH):
        away.ended(2.0, went=True)
    assert away.is_trusted(2.0)


# ---------------------------------------------------------------- processes


class World:
    """One compile that distcc sends away."""

    def __init__(self, root: Path, *, trusted: bool = True) -> None:
        self.proc = FakeProc(root)
        self.put(ME, 1, "ninjapool", "ninjapool")
        self.put(NINJA, ME, "ninja", "ninja -j40")
        self.away = Away(["distcc"])
        for _ in range(0 if trusted else ENOUGH):
            self.away.ended(0.0, went=False)
        processes = Processes(root)
        self.table = JobTable(NINJA, processes, base="/b", ours=(ME,), away=self.away)
        self.now = 0.0
        self.look()
        words = ("/bin/sh", "-c", DISTCC)
        self.proc.put(FakeProcess(pid=SHELL, parent=NINJA, command=words, group=SHELL))
        self.put(STUB, SHELL, "distcc", DISTCC)
        self.look()

    def put(self, pid: int, parent: int, name: str, command: str) -> None:
        group = SHELL if pid >= SHELL else ME
        words = tuple(command.split())
        self.proc.put(FakeProcess(pid=pid, parent=parent, name=name, command=words, group=group))

    def look(self) -> None:
        self.now += 1.0
        self.table.look(self.now)

    @property
    def job(self) -> Watched:
        [found] = self.table.governed()
        return found


def test_a_stub_is_a_remote_job_and_so_is_its_preprocessor(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.put(COMPILER, STUB, "cc1plus", "cc1plus -E -quiet a.cc")
    world.look()
    assert world.job.identity.job_class == "remote"
    assert world.table.came_home == []
    assert world.table.may_come_home()


def test_a_compiler_in_a_stub_is_a_compile_of_this_machine_at_its_beginning(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.job.used = 5.0
    before = world.job.progress(world.now)
    world.put(COMPILER, STUB, "cc1plus", "cc1plus -quiet a.cc -o a.s")
    world.look()
    assert world.job.identity.job_class == "compile"
    assert world.table.came_home == [world.job]
    assert world.job.progress(world.now) < before
    world.look()
    assert world.table.came_home == [world.job]
    assert not world.table.may_come_home()


def test_a_stub_that_becomes_the_compiler_by_exec_is_seen_as_well(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.put(STUB, SHELL, "cc1plus", "cc1plus -quiet a.cc -o a.s")
    world.table.refresh(world.job, world.now)
    assert world.job.home


def test_one_that_went_away_though_it_was_not_expected_to_teaches_of_stubs(tmp_path: Path) -> None:
    world = World(tmp_path, trusted=False)
    assert world.job.identity.job_class == "compile"
    for pid in (STUB, SHELL):
        world.proc.end(pid)
    world.look()
    [ended] = world.table.ended
    assert ended.identity.job_class == "remote"
    assert not ended.home


# ---------------------------------------------------------------- seats


def test_compiles_elsewhere_take_no_core_here() -> None:
    governor = Governor(cores=2, reserve=100 * MIB, away=6)
    there = [job(n, "held", kind="remote", expected=forecast(10)) for n in range(1, 11)]
    here = [job(n, "held", expected=forecast(100)) for n in range(11, 16)]
    started = verbs(governor.decide(sample(*there, *here, free=100_000), 0.0))
    assert sum(n < 11 for n in started) == 6
    assert sum(n > 10 for n in started) == 2


def test_links_wait_for_memory_while_compiles_elsewhere_go_on() -> None:
    governor = Governor(cores=8, reserve=100 * MIB, away=20)
    there = [job(n, "held", kind="remote", expected=forecast(10)) for n in range(1, 21)]
    links = [job(n, "held", kind="link", expected=forecast(600)) for n in range(21, 25)]
    started = verbs(governor.decide(sample(*there, *links, free=1500), 0.0))
    assert sum(n > 20 for n in started) == 1
    assert sum(n < 21 for n in started) == 20


def test_compiles_that_come_home_all_at_once_are_stopped_while_they_are_small() -> None:
    governor = Governor(cores=2, reserve=100 * MIB, away=10)
    stubs = [job(n, "held", kind="remote", expected=forecast(10)) for n in range(1, 11)]
    governor.decide(sample(*stubs, free=1500), 0.0)
    away = [job(n, kind="remote", expected=forecast(10), holds=5) for n in range(1, 11)]
    governor.decide(sample(*away, free=1450), 0.1)
    home = [job(n, holds=20, expected=forecast(400, 5.0), progress=0.1) for n in range(1, 11)]
    paused = verbs(governor.decide(sample(*home, free=1300), 0.4))
    assert set(paused.values()) == {"pause"}
    assert 6 <= len(paused) < 10
