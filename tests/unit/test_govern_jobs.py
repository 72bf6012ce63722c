"""The job table over a /proc of plain files: which processes are which job."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninjapool.govern.jobs import MOST_NESTS, JobTable
from ninjapool.govern.meter import REFRESH, ROOMY_REFRESH, SELDOM, SETTLED, Meter
from ninjapool.govern.procfs import Processes
from ninjapool.govern.watched import Loss, Watched
from tests.fakeproc import FakeProc, FakeProcess
from tests.looks import forecast

MIB = 1 << 20
ME, NINJA, SHELL = 10, 20, 100


class World:
    """A build under ninja, and the table that watches it."""

    def __init__(self, root: Path, name: str = "ninja") -> None:
        self.proc = FakeProc(root)
        self.put(ME, 1, name="ninjapool", command=("ninjapool",))
        self.put(NINJA, ME, name=name, command=(name, "-j4"), group=ME)
        self.table = JobTable(NINJA, Processes(root), base="/b", ours=(ME, ME + 1))
        self.meter = Meter(self.table, Processes(root))
        self.table.at_birth = self.meter.begin
        self.now = 0.0
        self.look()

    def put(self, pid: int, parent: int, **figures: object) -> FakeProcess:
        figures.setdefault("group", pid)
        return self.proc.put(FakeProcess(pid=pid, parent=parent, **figures))  # type: ignore[arg-type]

    def shell(self, pid: int, text: str = "c++ -c a.cc -o a.o", **figures: object) -> FakeProcess:
        return self.put(pid, NINJA, command=("/bin/sh", "-c", text), **figures)

    def look(self, seconds: float = 1.0) -> None:
        self.now += seconds
        self.table.look(self.now)

    def jobs(self) -> list[Watched]:
        return self.table.governed()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


# ---------------------------------------------------------------- births


def test_a_child_of_the_driver_is_a_job(world: World) -> None:
    world.shell(SHELL)
    world.look()
    [job] = world.table.born
    assert job.identity.key == "a.o"
    assert job.identity.job_class == "compile"
    assert job.own_group
    assert job.can_stop


def test_a_quick_look_finds_new_jobs_without_a_listing(world: World) -> None:
    world.shell(SHELL)
    world.table.look_quickly(world.now)
    assert len(world.table.born) == 1
    world.table.look_quickly(world.now)
    world.look()
    assert len(world.table.born) == 1


def test_a_leader_and_its_children_in_one_listing_are_one_job(world: World) -> None:
    # Numbers tell nothing of the order: a child may have a lower one after they wrapped round.
    world.put(50, 60, group=SHELL)
    world.put(60, SHELL, group=SHELL)
    world.shell(SHELL)
    world.look()
    [job] = world.jobs()
    assert set(job.members) == {SHELL, 60, 50}


@settings(max_examples=30)
@given(order=st.permutations(range(6)))
def test_a_whole_chain_is_one_job_in_any_order_of_numbers(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    world = World(tmp_path_factory.mktemp("proc"))
    pids = [100 + number for number in order]
    world.shell(pids[0])
    for parent, child in pairwise(pids):
        world.put(child, parent, group=pids[0])
    world.look()
    [job] = world.jobs()
    assert set(job.members) == set(pids)


def test_a_fork_that_is_still_the_driver_is_no_job_yet(world: World) -> None:
    fork = world.put(SHELL, NINJA, name="ninja", command=("ninja", "-j4"))
    world.look()
    assert world.jobs() == []
    fork.name, fork.command = "sh", ("/bin/sh", "-c", "c++ -c a.cc -o a.o")
    world.proc.put(fork)
    world.table.look_quickly(world.now)
    [job] = world.jobs()
    assert job.identity.key == "a.o"


def test_a_job_in_mid_exec_is_looked_at_again_when_it_has_its_arguments(world: World) -> None:
    shell = world.put(SHELL, NINJA, name="sh", command=())
    world.look()
    assert world.jobs() == []
    shell.command = ("/bin/sh", "-c", "c++ -c a.cc -o a.o")
    world.proc.put(shell)
    world.table.look_quickly(world.now)
    [job] = world.jobs()
    assert job.identity.key == "a.o"


def test_a_fork_whose_driver_was_killed_is_met_as_an_orphan(world: World) -> None:
    fork = world.put(SHELL, NINJA, name="ninja", command=("ninja", "-j4"))
    world.look()
    assert SHELL not in world.table._known
    fork.parent = ME
    world.proc.put(fork)
    world.look()
    assert SHELL in world.table._known


def test_a_fork_that_ends_before_it_was_anything_is_forgotten(world: World) -> None:
    world.put(SHELL, NINJA, name="ninja", command=("ninja", "-j4"))
    world.look()
    world.proc.end(SHELL)
    world.look()
    assert world.jobs() == []
    assert world.table.born == []


def test_a_console_job_shares_ninjas_group_and_is_not_to_be_stopped(world: World) -> None:
    world.shell(SHELL, group=ME)
    world.look()
    [job] = world.jobs()
    assert not job.own_group
    assert not job.can_stop


def test_a_job_of_make_shares_makes_group_and_may_be_stopped(tmp_path: Path) -> None:
    world = World(tmp_path, "make")
    world.put(SHELL, NINJA, command=("c++", "-c", "a.cc", "-o", "a.o"), group=ME)
    world.look()
    [job] = world.jobs()
    assert not job.own_group
    assert job.can_stop


def test_strangers_and_our_own_helpers_are_nobodys_jobs(world: World) -> None:
    world.put(11, ME, name="ninjapool", session=11)
    world.put(300, 1, name="firefox")
    world.put(301, 300)
    world.look()
    assert world.jobs() == []


def test_an_orphan_belongs_to_the_job_whose_group_it_is_in(world: World) -> None:
    world.shell(SHELL)
    world.look()
    world.put(102, ME, group=SHELL)  # its parent came and went between two looks
    world.look()
    [job] = world.jobs()
    assert set(job.members) == {SHELL, 102}


# ---------------------------------------------------------------- nested drivers


def test_a_job_with_a_driver_in_it_is_only_what_holds_that_drivers_jobs(world: World) -> None:
    world.shell(SHELL, "cd sub && ninja")
    world.put(101, SHELL, name="ninja", command=("ninja",), group=SHELL)
    world.put(102, 101, command=("/bin/sh", "-c", "c++ -c i.cc -o i.o"), folder="/b/sub")
    world.look()
    [inner] = world.jobs()
    assert inner.identity.key == "sub/i.o"
    outer = world.table.jobs[inner.within or 0]
    assert outer.nested
    assert set(outer.members) == {SHELL, 101}


def test_a_shell_that_becomes_a_driver_is_one(world: World) -> None:
    shell = world.shell(SHELL, "exec make -C sub")
    world.look()
    shell.name, shell.command = "make", ("make", "-C", "sub")
    world.proc.put(shell)
    world.put(101, SHELL, command=("c++", "-c", "i.cc", "-o", "i.o"), group=SHELL)
    world.look()
    [inner] = world.jobs()
    assert inner.leader.pid == 101


def test_the_make_of_an_lto_link_is_a_part_of_the_link(world: World) -> None:
    world.shell(SHELL, "c++ a.o -o a")
    world.put(101, SHELL, name="lto-wrapper", group=SHELL)
    world.put(102, 101, name="make", group=SHELL)
    world.put(103, 102, name="c++", group=SHELL)
    world.look()
    [job] = world.jobs()
    assert set(job.members) == {SHELL, 101, 102, 103}


def test_below_a_script_a_driver_is_found_without_a_listing(world: World) -> None:
    world.shell(SHELL, "./script")
    world.look()
    world.put(101, SHELL, name="script", group=SHELL)
    world.put(102, 101, name="make", command=("make",), group=SHELL)
    world.put(103, 102, command=("c++", "-c", "i.cc", "-o", "i.o"), group=SHELL)
    world.table.look_down(world.now)
    assert world.table.waits_for_births() or world.jobs()[0].leader.pid == 103


def test_compilers_are_not_searched_for_drivers(world: World) -> None:
    world.shell(SHELL)
    world.look()
    assert world.table.nests() == []


def test_only_the_latest_scripts_are_searched(world: World) -> None:
    for number in range(2 * MOST_NESTS):
        world.shell(SHELL + number, f"./script {number}")
    world.look()
    found = [process.pid for process in world.table.nests()]
    assert len(found) == MOST_NESTS


def test_slots_beyond_each_nested_drivers_own_are_in_use(world: World) -> None:
    world.shell(SHELL, "make -C sub")
    world.put(101, SHELL, name="make", command=("make",), group=SHELL)
    for pid in (102, 103, 104):
        world.put(pid, 101, command=("c++", "-c", f"{pid}.cc"), group=SHELL)
    world.look()
    assert world.table.extra_slots_in_use() == 2


def test_an_outermost_driver_that_joins_counts_like_the_others(tmp_path: Path) -> None:
    world = World(tmp_path, "make")
    for pid in (101, 102, 103):
        world.put(pid, NINJA, command=("c++", "-c", f"{pid}.cc"), group=ME)
    joining = JobTable(NINJA, Processes(tmp_path), base="/b", ours=(ME,), root_joins=True)
    joining.look(1.0)
    world.look()
    assert (world.table.extra_slots_in_use(), joining.extra_slots_in_use()) == (0, 2)


def test_a_driver_without_a_job_is_waited_for(world: World) -> None:
    assert world.table.waits_for_births()
    world.shell(SHELL)
    world.look()
    assert not world.table.waits_for_births()


# ---------------------------------------------------------------- ends


def test_a_job_ends_with_its_leader(world: World) -> None:
    world.shell(SHELL)
    world.look()
    world.proc.end(SHELL)
    world.look()
    [job] = world.table.ended
    assert job.ended == world.now
    assert world.jobs() == []


def test_an_ended_leader_that_ninja_has_not_collected_is_no_new_job(world: World) -> None:
    shell = world.shell(SHELL)
    world.look()
    [job] = world.jobs()
    shell.state = "Z"
    world.proc.put(shell)
    world.table.check_leader(job, world.now)
    assert world.table.ended == [job]
    world.table.look_quickly(world.now)
    world.look()
    assert world.jobs() == []


def test_a_number_that_was_given_again_is_a_new_job(world: World) -> None:
    shell = world.shell(SHELL)
    world.look()
    shell.state = "Z"
    world.proc.put(shell)
    world.table.check_leader(world.jobs()[0], world.now)
    world.proc.end(SHELL)
    world.look()
    world.shell(SHELL, "c++ -c b.cc -o b.o", start=999)
    world.look()
    [job] = world.jobs()
    assert job.identity.key == "b.o"


def test_a_number_reused_between_two_looks_is_noticed_before_it_is_signalled(world: World) -> None:
    world.shell(SHELL)
    world.put(101, SHELL, group=SHELL)
    world.look()
    [job] = world.jobs()
    world.put(101, 1, name="firefox", start=5000)
    world.table.refresh(job, world.now)
    assert set(job.members) == {SHELL}


def test_a_leaders_number_reused_ends_the_job(world: World) -> None:
    world.shell(SHELL)
    world.look()
    [job] = world.jobs()
    world.put(SHELL, 1, name="firefox", start=5000)
    world.table.refresh(job, world.now)
    assert world.table.ended == [job]
    world.look()
    assert world.jobs() == []


def test_a_job_that_leaves_others_at_work_goes_on(world: World) -> None:
    shell = world.shell(SHELL)
    world.put(101, SHELL, group=SHELL)
    world.look()
    [job] = world.jobs()
    shell.state = "Z"
    world.proc.put(shell)
    world.table.check_leader(job, world.now)
    assert world.jobs() == [job]


def test_a_daemon_is_no_part_of_the_job_that_left_it(world: World) -> None:
    world.shell(SHELL)
    daemon = world.put(101, SHELL, group=SHELL)
    world.look()
    [job] = world.jobs()
    daemon.session = daemon.group = 101
    world.proc.put(daemon)
    world.table.refresh(job, world.now)
    assert set(job.members) == {SHELL}


def test_the_loss_of_weight_is_remembered(world: World) -> None:
    world.shell(SHELL)
    world.put(101, SHELL, group=SHELL, anonymous=50 * MIB)
    world.look()
    world.meter.measure(world.now)
    [job] = world.jobs()
    assert job.loss is None
    world.proc.end(101)
    world.look()
    assert job.loss == Loss(world.now, 50 * MIB, stopped=False)


@pytest.mark.parametrize("stopped", [True, False])
def test_a_small_process_that_ends_in_a_stopped_job_was_killed(world: World, stopped: bool) -> None:
    """As a compiler's driver: the compiler itself goes on, and its output is lost."""
    world.shell(SHELL)
    world.put(101, SHELL, group=SHELL, anonymous=1 * MIB)
    world.look()
    world.meter.measure(world.now)
    [job] = world.jobs()
    job.stopped_at = world.now if stopped else None
    world.proc.end(101)
    world.look()
    assert job.loss == (Loss(world.now, 1 * MIB, stopped=True) if stopped else None)


