"""A machine without /proc, as macOS and Windows are: psutil is asked in its place."""

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from ninjapool import probe
from ninjapool.errors import MachineError
from ninjapool.model import CpuLimit, MemoryLimit, Swap
from ninjapool.probe import HeadroomReader, foreign
from ninjapool.probe.tree import Tree
from ninjapool.units import GIB


@pytest.fixture
def elsewhere(monkeypatch):
    """The live machine, with no /proc and psutil as on a Mac with 16 GiB."""

    class Process:
        pass

    memory = SimpleNamespace(total=16 * GIB, available=5 * GIB)
    swap = SimpleNamespace(total=2 * GIB, free=1 * GIB)
    monkeypatch.setattr(foreign, "applies", lambda tree: tree.live)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(psutil, "swap_memory", lambda: swap)
    monkeypatch.setattr(psutil, "Process", Process)
    monkeypatch.setattr("os.cpu_count", lambda: 10)
    monkeypatch.setattr("sys.platform", "darwin")
    return monkeypatch


def fail(*_):
    raise OSError("not today")


@pytest.mark.usefixtures("elsewhere")
def test_memory_cpus_and_swap_come_from_psutil():
    machine = probe.machine()
    assert machine.platform == "darwin"
    assert machine.memory_limits == (
        MemoryLimit(
            name="host RAM",
            source="psutil.virtual_memory()",
            bytes=16 * GIB,
            headroom=5 * GIB,
        ),
    )
    assert machine.cpu_limits == (CpuLimit(name="online CPUs", source="os.cpu_count()", cpus=10),)
    assert machine.swap == Swap(total=2 * GIB, free=1 * GIB)


def test_memory_that_psutil_does_not_tell_is_noted(elsewhere):
    elsewhere.setattr(psutil, "virtual_memory", fail)
    machine = probe.machine()
    assert machine.memory is None
    assert machine.cpus is not None
    assert "psutil does not tell the memory" in machine.notes[0]


def test_affinity_counts_where_there_is_one(elsewhere):
    elsewhere.setattr("sys.platform", "win32")
    elsewhere.setattr(psutil.Process, "cpu_affinity", lambda _: [0, 1, 2], raising=False)
    machine = probe.machine()
    assert machine.platform == "windows"
    assert machine.cpus == CpuLimit(name="CPU affinity", source="psutil cpu_affinity()", cpus=3)


def test_headroom_comes_from_psutil(elsewhere):
    assert HeadroomReader().read() == 5 * GIB
    elsewhere.setattr(psutil, "virtual_memory", fail)
    assert HeadroomReader().read() is None


def test_ulimits_are_read_where_there_are_any(elsewhere):
    resource = pytest.importorskip("resource")
    elsewhere.setattr(resource, "getrlimit", lambda kind: (3 * GIB if kind else -1, -1))
    assert {limit.bytes for limit in probe.machine().process_limits} == {3 * GIB}


def test_a_machine_that_tells_nothing_is_an_error_with_a_way_out(elsewhere):
    elsewhere.setattr(psutil, "virtual_memory", fail)
    elsewhere.setattr(psutil, "swap_memory", fail)
    elsewhere.setattr("os.cpu_count", lambda: None)
    with pytest.raises(MachineError) as caught:
        probe.machine()
    assert "--memory" in caught.value.hint
    assert "--cpus" in caught.value.hint


def test_a_recorded_machine_is_never_a_foreign_one(recorded):
    assert not foreign.applies(Tree(recorded({})))


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="needs Linux")
def test_linux_is_not_foreign():
    assert not foreign.applies(Tree(Path("/")))
