import signal
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool.govern.procfs import (
    PAGE,
    TICK,
    Memory,
    Processes,
    parse_stat,
    parse_statm,
    parse_turns,
)
from ninjapool.units import MIB
from tests.fakeproc import FakeProc, FakeProcess

STAT = (
    b"4711 (cc1plus) R 4710 4700 4000 34816 4000 4194304 7000 0 0 0 250 30 20 10 20 0 1 0 "
    b"123456 500000000 90000 18446744073709551615 1 1 0 0 0 0 0 16781312 0 0 0 0 17 1 0 0 0 0 0\n"
)


def test_a_stat_line_is_read_by_the_kernels_columns() -> None:
    stat = parse_stat(STAT)
    assert stat is not None
    assert (stat.name, stat.state) == (b"cc1plus", b"R")
    assert (stat.parent, stat.group, stat.session) == (4710, 4700, 4000)
    assert stat.start == 123456
    assert stat.threads == 1
    assert stat.resident == 90000 * PAGE


def test_cpu_time_counts_the_children_that_were_waited_for() -> None:
    stat = parse_stat(STAT)
    assert stat is not None
    assert stat.cpu == (250 + 30 + 20 + 10) / TICK


@pytest.mark.parametrize("name", [b"a b", b"a) R 1 (", b"((", b"tmux: server"])
def test_a_name_may_hold_blanks_and_brackets(name: bytes) -> None:
    stat = parse_stat(STAT.replace(b"cc1plus", name))
    assert stat is not None
    assert stat.name == name
    assert stat.parent == 4710


@given(st.binary(max_size=200))
def test_nonsense_is_none_and_no_error(data: bytes) -> None:
    for parse in (parse_stat, parse_statm, parse_turns):
        found = parse(data)
        assert found is None or isinstance(found, tuple)


@given(st.integers(1, 200))
def test_a_stat_line_that_was_cut_off_is_none(length: int) -> None:
    cut = parse_stat(STAT[: min(length, 60)])
    assert cut is None


def test_anonymous_memory_is_what_is_resident_and_not_shared() -> None:
    assert parse_statm(b"5000 300 120 10 0 200 0\n") == Memory(180 * PAGE, 120 * PAGE)


def test_anonymous_memory_is_never_below_zero() -> None:
    # The counters are summed up loosely, one after the other.
    assert parse_statm(b"5000 100 120 10 0 200 0\n") == Memory(0, 120 * PAGE)


def test_turns_are_in_nanoseconds() -> None:
    assert parse_turns(b"1500000000 2500000000 17\n") == (1.5, 2.5)


@pytest.fixture
def proc(tmp_path: Path) -> FakeProc:
    return FakeProc(tmp_path)


def test_a_process_is_read_from_its_folder(proc: FakeProc) -> None:
    command = ("c++", "-c", "a b.cc")
    proc.put(FakeProcess(pid=7, parent=1, command=command, shmem=4096, anonymous=PAGE, folder="/x"))
    proc.put(FakeProcess(pid=8, parent=7))
    processes = Processes(proc.root)
    assert {"7", "8", "meminfo"} <= (processes.names() or set())
    assert processes.command(7) == list(command)
    assert processes.memory(7) == Memory(PAGE, 0)
    assert processes.shmem(7) == 4096
    assert processes.folder(7) == "/x"
    assert processes.children(7) == [8]


def test_the_most_that_a_process_had_resident_is_not_what_its_parent_had() -> None:
    held = bytearray(b"x" * (200 * MIB))
    with subprocess.Popen(["sleep", "60"]) as child:
        most = Processes(Path("/proc")).most_resident(child.pid)
        child.kill()
    assert 0 < most < 20 * MIB < len(held)


def test_a_long_command_is_read_to_its_end(proc: FakeProc) -> None:
    text = "x" * 100_000
    proc.put(FakeProcess(pid=7, parent=1, command=("sh", "-c", text)))
    assert Processes(proc.root).command(7)[2] == text


def test_who_is_gone_is_none_everywhere(proc: FakeProc) -> None:
    processes = Processes(proc.root)
    assert processes.stat(9) is None
    assert processes.memory(9) is None
    assert processes.turns(9) is None
    assert processes.folder(9) is None
    assert processes.children(9) is None
    assert processes.open(9, "statm") is None
    assert processes.command(9) == []
    assert processes.shmem(9) == 0


def test_a_proc_that_cannot_be_listed_has_no_names(tmp_path: Path) -> None:
    assert Processes(tmp_path / "nothing").names() is None


def test_a_signal_that_waits_for_one_who_stands_still_is_seen(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path)
    proc.put(FakeProcess(pid=7, parent=1))
    status = tmp_path / "7" / "status"
    term = 1 << (signal.SIGTERM - 1)
    for line in (f"SigPnd:\t{term:016x}\n", f"SigPnd:\t{0:016x}\nShdPnd:\t{term:016x}\n"):
        status.write_text(line)
        assert Processes(tmp_path).is_pending(7, signal.SIGTERM)
        assert not Processes(tmp_path).is_pending(7, signal.SIGINT)
    assert not Processes(tmp_path).is_pending(8, signal.SIGTERM)
