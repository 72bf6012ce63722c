"""The history's file: SQLite, one for each source tree. Opens, reads, writes; decides nothing.

A write-ahead log, and no waiting for the disk at each transaction: a power cut may cost the last
seconds, a crash of ours costs nothing. Does not know how often it is worth writing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from typing import TYPE_CHECKING

from ninjapool import state
from ninjapool.errors import FileError
from ninjapool.history.entry import Entry
from ninjapool.paths import exists, real

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

SCHEMA = 1
MOST = 30_000
"""Edges that are kept; those built longest ago go first. 30 000 take some 10 MB."""
CHECKPOINT = 4000
"""Pages of the log, 16 MB, from which on a transaction takes the time to put them in their place;
else whoever closes the file last does so."""
_TABLE = f"""
CREATE TABLE IF NOT EXISTS edges (
  output TEXT NOT NULL, variant TEXT NOT NULL, class TEXT NOT NULL, source TEXT NOT NULL,
  command TEXT NOT NULL, compiler TEXT NOT NULL, size INTEGER, peak INTEGER,
  spread REAL NOT NULL, seconds REAL NOT NULL, curve BLOB, at_least INTEGER NOT NULL,
  builds INTEGER NOT NULL, at INTEGER NOT NULL, last INTEGER, expected INTEGER, doubt REAL,
  basis TEXT NOT NULL, PRIMARY KEY (output, variant)) WITHOUT ROWID;
PRAGMA user_version = {SCHEMA};
"""
_MARKS = ", ".join("?" * len(Entry._fields))
_SURPLUS = """
DELETE FROM edges WHERE (output, variant) IN
  (SELECT output, variant FROM edges ORDER BY at DESC, output, variant LIMIT -1 OFFSET ?)
"""


class NewerError(FileError):
    """The file was written by a ninjapool that is newer than this one."""


def place(source: Path, env: Mapping[str, str]) -> Path:
    """The file for a source tree."""
    whole = real(source)
    name = hashlib.blake2b(str(whole).encode("utf-8", "surrogateescape"), digest_size=8)
    return state.folder(env) / "history" / f"{whole.name}-{name.hexdigest()}.sqlite"


class Store:
    """An open file."""

    def __init__(self, path: Path, *, patience: float = 5.0) -> None:
        """Makes it where there is none. `patience`: seconds to wait for another who writes.

        Raises NewerError, and sqlite3.DatabaseError where the file is damaged or out of reach.
        """
        self.path, self.is_writable = path, not exists(path) or _may_write(path)
        if self.is_writable:
            with contextlib.suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
        database = path if self.is_writable else _as_it_is(path)
        self._open = sqlite3.connect(
            database, timeout=patience, isolation_level=None, uri=not self.is_writable
        )
        try:
            self._prepare()
        except BaseException:
            self._open.close()
            raise

    def _prepare(self) -> None:
        version = self._open.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA:
            hint = "upgrade ninjapool, or set NINJAPOOL_STATE to another folder"
            raise NewerError(self.path, "written by a newer ninjapool", hint=hint)
        if self.is_writable:
            self._keep_a_log(version)

    def _keep_a_log(self, version: int) -> None:
        self._open.execute("PRAGMA journal_mode = WAL")
        self._open.execute("PRAGMA synchronous = NORMAL")
        self._open.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")
        if version < SCHEMA:
            self._open.executescript(_TABLE)

    def read(self) -> list[Entry]:
        """All edges, by output."""
        return list(map(Entry._make, self._open.execute("SELECT * FROM edges")))

    def write(self, entries: Iterable[Entry]) -> None:
        """All of them or none."""
        with self._transaction():
            self._open.executemany(f"REPLACE INTO edges VALUES ({_MARKS})", entries)  # noqa: S608

    def prune(self, most: int = MOST, *, before: int = 0) -> int:
        """Removes what was last built before that second, and the oldest beyond so many edges."""
        with self._transaction():
            count = self._open.execute("DELETE FROM edges WHERE at < ?", (before,)).rowcount
            return count + self._open.execute(_SURPLUS, (most,)).rowcount

    def shrink(self) -> None:
        """Gives free pages back to the disk."""
        self._open.execute("VACUUM")

    def be_patient(self, seconds: float) -> None:
        """How long to wait from now on for another who writes."""
        self._open.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    def close(self) -> None:
        self._open.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._open.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._open.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._open.execute("ROLLBACK")
            raise


def _may_write(path: Path) -> bool:
    """SQLite makes files beside it, too, also to read one that has a write-ahead log."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _as_it_is(path: Path) -> str:
    """For SQLite, to read a file of somebody else, or on a disk that is mounted for reading only.

    Where nobody has it open there is no log, and SQLite could not make one: it is told not to try.
    """
    is_in_use = exists(path.with_name(f"{path.name}-wal"))
    return f"{path.absolute().as_uri()}?{'mode=ro' if is_in_use else 'immutable=1'}"


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is no database any more, rather than locked, full or out of reach."""
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(
        error, sqlite3.OperationalError
    )


def is_locked(error: sqlite3.Error) -> bool:
    """Whether another is just writing."""
    return isinstance(error, sqlite3.OperationalError) and "locked" in str(error)


def set_aside(path: Path) -> Path:
    """Out of the way, for who wants to look at it; the one before it goes."""
    aside = path.with_suffix(".damaged")
    path.replace(aside)
    for tail in ("-wal", "-shm"):
        path.with_name(path.name + tail).unlink(missing_ok=True)
    return aside
