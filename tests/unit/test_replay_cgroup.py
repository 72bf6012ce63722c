"""What is read and written, on folders that only look like cgroups."""

from pathlib import Path

import pytest

from examples.replay import cgroup


def v1(root: Path) -> Path:
    (root / "memory").mkdir()
    (root / "memory" / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    return root


def v2(root: Path, controllers: str = "cpu memory pids") -> Path:
    (root / "cgroup.controllers").write_text(controllers + "\n")
    (root / "cgroup.subtree_control").write_text("cpu\n")
    return root


def group(folder: Path, root: Path, **files: str) -> cgroup.MemoryCgroup:
    spoken = cgroup.dialect(root)
    assert spoken is not None
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return cgroup.MemoryCgroup(folder=folder, dialect=spoken)


def test_v1_is_known_by_its_controllers_folder(tmp_path) -> None:
    spoken = cgroup.dialect(v1(tmp_path))
    assert spoken is not None
    assert (spoken.version, spoken.limit) == (1, "memory.limit_in_bytes")


def test_v2_is_known_by_its_list_of_controllers(tmp_path) -> None:
    spoken = cgroup.dialect(v2(tmp_path))
    assert spoken is not None
    assert (spoken.version, spoken.limit) == (2, "memory.max")


def test_hybrid_counts_memory_where_v1_has_it(tmp_path) -> None:
    spoken = cgroup.dialect(v2(v1(tmp_path), controllers="hugetlb"))
    assert spoken is not None
    assert spoken.version == 1


def test_v2_without_the_memory_controller_is_none(tmp_path) -> None:
    assert cgroup.dialect(v2(tmp_path, controllers="cpu pids")) is None


def test_a_machine_without_cgroups_says_why_there_is_no_limit(tmp_path) -> None:
    assert cgroup.dialect(tmp_path) is None
    assert "no memory cgroup" in (cgroup.refusal(1 << 30, root=tmp_path) or "")


def test_kernel_kills_are_read_from_v1(tmp_path) -> None:
    events = "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n"
    made = group(tmp_path / "memory" / "x", v1(tmp_path), memory__oom_control=events)
    assert made.kills() == 7


def test_an_old_kernel_that_counts_no_kills_is_none_not_zero(tmp_path) -> None:
    events = "oom_kill_disable 0\nunder_oom 0\n"
    made = group(tmp_path / "memory" / "x", v1(tmp_path), memory__oom_control=events)
    assert made.kills() is None


def test_kernel_kills_are_read_from_v2(tmp_path) -> None:
    events = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\n"
    made = group(tmp_path / "x", v2(tmp_path), memory__events=events)
    assert made.kills() == 2


def test_the_peak_is_none_where_the_kernel_keeps_none(tmp_path) -> None:
    assert group(tmp_path / "x", v2(tmp_path)).peak() is None
    assert group(tmp_path / "y", v2(tmp_path), memory__peak="4096\n").peak() == 4096


def test_v2_hands_the_controller_down_once(tmp_path) -> None:
    root = v2(tmp_path)
    cgroup.enable_memory(root)
    assert (root / "cgroup.subtree_control").read_text() == "+memory"
    (root / "cgroup.subtree_control").write_text("cpu memory\n")
    cgroup.enable_memory(root)
    assert (root / "cgroup.subtree_control").read_text() == "cpu memory\n"


@pytest.mark.parametrize(("machine", "file", "bytes_"), [
    (v1, "memory.memsw.limit_in_bytes", "1000"),
    (v2, "memory.swap.max", "0"),
])  # fmt: skip
def test_swap_is_forbidden_where_it_is_counted(tmp_path, machine, file, bytes_) -> None:
    root = machine(tmp_path)
    made = group(tmp_path / "memory" / "x" if machine is v1 else tmp_path / "x", root)
    cgroup.forbid_swap(made, 1000)
    assert not (made.folder / file).exists()
    (made.folder / file).write_text("")
    cgroup.forbid_swap(made, 1000)
    assert (made.folder / file).read_text() == bytes_


def test_without_a_limit_nothing_is_counted() -> None:
    with cgroup.limited(None, name="unused") as none:
        assert none.kills() is None
        assert none.peak() is None
        assert not none.limited
