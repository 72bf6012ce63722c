"""What is killed of a victim, what is kept, and when its driver is told; over a /proc of files."""

import os
import signal
from pathlib import Path

import pytest

from ninjapool.govern.hands import Hands
from ninjapool.govern.hidden import SETTLE, STUCK, Hidden
from ninjapool.govern.identify import Identity
from ninjapool.govern.jobs import JobTable
from ninjapool.govern.meter import Meter
from ninjapool.govern.procfs import Processes, Stat
from ninjapool.govern.remains import last_written, remove_half_written
from ninjapool.govern.watched import Process, Watched
from tests.fakeproc import FakeProc, FakeProcess

MIB = 1 << 20
ME, NINJA = 10, 20
STATES = {signal.SIGSTOP: "T", signal.SIGCONT: "S", signal.SIGKILL: "Z", signal.SIGTERM: "Z"}


class World:
    """A build under ninja whose processes obey signals."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.proc = FakeProc(root)
        self.put(ME, 1, name="ninjapool", command=("ninjapool",))
        self.put(NINJA, ME, name="ninja", command=("ninja",), group=ME)
        self.table = JobTable(NINJA, Processes(root), base="/b", ours=(ME,))
        self.meter = Meter(self.table, Processes(root))
        self.hands = Hands(self.table)
        self.hidden = Hidden(self.table, self.hands)
        self.undying = set[int]()
        self.now = 0.0
        monkeypatch.setattr(os, "kill", self.signal)
        monkeypatch.setattr(os, "killpg", self.signal_group)
        self.look(0.0)

    def put(self, pid: int, parent: int, **figures: object) -> FakeProcess:
        return self.proc.put(FakeProcess(pid=pid, parent=parent, **figures))  # type: ignore[arg-type]

    def signal(self, pid: int, number: int) -> None:
        process = self.proc.live.get(pid)
        if process is None:
            raise ProcessLookupError
        if process.state != "Z" and not (number == signal.SIGKILL and pid in self.undying):
            process.state = STATES[signal.Signals(number)]
            process.anonymous = 0 if process.state == "Z" else process.anonymous
            self.proc.put(process)

    def signal_group(self, group: int, number: int) -> None:
        for process in [one for one in self.proc.live.values() if one.group == group]:
            self.signal(process.pid, number)

    def states(self, *pids: int) -> str:
        return "".join(self.proc.live[pid].state for pid in pids)

    def look(self, seconds: float) -> list[Watched]:
        self.now += seconds
        self.table.look(self.now)
        self.meter.measure(self.now)
        return self.hidden.look(self.now)

    def compile(self, pid: int, driver: int = NINJA, **figures: object) -> Watched:
        """A shell with gcc's driver below, and below that the compiler: pid, pid + 1, pid + 2."""
        text = f"cd x && g++ -c {pid}.cc -o {pid}.o"
        command = ("/bin/sh", "-c", text)
        self.put(pid, driver, command=command, anonymous=MIB, group=pid)
        self.put(pid + 1, pid, name="g++", anonymous=MIB, group=pid)
        self.put(
            pid + 2, pid + 1, **{"name": "cc1plus", "anonymous": 90 * MIB, **figures}, group=pid
        )
        self.look(1.0)
        return next(job for job in self.table.jobs.values() if job.leader.pid == pid)

    def end(self, pid: int) -> None:
        for one in (pid + 2, pid + 1, pid):
            self.proc.end(one)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


# ---------------------------------------------------------------- what


def test_only_what_holds_the_memory_is_killed(world: World) -> None:
    job = world.compile(100)
    assert world.hidden.hide(job, "why", world.now)
    assert world.states(100, 101, 102) == "TTZ"
    assert job.killed == "why"


def test_who_works_is_killed_though_it_holds_little_yet(world: World) -> None:
    job = world.compile(100)
    world.put(103, 101, name="as", anonymous=MIB, group=100)
    world.look(1.0)
    assert world.hidden.hide(job, "why", world.now)
    assert world.states(100, 101, 102, 103) == "TTZZ"


def test_a_child_that_nobody_had_seen_is_killed_too(world: World) -> None:
    job = world.compile(100)
    world.put(103, 101, name="cc1plus", anonymous=50 * MIB, group=100)
    assert world.hidden.hide(job, "why", world.now)
    assert world.states(100, 101, 102, 103) == "TTZZ"


def test_who_comes_late_is_killed_too(world: World) -> None:
    job = world.compile(100)
    world.hidden.hide(job, "why", world.now)
    world.put(103, 101, name="as", anonymous=MIB, group=100)
    world.look(0.01)
    assert world.states(100, 101, 103) == "TTZ"


def test_who_is_found_late_in_a_job_that_goes_on_is_not_stopped(world: World) -> None:
    job = world.compile(100)
    world.hands.pause(job, world.now)
    world.put(103, 101, name="as", anonymous=MIB, group=100)
    world.table.look(world.now)
    assert [process.pid for process in world.table.stragglers] == [103]
    world.hands.go_on(job, world.now)
    world.hands.stop_stragglers()
    assert "T" not in world.states(100, 101, 102, 103)


