"""The file of the history, and what a build does with one that is not as it should be."""

import os
import sqlite3
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from ninjapool.history import book, store
from ninjapool.history.book import Book
from ninjapool.history.store import NewerError, Store
from tests.pasts import entry

NOBODY = 65534
UNWRITTEN = "the history cannot be written, so the next build will not know of this one"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history" / "x.sqlite"


@pytest.fixture
def shared():
    """In a folder that others may enter; that of `tmp_path` is only its owner's."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder, "x.sqlite")


@contextmanager
def as_somebody_else(path: Path):
    """Who may read the file and its folder; for root, no mode but another user forbids a thing."""
    path.parent.chmod(0o555)
    for file in path.parent.iterdir():
        file.chmod(0o444)
    is_root = os.geteuid() == 0
    if is_root:
        os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        if is_root:
            os.setresuid(0, 0, 0)
        path.parent.chmod(0o755)
        for file in path.parent.iterdir():
            file.chmod(0o644)


def read(path: Path):
    found = Store(path)
    try:
        return found.read()
    finally:
        found.close()


def write(path: Path, *entries):
    found = Store(path)
    found.write(entries)
    found.close()


def many(number, **other):
    return [entry(f"lib/Target/X86/CMakeFiles/LLVMX86CodeGen.dir/n{n}.cpp.o",
                  source=f"llvm/lib/Target/X86/n{n}.cpp", curve=b"123456789", **other)
            for n in range(number)]  # fmt: skip


def test_what_is_written_is_read_again(path):
    wrote = [entry("a.o", curve=b"\x01\xff"), entry("b.o", peak=None), entry("b.o", variant="x")]
    write(path, *wrote)
    assert read(path) == wrote
    write(path, entry("a.o", peak=5))
    assert [one.peak for one in read(path)] == [5, None, wrote[2].peak]


def test_each_source_tree_has_a_file_of_its_own(tmp_path):
    env = {"NINJAPOOL_STATE": str(tmp_path / "state")}
    files = {store.place(tmp_path / name / "llvm", env) for name in ("x", "y")}
    assert len(files) == 2
    assert {file.parent for file in files} == {tmp_path / "state" / "history"}


def test_ten_thousand_edges_take_less_than_ten_megabytes(path):
    write(path, *many(10_000))
    assert sum(file.stat().st_size for file in path.parent.iterdir()) < 10_000_000


def test_the_oldest_edges_go_first(path):
    write(path, *(entry(f"{n}.o", at=n) for n in range(10)))
    found = Store(path)
    assert found.prune(4) == 6
    assert found.prune(before=8) == 2
    assert sorted(one.at for one in found.read()) == [8, 9]
    found.close()


def test_a_newer_form_is_refused_and_left_as_it_is(path):
    write(path, entry())
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    with pytest.raises(NewerError, match="newer ninjapool"):
        Store(path)
    said: list[str] = []
    found = Book(path, said.append)
    found.note(entry())
    found.close()
    assert len(said) == 1
    assert "newer ninjapool" in said[0]


# ---------------------------------------------------------------- while a build runs


def test_without_anything_to_keep_no_file_is_made(path):
    found = Book(path, pytest.fail)
    found.close()
    assert not path.exists()


def test_who_only_reads_leaves_the_file_closed(path):
    """SQLite's log beside it is gone when the last who had it open has closed it."""
    write(path, entry())
    found = Book(path, pytest.fail)
    assert found.entries
    assert sorted(path.parent.iterdir()) == [path]
    found.open()
    found.note(entry("b.o"))
    found.close()
    assert len(read(path)) == 2


@pytest.mark.parametrize("in_use", [False, True])
def test_what_another_user_has_learned_may_be_read_and_is_not_written(shared, in_use):
    """As is a history on a disk that is mounted for reading only."""
    write(shared, entry())
    owner = Store(shared) if in_use else None
    said: list[str] = []
    with as_somebody_else(shared):
        files = sorted(shared.parent.iterdir())
        found = Book(shared, said.append)
        assert found.entries
        assert said == []
        found.open()
        found.note(entry("b.o"))
        found.close()
        assert sorted(shared.parent.iterdir()) == files
    assert said == [f"{UNWRITTEN}: no permission to write {shared}"]
    if owner is not None:
        owner.close()
    assert len(read(shared)) == 1


def test_edges_are_written_in_batches(path):
    found = Book(path, pytest.fail)
    for second in range(100):
        found.note(entry(f"{second}.o"))
        found.write_if_due(1000.0 + second / 4)
    assert found.transactions == 3
    assert len(read(path)) >= 80
    found.close()
    assert found.transactions == 4
    assert len(read(path)) == 100


