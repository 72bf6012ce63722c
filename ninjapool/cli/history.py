"""`ninjapool history`: shows what earlier builds have taught, and shares it."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.cli.telling import source_of
from ninjapool.configure import GITIGNORE
from ninjapool.errors import FileError, SourceError, UsageError
from ninjapool.files import write_all
from ninjapool.history import exchange, lines, store
from ninjapool.history.entry import newer
from ninjapool.history.store import Store
from ninjapool.paths import exists
from ninjapool.report.history import known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ninjapool.cli.args import Args


DAY = 24 * 3600


def history(args: Args) -> int:
    for option, number in (("--days", args.days), ("--top", args.top)):
        if number < 0:
            raise UsageError(f"{option}: a number of at least 0 is needed, not {number}")
    source = source_of(args.source or Path())
    return _ACTIONS[args.action](args, source)


def _path(_: Args, source: Path) -> int:
    print(store.place(source, os.environ))
    return 0


def _show(args: Args, source: Path) -> int:
    with _opened(source) as opened:
        size = sum(file.stat().st_size for file in opened.path.parent.glob(f"{opened.path.name}*"))
        entries = opened.read()
        if not entries:
            raise _nothing(source)
        page = known(entries, str(source), str(opened.path), size, top=args.top)
    sys.stdout.write(page)
    return 0


def _export(args: Args, source: Path) -> int:
    with _opened(source) as opened:
        entries = opened.read()
    text = lines.render(entries)
    if args.file == "-":
        sys.stdout.write(text)
        return 0
    path = _shared(args, source)
    files = {path: text}
    if path == source / exchange.SHARED:
        files[path.with_name(".gitignore")] = GITIGNORE
    wrote = write_all(files)
    print(f"{path}: {len(entries)} edges" + ("" if path in wrote else ", as before"))
    return 0


def _import(args: Args, source: Path) -> int:
    if args.file == "-":
        found = exchange.parse_file(Path("-"), sys.stdin.read())
    else:
        found = exchange.read(_shared(args, source))
    with _opened(source, make=True) as opened:
        mine = {(entry.output, entry.variant): entry for entry in opened.read()}
        merged = {key: newer(mine.get(key, theirs), theirs) for key, theirs in found.items()}
        news = [entry for key, entry in merged.items() if entry != mine.get(key)]
        opened.write(news)
    print(f"{len(found)} edges read, {len(news)} of them are news")
    return 0


def _prune(args: Args, source: Path) -> int:
    before = round(datetime.now(tz=timezone.utc).timestamp()) - args.days * DAY
    with _opened(source) as opened:
        removed = opened.prune(before=max(before, 0))
        opened.shrink()
    print(f"{removed} edges removed")
    return 0


def _shared(args: Args, source: Path) -> Path:
    return Path(args.file) if args.file is not None else source / exchange.SHARED


@contextmanager
def _opened(source: Path, *, make: bool = False) -> Iterator[Store]:
    """Raises SourceError where there is no history, FileError for one that cannot be used."""
    path = store.place(source, os.environ)
    if not make and not exists(path):
        raise _nothing(source)
    try:
        opened = Store(path)
        try:
            yield opened
        finally:
            opened.close()
    except sqlite3.Error as error:
        hint = "the next build begins a damaged one anew" if store.is_damage(error) else ""
        raise FileError(path, f"{error}", hint=hint) from error


def _nothing(source: Path) -> SourceError:
    return SourceError(f"nothing is known of {source} yet", hint="ninjapool build learns it")


_ACTIONS = {
    "show": _show,
    "export": _export,
    "import": _import,
    "prune": _prune,
    "path": _path,
}
