"""Whole machines, recorded as folders of their files: each is seen as its expected.json says."""

import dataclasses
import json
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from ninjapool import probe
from ninjapool.errors import MachineError

MACHINES = Path(__file__).parents[1] / "machines"
ALL = sorted(path for path in MACHINES.iterdir() if path.is_dir())
SILENT = MACHINES / "damaged-silent"
TELLING = [path for path in ALL if path != SILENT]


def expected(root: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((root / "expected.json").read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize("root", TELLING, ids=lambda root: root.name)
def test_a_recorded_machine_is_seen_as_it_was(root):
    machine = probe.machine(root)
    binding = {
        "memory": machine.memory and machine.memory.name,
        "headroom": machine.headroom and machine.headroom.name,
        "cpus": machine.cpus and machine.cpus.name,
    }
    seen = {**binding, "machine": dataclasses.asdict(machine)}
    assert json.loads(json.dumps(seen)) == expected(root)


@pytest.mark.parametrize("root", TELLING, ids=lambda root: root.name)
def test_the_repeated_reader_agrees_with_the_first_look(root):
    limit = probe.machine(root).headroom
    assert probe.HeadroomReader(root).read() == (limit and limit.headroom)


@pytest.mark.parametrize("root", TELLING, ids=lambda root: root.name)
def test_a_recorded_machine_asks_nothing_of_the_live_one(root, monkeypatch):
    def forbidden(*_, **__):
        raise AssertionError("the live machine was asked")

    # psutil first: it is imported by this, and asks the machine then.
    for name in ("psutil.virtual_memory", "os.sched_getaffinity", "os.cpu_count", "os.sysconf"):
        monkeypatch.setattr(name, forbidden, raising=False)
    opened: list[Path] = []
    monkeypatch.setattr(Path, "open", watched(Path.open, opened))
    probe.machine(root, build_dir=Path("/build/llvm"))
    assert opened
    assert all(path.resolve().is_relative_to(root) for path in opened)


def watched(method: Any, opened: list[Path]) -> Any:
    def call(path: Path, *args: Any, **keywords: Any) -> Any:
        opened.append(path)
        return method(path, *args, **keywords)

    return call


def test_a_machine_that_tells_nothing_is_an_error_with_a_way_out():
    with pytest.raises(MachineError, match="tells neither memory nor CPUs") as caught:
        probe.machine(SILENT)
    assert "--memory" in caught.value.hint


def test_a_root_that_is_no_folder_is_an_error(tmp_path):
    with pytest.raises(MachineError, match="is no folder"):
        probe.machine(tmp_path / "nothing")


def test_the_eight_gigabyte_pc_under_wsl_shows_its_four():
    machine = probe.machine(MACHINES / "wsl2-8gb")
    assert machine.memory is not None
    assert 3.7 < machine.memory.bytes / 2**30 < 3.9
    assert (machine.wsl, machine.wslconfig) == (2, None)
    assert machine.swap is not None
    assert machine.swap.total == 2 * 2**30


def test_the_ancestor_binds_where_it_is_lower_than_the_leaf():
    machine = probe.machine(MACHINES / "ancestor-lower-than-leaf")
    assert machine.memory is not None
    assert machine.memory.bytes == 2 * 2**30
    assert machine.memory.name == "cgroup /ci.slice/ci-runner.slice (memory.max)"


@pytest.mark.parametrize(
    ("name", "folder", "point"),
    [
        ("kubernetes-cgroup2", "/build/llvm", "/build"),
        ("kubernetes-cgroup2", "/src/llvm", None),
        ("laptop-8gb-cgroup2", "/tmp/llvm", "/tmp"),
        ("zram", "/home/user/llvm", None),
        ("no-cgroup", "/tmp/llvm", None),
    ],
)
def test_a_build_on_a_tmpfs_is_known(name, folder, point):
    machine = probe.machine(MACHINES / name, build_dir=Path(folder))
    assert machine.tmpfs_build == (PurePosixPath(point) if point else None)


@pytest.mark.parametrize(
    ("name", "cgroup", "machine"),
    [
        ("docker-2g-cgroup1", 1, 3),
        ("kubernetes-cgroup2", 2, 12),
        ("hybrid-cgroup", 2, 4),
        ("server-64core", 0, 0),
        ("old-kernel", None, None),
        ("damaged", None, None),
    ],
)
def test_kernel_kills_are_counted_where_the_kernel_counts_them(name, cgroup, machine):
    assert probe.oom_kills(MACHINES / name) == probe.OomKills(cgroup=cgroup, machine=machine)


@pytest.mark.parametrize(
    ("name", "some"),
    [("kubernetes-cgroup2", 120344), ("docker-2g-cgroup1", 312044), ("old-kernel", None)],
)
def test_stalls_are_counted_where_the_kernel_counts_them(name, some):
    stall = probe.memory_stall(MACHINES / name)
    assert (stall.some if stall else None) == some
