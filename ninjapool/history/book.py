"""The history while a build runs: read once, written in batches, and never in the build's way.

Whatever happens to the file, the build goes on; the user is told once.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from ninjapool.history.store import MOST, NewerError, Store, is_damage, is_locked, set_aside
from ninjapool.paths import exists

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ninjapool.history.entry import Entry

BATCH, INTERVAL = 500, 10.0
"""Written after so many edges, or seconds, whichever comes first: a crash costs no more."""
FIRST, HURRY, PATIENCE = 1.0, 0.01, 5.0
"""Seconds to wait for another build that writes: before this one begins, while jobs are watched,
and when all is over."""


_SO = {
    "read": "so nothing is known of earlier builds",
    "used": "nothing is known of earlier builds, and nothing is learned",
    "written": "so the next build will not know of this one",
}


class Book:
    """What is known of a source tree's edges, and what this build adds."""

    def __init__(self, path: Path, warn: Callable[[str], object]) -> None:
        """Reads what there is, and leaves the file closed; it is made when a build begins."""
        self.path, self._warn = path, warn
        self.entries: dict[tuple[str, str], Entry] = {}
        """By output and variant."""
        self.transactions = 0
        self._new: dict[tuple[str, str], Entry] = {}
        self._store: Store | None = None
        self._useless = False
        """It has failed, and that was said."""
        self._written = 0.0
        if exists(path):
            self._guard(self._read, "read")

    # ------------------------------------------------------------ reading

    def _read(self) -> None:
        found = self._open().read()
        self.entries = {(entry.output, entry.variant): entry for entry in found}
        self._shut()

    def open(self) -> None:
        """For writing. Makes the file where there is none, which takes the disk's time."""
        self._guard(self._open, "written")
        if self._store is not None and not self._store.is_writable:
            self._fail(f"no permission to write {self.path}", "written")

    def _open(self) -> Store:
        if self._store is None:
            self._store = Store(self.path, patience=FIRST)
            self._store.be_patient(HURRY)
        return self._store

    # ------------------------------------------------------------ writing

    def note(self, entry: Entry) -> None:
        """In memory, at once."""
        key = entry.output, entry.variant
        self.entries[key] = self._new[key] = entry

    def take(self, entries: Iterable[Entry]) -> None:
        """Those of another's."""
        for entry in entries:
            self.note(entry)

    def write_if_due(self, now: float) -> None:
        """`now`: of a clock that only runs forward."""
        if len(self._new) >= BATCH or now - self._written >= INTERVAL:
            self._written = now
            self._guard(self._write, "written")

    def _write(self) -> None:
        if self._new:
            self._open().write(self._new.values())
            self.transactions += 1
            self._new.clear()

    def close(self) -> None:
        """Writes what is left, and keeps the file within bounds."""
        self._guard(self._finish, "written")
        if self._new and not self._useless:
            self._fail("another build was writing to it all the time", "written")
        self._shut()

    def _finish(self) -> None:
        if self._new or self._store is not None:
            self._open().be_patient(PATIENCE)
        self._write()
        if len(self.entries) > MOST:
            self._open().prune()

    def _shut(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()

    # ------------------------------------------------------------ when it goes wrong

    def _guard(self, act: Callable[[], object], what: str) -> None:
        """A damaged file is begun anew; who only finds it locked tries again the next time."""
        if self._useless:
            return
        try:
            act()
        except NewerError as error:
            self._fail(f"{error}", "used")
        except sqlite3.Error as error:
            if is_damage(error) and self._begin_anew():
                self._guard(act, what)
            elif not is_locked(error) or what == "read":
                self._fail(str(error), what)

    def _begin_anew(self) -> bool:
        """With all that is still known."""
        self._shut()
        try:
            aside = set_aside(self.path)
        except OSError:
            return False
        self._warn(f"the history was damaged and is begun anew; what it was is {aside}")
        self._new = dict(self.entries)
        return True

    def _fail(self, why: str, what: str) -> None:
        self._useless = True
        self._shut()
        self._warn(f"the history cannot be {what}, {_SO[what]}: {why}")