def test_who_was_born_stopped_in_a_job_that_runs_is_continued(world: World) -> None:
    job = world.compile(100)
    world.put(103, 101, name="as", anonymous=MIB, group=100, state="T")
    world.look(1.0)
    world.hands.wake_the_forgotten([job], world.now)
    assert world.states(100, 103) == "SS"


def test_a_daemon_that_a_stop_met_on_its_way_out_is_continued(world: World) -> None:
    world.compile(100)
    world.put(103, 101, name="server", group=103, session=103, state="T")
    world.look(1.0)
    world.hands.wake_strays()
    assert world.states(100, 103) == "SS"


def test_a_daemon_that_leaves_a_stopped_job_is_continued_and_the_job_is_not(world: World) -> None:
    job = world.compile(100)
    world.hands.pause(job, world.now)
    server = world.proc.live[102]
    server.session = server.group = 102
    world.proc.put(server)
    world.hands.pause(job, world.now)
    world.hands.wake_strays()
    assert world.states(100, 101, 102) == "TTS"


def test_who_was_born_stopped_by_one_that_has_ended_is_continued(world: World) -> None:
    world.compile(100)
    world.end(100)
    world.look(1.0)
    world.put(103, ME, name="server", group=100, state="T")
    world.look(1.0)
    world.hands.wake_strays()
    assert world.states(103) == "S"


def test_who_outlives_the_leader_of_a_stopped_job_is_continued(world: World) -> None:
    job = world.compile(100)
    world.hands.pause(job, world.now)
    world.proc.end(100)
    world.look(1.0)
    world.hands.wake_strays()
    assert world.states(101, 102) == "SS"


def test_who_was_stopped_stays_so(world: World) -> None:
    job = world.compile(100)
    world.hands.pause(job, world.now)
    world.look(1.0)
    world.hands.wake_the_forgotten([job], world.now)
    assert world.states(100, 101, 102) == "TTT"


def test_a_leader_that_holds_the_memory_cannot_be_kept(world: World) -> None:
    world.put(100, NINJA, name="clang", command=("clang", "-c"), anonymous=90 * MIB, group=100)
    world.put(101, 100, name="as", anonymous=MIB, group=100)
    world.look(1.0)
    [job] = world.table.governed()
    assert not world.hidden.hide(job, "why", world.now)
    assert "Z" not in world.states(100, 101)
    assert job.killed is None


def test_a_leader_without_others_cannot_be_kept(world: World) -> None:
    world.put(100, NINJA, name="rustc", command=("rustc", "a"), anonymous=MIB, group=100)
    world.look(1.0)
    [job] = world.table.governed()
    assert not world.hidden.hide(job, "why", world.now)


def test_a_job_that_may_not_be_stopped_cannot_be_hidden(world: World) -> None:
    job = world.compile(100)
    job.can_stop = False
    assert not world.hidden.hide(job, "why", world.now)
    assert world.states(100, 101, 102) == "SSS"


# ---------------------------------------------------------------- how it counts


def test_a_victim_counts_until_its_memory_is_gone(world: World) -> None:
    job, other = world.compile(100), world.compile(200)
    world.undying.add(102)
    world.hidden.hide(job, "why", world.now)
    assert world.look(0.01) == []
    assert world.table.governed() == [job, other]
    assert world.hidden.patience(world.now) <= 0.01
    world.undying.clear()
    assert world.look(0.01) == []
    assert world.look(0.01) == [job]
    assert world.table.governed() == [other]
    assert world.look(0.01) == []
    assert (job.memory, job.peak) == (0, 92 * MIB)
    assert job.hidden is not None
    assert world.meter.held() == 92 * MIB
    assert world.meter.measure(world.now + 10) == 92 * MIB


def test_it_has_lost_its_memory_when_it_was_killed_not_when_that_is_collected(world: World) -> None:
    job = world.compile(100)
    world.hidden.hide(job, "why", world.now)
    assert world.hidden.look(world.now) == [job]
    lost = job.loss
    world.now += 60.0
    world.proc.end(102)
    world.table.look(world.now)
    assert lost is not None
    assert lost[:2] == (job.hidden, 92 * MIB)
    assert job.loss == lost


def test_its_slot_is_taken(world: World) -> None:
    job = world.compile(100)
    world.hidden.hide(job, "why", world.now)
    world.look(0.01)
    assert job.id in world.table.jobs
    assert not world.table.waits_for_births()


# ---------------------------------------------------------------- when


def test_it_is_let_go_when_its_driver_has_had_nothing_else_for_a_moment(world: World) -> None:
    job, _ = world.compile(100), world.compile(200)
    world.hidden.hide(job, "why", world.now)
    world.look(3.0)
    assert world.states(100, 101) == "TT"
    world.end(200)
    world.look(0.01)
    assert 0 < world.hidden.patience(world.now) <= SETTLE
    world.look(SETTLE / 2)
    assert world.states(100, 101) == "TT"
    world.look(SETTLE)
    assert world.states(100, 101, 102) == "SSZ"
    assert job not in world.hidden


