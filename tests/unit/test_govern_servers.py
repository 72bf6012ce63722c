"""What a compile server runs for a job is the job's own, though it is not below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ninjapool.govern.away import Away
from ninjapool.govern.governor import Governor
from ninjapool.govern.jobs import JobTable
from ninjapool.govern.procfs import Processes
from ninjapool.govern.servers import asks_a_server
from ninjapool.units import MIB
from tests.fakeproc import FakeProc, FakeProcess
from tests.looks import forecast, job, sample, verbs

if TYPE_CHECKING:
    from pathlib import Path

    from ninjapool.govern.watched import Watched

ME, NINJA, SERVER, SHELL, COMPILER = 10, 20, 50, 100, 200
OURS, SERVERS_OWN = 1, 50
"""Sessions."""


def command(number: int) -> str:
    return f"/opt/sccache c++ -O2 -MF {number}.o.d -o {number}.o -c /s/{number}.cc"


class World:
    """Compiles by sccache, whose server was there before."""

    def __init__(self, root: Path, *, jobs: int = 1, server: bool = True, sends: bool = False):
        self.proc = FakeProc(root)
        self.put(ME, 1, "ninjapool", "ninjapool")
        self.put(NINJA, ME, "ninja", "ninja")
        if server:
            self.serve(SERVER, 1, "sccache", "/opt/sccache")
        self.away = Away(["sccache"] if sends else [])
        read = Processes(root)
        self.table = JobTable(NINJA, read, base="/b", ours=(ME,), away=self.away)
        self.now = 0.0
        self.look()
        for number in range(jobs):
            pid, text = SHELL + 2 * number, command(number)
            words = ("/bin/sh", "-c", text)
            self.proc.put(FakeProcess(pid=pid, parent=NINJA, command=words, group=pid))
            self.put(pid + 1, pid, "sccache", text, group=pid)
        self.look()

    def put(self, pid: int, parent: int, name: str, text: str, group: int = ME) -> None:
        words = tuple(text.split())
        self.proc.put(FakeProcess(pid=pid, parent=parent, name=name, command=words, group=group))

    def serve(self, pid: int, parent: int, name: str, text: str) -> None:
        """A process of the server's."""
        self.proc.put(
            FakeProcess(
                pid=pid, parent=parent, name=name, command=tuple(text.split()),
                group=SERVERS_OWN, session=SERVERS_OWN,
            )
        )  # fmt: skip

    def look(self) -> None:
        self.now += 1.0
        self.table.look(self.now)

    @property
    def jobs(self) -> list[Watched]:
        return sorted(self.table.governed(), key=lambda job: job.identity.key)

    def pids(self, number: int = 0) -> set[int]:
        return set(self.jobs[number].members)


def test_a_server_is_asked_by_its_client_only() -> None:
    assert asks_a_server(command(1))
    assert not asks_a_server("c++ -c sccache.cc -o sccache.o")


@pytest.mark.parametrize(
    "text",
    [
        "c++ -x c++ -c -o 1.o -O2 /s/1.cc",
        "c++ -x c++ -E -MF 1.o.d /s/1.cc",
        "c++ -x c++ -E /s/1.cc",
    ],
)
def test_what_the_server_runs_is_found_by_its_words(tmp_path: Path, text: str) -> None:
    world = World(tmp_path, jobs=3)
    world.serve(COMPILER, SERVER, "c++", text)
    world.serve(COMPILER + 1, COMPILER, "cc1plus", "cc1plus /s/1.cc")
    world.look()
    assert {COMPILER, COMPILER + 1} <= world.pids(1)
    assert not {COMPILER, COMPILER + 1} & (world.pids(0) | world.pids(2))
    world.table.refresh(world.jobs[1], world.now)
    assert {COMPILER, COMPILER + 1} <= world.pids(1)


def test_what_it_runs_for_others_is_nobodys(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.serve(COMPILER, SERVER, "c++", "c++ -E /tmp/testfile.c")
    world.look()
    assert world.pids() == {SHELL, SHELL + 1}


def test_a_fork_of_the_server_is_looked_at_again_when_it_has_become_a_compiler(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    world.serve(COMPILER, SERVER, "tokio-rt-worker", "/opt/sccache")
    world.look()
    assert COMPILER not in world.pids()
    world.serve(COMPILER, SERVER, "c++", "c++ -c -o 0.o /s/0.cc")
    world.look()
    assert COMPILER in world.pids()


def test_a_server_that_a_client_has_started_is_no_part_of_its_job(tmp_path: Path) -> None:
    world = World(tmp_path, server=False)
    world.put(SERVER, SHELL + 1, "sccache", "/opt/sccache", group=SHELL)
    world.look()
    world.serve(SERVER, ME, "sccache", "/opt/sccache")
    world.serve(COMPILER, SERVER, "c++", "c++ -c -o 0.o /s/0.cc")
    world.table.refresh(world.jobs[0], world.now)
    world.look()
    assert world.pids() == {SHELL, SHELL + 1, COMPILER}


@pytest.mark.parametrize("server", [True, False])
def test_a_client_that_may_have_to_start_the_server_is_not_stopped(
    tmp_path: Path, server: bool
) -> None:
    assert World(tmp_path, server=server).jobs[0].can_stop is server


def test_a_hit_of_its_cache_teaches_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    job = world.jobs[0]
    job.peak, job.measured = 9 * MIB, world.now
    assert not job.is_peak_known(world.now)
    world.serve(COMPILER, SERVER, "c++", "c++ -c -o 0.o /s/0.cc")
    world.look()
    job.measured = world.now
    assert job.is_peak_known(world.now)


def test_where_it_distributes_a_compiler_in_the_server_is_a_job_come_home(tmp_path: Path) -> None:
    world = World(tmp_path, jobs=2, sends=True)
    world.serve(COMPILER, SERVER, "c++", "c++ -E -MF 0.o.d /s/0.cc")
    world.serve(COMPILER + 1, SERVER, "c++", "c++ -c -o 1.o /s/1.cc")
    world.look()
    first, second = world.jobs
    assert world.table.came_home == [second]
    assert (first.went, second.went) == (True, False)


def test_one_that_a_cache_has_answered_went_nowhere(tmp_path: Path) -> None:
    world = World(tmp_path, sends=True)
    job = world.jobs[0]
    for pid in (SHELL, SHELL + 1):
        world.proc.end(pid)
    world.look()
    assert not job.went


# ---------------------------------------------------------------- the server's slots


def test_a_job_waits_until_its_server_runs_something_for_it(tmp_path: Path) -> None:
    world = World(tmp_path, jobs=2)
    world.serve(COMPILER, SERVER, "c++", "c++ -c -o 0.o /s/0.cc")
    world.look()
    assert [job.waits for job in world.jobs] == [False, True]


@pytest.mark.parametrize("waits", [False, True])
def test_who_waits_for_a_slot_is_no_reason_for_its_keeper_to_stand_still(waits: bool) -> None:
    governor = Governor(cores=4, reserve=10 * MIB)
    keepers = [job(n, "paused", holds=100, expected=forecast(200)) for n in (1, 2)]
    asks = job(3, holds=5, expected=forecast(40), waits=waits)
    governor.decide(sample(asks, free=265), 0.0)
    told = verbs(governor.decide(sample(*keepers, asks, free=60), 0.1))
    assert ("resume" in told.values()) is waits