def test_what_a_stopped_job_has_lost_is_not_hidden_by_what_ends_later(world: World) -> None:
    """When its driver was killed, the compiler still runs to its end."""
    world.shell(SHELL)
    world.put(101, SHELL, group=SHELL, anonymous=1 * MIB)
    world.put(102, 101, group=SHELL, anonymous=50 * MIB)
    world.look()
    world.meter.measure(world.now)
    [job] = world.jobs()
    job.stopped_at = world.now
    world.proc.end(101)
    world.look()
    killed, job.stopped_at = world.now, None
    world.proc.end(102)
    world.look()
    assert job.loss == Loss(killed, 1 * MIB, stopped=True)


# ---------------------------------------------------------------- memory and progress


def test_a_jobs_memory_is_the_sum_of_its_processes(world: World) -> None:
    world.shell(SHELL, anonymous=MIB, shared=3 * MIB)
    world.put(101, SHELL, group=SHELL, anonymous=300 * MIB, shared=20 * MIB)
    world.look()
    assert world.meter.measure(world.now) == 301 * MIB


def test_shared_memory_counts_and_file_pages_do_not(world: World) -> None:
    world.shell(SHELL, anonymous=MIB, shared=100 * MIB, shmem=60 * MIB)
    world.look()
    assert world.meter.measure(world.now) == 61 * MIB