def test_one_that_need_not_stay_hidden_is_let_go_when_its_memory_is_gone(world: World) -> None:
    job, _ = world.compile(100), world.compile(200)
    world.undying.add(102)
    world.hidden.hide(job, "why", world.now, told=True)
    world.look(0.01)
    assert world.states(100, 101) == "TT"
    world.undying.clear()
    world.look(0.01)
    assert world.look(0.01) == [job]
    assert world.states(100, 101, 102) == "SSZ"
    assert job not in world.hidden


def test_a_driver_that_starts_another_job_is_not_told(world: World) -> None:
    job, _ = world.compile(100), world.compile(200)
    world.hidden.hide(job, "why", world.now)
    world.end(200)
    world.look(0.01)
    world.compile(300)
    world.look(SETTLE)
    world.end(300)
    world.look(0.01)
    assert world.states(100, 101) == "TT"


def test_several_are_let_go_together(world: World) -> None:
    jobs = [world.compile(100), world.compile(200)]
    for job in jobs:
        world.hidden.hide(job, "why", world.now)
    world.look(0.01)
    world.look(SETTLE)
    assert world.states(100, 101, 200, 201) == "SSSS"


def test_a_nested_driver_is_told_only_when_the_outer_one_has_nothing_else(world: World) -> None:
    world.put(100, NINJA, command=("sh", "-c", "ninja -C in"), group=100)
    world.put(150, 100, name="ninja", command=("ninja", "-C", "in"), group=100)
    world.look(0.1)
    job, _ = world.compile(200, driver=150), world.compile(300)
    assert job.within is not None
    world.hidden.hide(job, "why", world.now)
    world.look(0.01)
    world.look(SETTLE)
    assert world.states(200, 201) == "TT"
    world.end(300)
    world.look(0.01)
    world.look(SETTLE)
    assert world.states(200, 201) == "SS"


def test_it_is_let_go_when_the_others_seem_to_wait_for_it(world: World) -> None:
    job = world.compile(100)
    other = world.compile(200)
    world.hidden.hide(job, "why", world.now)
    world.look(STUCK / 2)
    world.proc.live[202].seconds += 1
    world.put(**vars(world.proc.live[202]))
    world.look(STUCK / 2)
    world.look(STUCK / 2)
    assert world.states(100) == "T"
    world.look(STUCK)
    assert world.states(100) == "S"
    assert other in world.table.governed()


def test_who_does_not_end_when_let_go_is_made_to(world: World) -> None:
    job = world.compile(100)
    world.hidden.hide(job, "why", world.now)
    world.look(0.01)
    world.look(SETTLE)
    world.hands.kill_the_stubborn(world.now)
    assert world.states(100, 101) == "SS"
    world.hands.kill_the_stubborn(world.now + 1)
    assert world.states(100, 101) == "ZZ"


def test_who_was_continued_by_an_interrupt_is_none_any_more(world: World) -> None:
    job, _ = world.compile(100), world.compile(200)
    world.hidden.hide(job, "why", world.now)
    world.hands.go_on(job, world.now)
    world.look(0.01)
    assert job not in world.hidden
    assert world.table.governed() != []


# ---------------------------------------------------------------- what it has written


def writer(output: Path) -> Watched:
    identity = Identity(job_class="link", key="a", output=str(output), source=None, command=1)
    stat = Stat(b"ld", b"T", 1, 1, 1, 0.0, 1, 1, 0)
    process = Process(pid=1, stat=stat, job=None, fresh=0.0, looked=0.0)
    return Watched(
        id=1, leader=process, driver=1, identity=identity, own_group=True, can_stop=True,
        born=0.0, output_before=last_written(str(output)),
    )  # fmt: skip


def test_an_output_that_a_victim_has_begun_is_removed(tmp_path: Path) -> None:
    output = tmp_path / "a"
    job = writer(output)
    output.write_text("half")
    remove_half_written(job)
    assert not output.exists()
    remove_half_written(job)


def test_an_older_output_that_a_victim_has_not_touched_stays(tmp_path: Path) -> None:
    output = tmp_path / "a"
    output.write_text("whole")
    remove_half_written(writer(output))
    assert output.exists()


def test_an_older_output_that_a_victim_has_written_over_is_removed(tmp_path: Path) -> None:
    output = tmp_path / "a"
    output.write_text("whole")
    job = writer(output)
    output.write_text("half of it")
    remove_half_written(job)
    assert not output.exists()


def test_what_is_no_plain_file_is_never_removed(tmp_path: Path) -> None:
    output = tmp_path / "a"
    job = writer(output)
    output.symlink_to(tmp_path / "b")
    remove_half_written(job)
    assert output.is_symlink()