def test_a_large_batch_does_not_wait(path):
    found = Book(path, pytest.fail)
    found.write_if_due(1000.0)
    for one in many(book.BATCH):
        found.note(one)
        found.write_if_due(1000.1)
    assert found.transactions == 1
    found.close()


@pytest.mark.parametrize("damage", ["nonsense", "cut", "page"])
def test_a_damaged_file_is_set_aside_and_begun_anew(path, damage):
    write(path, *many(200))
    data = path.read_bytes()
    broken = {
        "nonsense": b"no database at all, though it is long enough for one" * 100,
        "cut": data[: len(data) // 2],
        "page": data[:4096] + b"\xff" * 8192 + data[12288:],
    }
    path.write_bytes(broken[damage])
    said: list[str] = []
    found = Book(path, said.append)
    found.note(entry("new.o"))
    found.close()
    assert len(said) == 1
    assert "damaged" in said[0]
    assert path.with_suffix(".damaged").read_bytes() == broken[damage]
    assert [one.output for one in read(path)] == ["new.o"]


def test_one_that_is_damaged_meanwhile_is_written_anew_from_what_is_known(path, monkeypatch):
    write(path, *many(3))
    said: list[str] = []
    found = Book(path, said.append)
    found.note(entry("new.o"))
    failures = [sqlite3.DatabaseError("database disk image is malformed")]
    real = Store.write

    def fails_once(self, entries):
        if failures:
            raise failures.pop()
        real(self, entries)

    monkeypatch.setattr(Store, "write", fails_once)
    found.close()
    assert len(said) == 1
    assert len(read(path)) == 4


def test_on_a_full_disk_the_build_goes_on_with_one_warning(path, monkeypatch):
    def full(_self, _entries):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Store, "write", full)
    said: list[str] = []
    found = Book(path, said.append)
    for second in range(100):
        found.note(entry(f"{second}.o"))
        found.write_if_due(1000.0 + second)
    found.close()
    assert said == [f"{UNWRITTEN}: database or disk is full"]


def test_where_nothing_can_be_kept_the_build_is_well_without(tmp_path):
    (tmp_path / "state").write_text("a file in the way")
    said: list[str] = []
    found = Book(tmp_path / "state" / "x.sqlite", said.append)
    found.note(entry())
    found.close()
    assert len(said) == 1


def test_two_builds_at_once_both_write(path):
    one, other = Book(path, pytest.fail), Book(path, pytest.fail)
    for number in range(20):
        for found, name in ((one, "one"), (other, "other")):
            found.note(entry(f"{name}{number}.o"))
            found.write_if_due(1000.0 + 20 * number)
    one.close()
    other.close()
    assert len(read(path)) == 40


def test_who_finds_it_locked_tries_again_and_does_not_wait(path, monkeypatch):
    monkeypatch.setattr(book, "PATIENCE", 0.01)
    write(path, entry())
    said: list[str] = []
    found = Book(path, said.append)
    locking = sqlite3.connect(path, isolation_level=None)
    locking.execute("BEGIN IMMEDIATE")
    found.note(entry("late.o"))
    found.write_if_due(1000.0)
    assert said == []
    locking.execute("COMMIT")
    found.write_if_due(1020.0)
    assert len(read(path)) == 2
    locking.execute("BEGIN IMMEDIATE")
    found.note(entry("never.o"))
    found.close()
    assert len(said) == 1
    assert "another build" in said[0]
    locking.close()


def test_what_was_written_outlives_a_crash(path):
    """A process that ends without closing anything, as one that is killed."""
    child = os.fork()
    if child == 0:
        found = Book(path, str)
        found.note(entry("kept.o"))
        found.write_if_due(1000.0)
        found.note(entry("lost.o"))
        os._exit(0)
    os.waitpid(child, 0)
    assert [one.output for one in read(path)] == ["kept.o"]


def test_what_another_shares_is_written_with_the_rest(path):
    found = Book(path, pytest.fail)
    found.take([entry("theirs.o")])
    found.close()
    assert [one.output for one in read(path)] == ["theirs.o"]


def test_too_many_edges_are_pruned_at_the_end(path, monkeypatch):
    monkeypatch.setattr(book, "MOST", 5)
    monkeypatch.setattr(Store.prune, "__defaults__", (5,))
    found = Book(path, pytest.fail)
    for number in range(9):
        found.note(entry(f"{number}.o", at=number))
    found.close()
    assert [one.at for one in read(path)] == [4, 5, 6, 7, 8]