def test_a_peak_is_the_highest_of_the_whole_job(world: World) -> None:
    world.shell(SHELL)
    big = world.put(101, SHELL, group=SHELL, anonymous=300 * MIB)
    world.look()
    world.meter.measure(world.now)
    big.anonymous = 100 * MIB
    world.proc.put(big)
    world.meter.measure(world.now + 1)
    [job] = world.jobs()
    assert (job.memory, job.peak) == (100 * MIB, 300 * MIB)


def test_a_small_process_that_sleeps_is_read_seldom(world: World) -> None:
    shell = world.shell(SHELL, anonymous=MIB)
    world.look()
    old = world.now + 10
    world.meter.measure(old)
    shell.anonymous, shell.seconds = 2 * MIB, shell.seconds + 0.1
    world.proc.put(shell)
    assert world.meter.measure(old + SELDOM / 4) == MIB
    assert world.meter.measure(old + SELDOM) == 2 * MIB


@pytest.mark.parametrize(("threads", "seen"), [(1, MIB), (2, 2 * MIB)])
def test_who_has_not_run_is_not_read_unless_its_threads_may_have(
    world: World, threads: int, seen: int
) -> None:
    shell = world.shell(SHELL, anonymous=MIB, threads=threads)
    world.look()
    old = world.now + 10
    world.meter.measure(old)
    world.meter.measure(old + SELDOM)
    shell.anonymous = 2 * MIB
    world.proc.put(shell)
    assert world.meter.measure(old + 2 * SELDOM) == seen


