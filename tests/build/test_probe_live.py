"""The probe on the live machine: real cgroups, real affinity, real memory taken and freed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ninjapool import probe
from ninjapool.units import GIB, MIB

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.cgroup,
    pytest.mark.skipif(sys.platform != "linux", reason="cgroups are Linux'"),
]

CGROUPS = Path("/sys/fs/cgroup")
LIMITS = {("memory", 1): "memory.limit_in_bytes", ("memory", 2): "memory.max"}
QUOTAS = {1: ("cpu.cfs_quota_us", "50000"), 2: ("cpu.max", "50000 100000")}

# Joins the groups given as arguments, then does what it is told, a line at a time.
WORKER = """
import os, sys
for folder in sys.argv[1:]:
    with open(folder + "/cgroup.procs", "w") as procs:
        procs.write(str(os.getpid()))
kept = []
print("joined", flush=True)
for line in sys.stdin:
    verb, size, *path = line.split()
    if verb == "take":
        kept.append(b"x" * int(size))
    elif verb == "free":
        kept.clear()
    else:
        with open(path[0], "wb") as file:
            for _ in range(int(size) >> 20):
                file.write(b"x" * (1 << 20))
            file.flush()
            os.fsync(file.fileno())
    print("done", flush=True)
"""
LOOK = """
import dataclasses, json
from ninjapool import probe
machine = probe.machine()
print(json.dumps({"memory": dataclasses.asdict(machine.memory),
                  "cpus": dataclasses.asdict(machine.cpus), "notes": machine.notes}))
"""


class Groups:
    """Makes cgroups below the top of a hierarchy, v1 or v2, and removes them at the end."""

    def __init__(self) -> None:
        self.made: list[Path] = []

    def version(self, controller: str) -> int:
        return 1 if (CGROUPS / controller / "cgroup.procs").exists() else 2

    def make(self, controller: str, name: str) -> Path:
        version = self.version(controller)
        home = CGROUPS / controller if version == 1 else CGROUPS
        folder = home / f"ninjapool-probe-{os.getpid()}-{name}"
        try:
            folder.mkdir()
            self.made.append(folder)
            if version == 2:
                self.delegate(folder.parent, controller)
        except OSError as error:
            pytest.skip(f"no {controller} cgroup can be made: {error}")
        return folder

    def make_below(self, parent: Path, controller: str) -> Path:
        if self.version(controller) == 2:
            self.delegate(parent, controller)
        folder = parent / "leaf"
        folder.mkdir()
        self.made.append(folder)
        return folder

    def delegate(self, folder: Path, controller: str) -> None:
        (folder / "cgroup.subtree_control").write_text(f"+{controller}")

    def limit_memory(self, folder: Path, size: int) -> None:
        (folder / LIMITS["memory", self.version("memory")]).write_text(str(size))

    def limit_cpus(self, folder: Path) -> None:
        file, quota = QUOTAS[self.version("cpu")]
        (folder / file).write_text(quota)

    def remove(self) -> None:
        while self.made:
            folder = self.made.pop()
            for _ in range(100):  # a group is busy until its last process is wholly gone
                with contextlib.suppress(OSError):
                    folder.rmdir()
                    break
                time.sleep(0.05)
            assert not folder.exists()


@pytest.fixture
def groups() -> Iterator[Groups]:
    groups = Groups()
    try:
        yield groups
    finally:
        groups.remove()


@pytest.fixture
def nested(groups: Groups) -> Path:
    """A group of 3 GiB whose parent has 2 GiB."""
    parent = groups.make("memory", "parent")
    groups.limit_memory(parent, 2 * GIB)
    leaf = groups.make_below(parent, "memory")
    groups.limit_memory(leaf, 3 * GIB)
    return leaf


class Worker:
    """A process in given groups that takes memory on demand."""

    def __init__(self, *folders: Path) -> None:
        command = [sys.executable, "-c", WORKER, *map(str, folders)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._answer() == "joined\n"

    @property
    def pid(self) -> int:
        return self.process.pid

    def do(self, verb: str, size: int = 0, path: Path | None = None) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{verb} {size} {path or ''}\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def __enter__(self) -> Worker:  # noqa: PYI034 - Self is younger than Python 3.10
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def look(command: list[str], *, folder: Path | None = None) -> dict[str, Any]:
    """What machine() sees from inside of a group, or below a command."""
    join = f"echo $$ > {folder}/cgroup.procs && " if folder else ""
    shell = ["sh", "-c", f'{join}exec "$@"', "sh", *command, sys.executable, "-c", LOOK]
    done = subprocess.run(shell, capture_output=True, text=True, check=True)
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def usage(folder: Path) -> int:
    files = ("memory.usage_in_bytes", "memory.current")
    return next(int((folder / name).read_text()) for name in files if (folder / name).exists())


@pytest.fixture
def disk() -> Iterator[Path]:
    """A folder whose files are not in memory, as those of /tmp may be."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        if probe.machine(build_dir=Path(folder)).tmpfs_build is not None:
            pytest.skip("/var/tmp is a tmpfs")
        yield Path(folder)