def test_threads_that_were_made_since_its_stat_was_read_may_have_run(world: World) -> None:
    """lld: its first thread sleeps while the others fill the memory."""
    linker = world.shell(SHELL, anonymous=MIB)
    world.look()
    old = world.now + 1
    world.meter.measure(old)
    linker.seconds += 0.1
    world.proc.put(linker)
    world.meter.measure(old + 1.2)  # it has run, and its stat is read
    linker.threads, linker.seconds = 8, linker.seconds + 0.1
    world.proc.put(linker)
    world.meter.measure(old + 1.6)  # it has run again; its stat is not due
    linker.anonymous = 2 * MIB
    world.proc.put(linker)
    assert world.meter.measure(old + 1.6 + SELDOM) == 2 * MIB


def test_what_ran_between_two_looks_is_read_though_it_sleeps_again(world: World) -> None:
    """It ran after its memory was read, and before its times were."""
    shell = world.shell(SHELL, anonymous=MIB)
    world.look()
    old = world.now + 10
    for step in range(4):
        world.meter.measure(old + step * SELDOM)
    shell.anonymous, shell.seconds = 2 * MIB, shell.seconds + 0.1
    world.proc.put(shell)
    world.meter.measure(old + 4 * SELDOM)
    assert world.meter.measure(old + 5 * SELDOM) == 2 * MIB


def test_a_paused_job_keeps_what_it_holds(world: World) -> None:
    world.shell(SHELL, anonymous=200 * MIB)
    world.look()
    world.meter.measure(world.now)
    [job] = world.jobs()
    job.state, job.stopped_at = "paused", world.now
    assert world.meter.measure(world.now + 100) == 200 * MIB


def test_how_far_a_paused_job_is_is_read_once_it_stands_still(world: World) -> None:
    """It waited for a CPU for half its life, of which the last reading before the stop knew little.

    It is shown to the governor as the same job as long as nothing has changed: now it has.
    """
    shell = world.shell(SHELL, anonymous=200 * MIB, seconds=0.1)
    world.look()
    born = world.now
    world.meter.measure(born + 4)
    [job] = world.jobs()
    job.state, job.stopped_at = "paused", born + 4.1
    shell.waited, shell.seconds, shell.anonymous = 1.0, 2.1, 260 * MIB
    before = job.as_job(born + 4.1, forecast(), alone=False)
    assert before.cpu_seconds == pytest.approx(4.1)
    shell.state = "R"  # it has been sent the stop, and has no CPU to notice it
    world.proc.put(shell)
    world.meter.measure(born + 4.1 + 2 * SETTLED)
    assert job.as_job(born + 5, forecast(), alone=False).cpu_seconds == pytest.approx(3.1)
    shell.state, shell.waited = "T", 2.0
    world.proc.put(shell)
    world.meter.measure(born + 6)
    after = job.as_job(born + 9, forecast(), alone=False)
    assert after.cpu_seconds == pytest.approx(2.1)
    assert after.memory == 260 * MIB
    shell.anonymous = 0
    world.proc.put(shell)
    assert world.meter.measure(born + 100) == 260 * MIB, "it stands still, nobody reads it again"


def read_after(world: World, seconds: float, *, waited: float) -> Watched:
    """A job that has waited for a CPU so long when its times are read."""
    shell = world.shell(SHELL, seconds=1.0)
    world.look()
    shell.waited = waited
    world.proc.put(shell)
    world.meter.measure(world.now + seconds)
    [job] = world.jobs()
    return job


def test_progress_leaves_out_stops_and_waiting_for_a_cpu(world: World) -> None:
    job = read_after(world, 10, waited=2.0)
    job.stopped = 3.0
    assert job.progress(world.now + 10) == 10 - 3 - 2


def test_who_waited_for_a_cpu_half_of_the_time_is_taken_to_go_on_so(world: World) -> None:
    job = read_after(world, 4, waited=2.0)
    assert job.progress(world.now + 10) == pytest.approx(5.0)
    job.stopped_at = world.now + 6
    assert job.progress(world.now + 10) == pytest.approx(3.0)


def test_where_more_is_gone_than_the_jobs_were_seen_to_take_they_are_read_again(
    world: World,
) -> None:
    shell = world.shell(SHELL, anonymous=100 * MIB)
    world.look()
    old = world.now + 10
    world.meter.measure(old)
    assert world.meter.agreed(200 * MIB, old) == 100 * MIB
    shell.anonymous = 160 * MIB
    world.proc.put(shell)
    world.meter.measure(old + 0.04, 0.1)
    assert world.meter.agreed(190 * MIB, old + 0.04) == 100 * MIB
    assert world.meter.agreed(140 * MIB, old + 0.04) == 160 * MIB
    [job] = world.jobs()
    assert job.peak == 160 * MIB


def test_waiting_before_its_birth_does_not_count(world: World) -> None:
    world.shell(SHELL, waited=5.0)
    world.look()
    [job] = world.jobs()
    world.meter.measure(world.now)
    assert job.progress(world.now + 10) == 10