def test_a_parent_of_2_gib_binds_a_group_of_3(nested: Path):
    seen = look([], folder=nested)
    assert seen["memory"]["bytes"] == 2 * GIB
    assert f"/{nested.parent.name} (" in seen["memory"]["name"]
    assert Path(seen["memory"]["source"]).parent == nested.parent
    assert 0 < seen["memory"]["headroom"] <= 2 * GIB


def test_under_taskset_there_is_one_cpu():
    if shutil.which("taskset") is None:
        pytest.skip("no taskset here")
    cpu = min(os.sched_getaffinity(0))
    seen = look(["taskset", "-c", str(cpu)])
    assert seen["cpus"]["cpus"] == 1


def test_a_quota_of_half_a_cpu_is_one_cpu(groups: Groups):
    folder = groups.make("cpu", "quota")
    groups.limit_cpus(folder)
    seen = look([], folder=folder)
    assert seen["cpus"]["cpus"] == 1
    if len(os.sched_getaffinity(0)) > 1:
        assert seen["cpus"]["name"].startswith(f"cgroup quota /{folder.name} (")


def test_headroom_falls_by_what_is_taken_and_comes_back(nested: Path):
    with Worker(nested) as worker:
        reader = probe.HeadroomReader(pid=worker.pid)
        before = reader.read()
        worker.do("take", 300 * MIB)
        taken = reader.read()
        worker.do("free")
        freed = reader.read()
        reader.close()
    assert before is not None
    assert taken is not None
    assert freed is not None
    assert before <= 2 * GIB
    assert before - taken == pytest.approx(300 * MIB, abs=24 * MIB)
    assert before - freed == pytest.approx(0, abs=24 * MIB)


def test_headroom_does_not_fall_for_page_cache(nested: Path, disk: Path):
    with Worker(nested) as worker:
        reader = probe.HeadroomReader(pid=worker.pid)
        before, used = reader.read(), usage(nested)
        worker.do("write", 300 * MIB, disk / "file")
        assert usage(nested) - used > 250 * MIB
        after = reader.read()
        reader.close()
    assert before is not None
    assert after is not None
    assert before - after == pytest.approx(0, abs=24 * MIB)


def test_headroom_falls_for_files_in_a_tmpfs(nested: Path):
    shm = Path("/dev/shm") / f"ninjapool-probe-{os.getpid()}"
    if probe.machine(build_dir=shm).tmpfs_build is None:
        pytest.skip("/dev/shm is no tmpfs")
    with Worker(nested) as worker:
        reader = probe.HeadroomReader(pid=worker.pid)
        before = reader.read()
        try:
            worker.do("write", 48 * MIB, shm)
            after = reader.read()
        finally:
            shm.unlink(missing_ok=True)
        reader.close()
    assert before is not None
    assert after is not None
    assert before - after == pytest.approx(48 * MIB, abs=16 * MIB)


def test_a_reader_outlives_the_group_it_reads(nested: Path, groups: Groups):
    with Worker(nested) as worker:
        reader = probe.HeadroomReader(pid=worker.pid)
        inside = reader.read()
    groups.remove()
    outside = reader.read()
    reader.close()
    assert inside is not None
    assert inside <= 2 * GIB
    assert outside is None or outside >= 0


def test_a_kernel_kill_is_counted_in_its_group(groups: Groups):
    small = groups.make("memory", "small")
    groups.limit_memory(small, 64 * MIB)
    for name in ("memory.swap.max", "memory.memsw.limit_in_bytes"):
        if (small / name).exists():
            (small / name).write_text("0" if "swap.max" in name else str(64 * MIB))
    with Worker(small) as witness, Worker(small) as victim:
        before = probe.oom_kills(pid=witness.pid)
        assert victim.do("take", 200 * MIB) == ""
        assert victim.process.wait() == -9
        after = probe.oom_kills(pid=witness.pid)
    assert before.cgroup is not None
    assert after.since(before) == 1
    assert before.machine is not None
    assert after.machine is not None
    assert after.machine > before.machine