def test_progress_is_at_least_the_cpu_time(world: World) -> None:
    shell = world.shell(SHELL)
    world.look()
    [job] = world.jobs()
    shell.waited, shell.seconds = 9.5, 4.0
    world.proc.put(shell)
    world.meter.measure(world.now + 1)
    assert job.progress(world.now + 10) == pytest.approx(4.0)


def test_a_peak_is_known_only_if_it_was_read_late_in_life(world: World) -> None:
    world.shell(SHELL, anonymous=9 * MIB)
    world.look()
    [job] = world.jobs()
    world.meter.measure(world.now + 7)
    assert job.is_peak_known(world.now + 10)
    assert not job.is_peak_known(world.now + 20)


def test_a_compile_of_which_only_the_shell_was_seen_has_no_known_peak(world: World) -> None:
    world.shell(SHELL, anonymous=MIB)
    world.shell(SHELL + 1, "touch stamp", anonymous=MIB)
    world.look()
    world.meter.measure(world.now + 1)
    known = {job.identity.job_class: job.is_peak_known(world.now + 1) for job in world.jobs()}
    assert known == {"compile": False, "other": True}


def test_a_growing_job_is_read_again_after_a_part_of_its_age(world: World) -> None:
    shell = world.shell(SHELL, anonymous=MIB)
    world.look()
    shell.seconds = 0.2
    world.proc.put(shell)
    due = world.meter.measure_growing(world.now + 0.5)
    assert world.now + 0.5 < due <= world.now + 0.6
    shell.anonymous, shell.seconds = 9 * MIB, 0.3
    world.proc.put(shell)
    world.meter.measure_growing(due - 0.02)
    [job] = world.jobs()
    assert job.memory == MIB
    world.put(101, SHELL, group=SHELL, anonymous=3 * MIB)  # it is found without a listing
    world.meter.measure_growing(world.now + 0.9)
    assert job.memory == 12 * MIB


@pytest.mark.parametrize(("roomy", "apart"), [(False, REFRESH), (True, ROOMY_REFRESH)])
def test_where_much_more_would_fit_jobs_are_read_less_often(
    world: World, roomy: bool, apart: float
) -> None:
    world.shell(SHELL, anonymous=MIB)
    world.look()
    [job] = world.jobs()
    world.meter.roomy = roomy
    then = world.now + 15.0
    assert world.meter.measure_growing(then) == then + apart
    assert job.measured == then
    world.meter.measure(then + 0.9 * apart, within=1.0)
    assert (job.measured == then) is roomy, "else it is read for each decision"


def test_who_has_not_run_since_is_read_less_often(world: World) -> None:
    shell = world.shell(SHELL, anonymous=MIB)
    world.look()
    world.meter.measure_growing(world.now + 0.5)
    shell.anonymous, shell.seconds = 9 * MIB, 0.3
    world.proc.put(shell)
    [job] = world.jobs()
    world.meter.measure_growing(world.now + 0.9)
    assert job.memory == MIB
    world.meter.measure_growing(world.now + 1.1)
    assert job.memory == 9 * MIB


def test_what_appears_in_a_stopped_job_is_to_be_stopped_too(world: World) -> None:
    world.shell(SHELL)
    world.look()
    [job] = world.jobs()
    job.state = "paused"
    world.put(101, SHELL, group=101)
    world.look()
    assert [process.pid for process in world.table.stragglers] == [101]


def test_without_the_kernels_list_of_children_a_quick_look_is_a_whole_one(world: World) -> None:
    world.shell(SHELL)
    (world.proc.root / f"{NINJA}/task/{NINJA}/children").unlink()
    world.table.look_quickly(world.now)
    assert len(world.jobs()) == 1


def test_many_heavy_processes_do_not_exhaust_descriptors(world: World, tmp_path: Path) -> None:
    world.meter = Meter(world.table, Processes(tmp_path), most_open=5)
    for pid in range(1000, 1020):
        world.shell(pid, f"c++ -c {pid}.cc -o {pid}.o", anonymous=20 * MIB)
    world.look()
    world.meter.measure(world.now)
    members = [job.leader for job in world.jobs()]
    assert sum(member.handle is not None for member in members) == 5
    assert world.meter.measure(world.now + 1) == 20 * 20 * MIB
    world.meter.close()
    assert not any(member.handle for member in members)
