"""The command `doctor`: reads the logs, judges them, and says why the build died."""

from __future__ import annotations

import os
import shlex
import sys
import time
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool import probe
from ninjapool.cli.directory import project_of
from ninjapool.cli.streams import can_draw, tell
from ninjapool.cli.telling import source_of
from ninjapool.doctor import logs
from ninjapool.doctor.advice import advise
from ninjapool.doctor.as_json import as_json
from ninjapool.doctor.diagnosis import diagnose
from ninjapool.doctor.findings import Around
from ninjapool.doctor.headline import headline
from ninjapool.doctor.language import catalogue
from ninjapool.doctor.layout import render
from ninjapool.doctor.since import parse_since
from ninjapool.doctor.tell import sections
from ninjapool.errors import MachineError, SourceError, UsageError
from ninjapool.govern import place
from ninjapool.history import store
from ninjapool.history.book import Book
from ninjapool.paths import is_folder

if TYPE_CHECKING:
    from ninjapool.cli.args import Args
    from ninjapool.doctor.diagnosis import Diagnosis
    from ninjapool.model import Machine

FOUND = 10
"""The exit code where memory is why the build died."""
PATIENCE = 1.0
"""Seconds after which a person is told how far it is."""
_STEP = 0.2


def doctor(args: Args) -> int:
    if args.logs_only and not args.logs:
        raise UsageError("--logs-only: which log?", hint="ninjapool doctor LOG --logs-only")
    if not is_folder(args.root):
        raise MachineError(f"{args.root} is no folder, so no machine was recorded there")
    now = datetime.now(tz=timezone.utc).timestamp()
    reader = logs.Reader(now=now, progress=Progress() if can_draw(sys.stderr) else _silent)
    named = [reader.named(path) for path in args.logs]
    around = _around(args, reader, now)
    found = diagnose(named, around)
    advice = advise(found, around, _command(args, found))
    if args.json:
        _write(as_json(found, advice, around))
    else:
        _write(render(headline(found), sections(found, advice, around), catalogue(os.environ)))
    return FOUND if found.is_memory else 0


def _around(args: Args, reader: logs.Reader, now: float) -> Around:
    since = None if args.since is None else parse_since(args.since, now)
    if args.logs_only:
        around = Around(now=now, since=since)
    else:
        counted = probe.oom_kills(args.root)
        around = Around(
            now=now,
            since=since,
            machine=_machine(args.root),
            own=reader.own(args.root, args.logs, since),
            booted=logs.booted(args.root, now),
            kills_counted=counted.machine,
            kills_in_cgroup=counted.cgroup,
        )
    return _with_build(args, replace(around, closed=tuple(reader.closed)))


def _with_build(args: Args, around: Around) -> Around:
    """What the build directory and its last builds tell."""
    ninja_logs = [path.parent for path in args.logs if path.name == logs.NINJA_LOG]
    if args.build is None:
        width = logs.width_of_last_build(ninja_logs[0]) if ninja_logs else None
        return replace(around, ran_at_once=width)
    if not is_folder(args.build):
        raise SourceError(f"there is no build directory {args.build}")
    return replace(
        around,
        project=project_of(args.build),
        ran_at_once=logs.width_of_last_build(args.build),
        peaks=_peaks(args.build),
    )


def _peaks(build: Path) -> dict[str, int]:
    """What each output took when it was built last, under whichever flags."""
    book = Book(store.place(source_of(build), os.environ), str)
    found = sorted(book.entries.values(), key=lambda entry: entry.at)
    return {entry.output: entry.peak for entry in found if entry.peak}


def _machine(root: Path) -> Machine | None:
    try:
        return probe.machine(root)
    except MachineError:
        return None  # the logs tell enough without it


def _command(args: Args, found: Diagnosis) -> str | None:
    """What builds under ninjapool, in the directory that is named or the one that is here."""
    if args.build is None and (found.folder or found.driver == "cargo"):
        return None
    try:
        folder = args.build or place.usual(Path())
    except SourceError:
        return None
    return shlex.join(["ninjapool", "build", *([] if folder == Path() else [str(folder)])])


def _write(text: str) -> None:
    """In the terminal's own encoding, whatever that lacks."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))


def _silent(name: str, done: int, size: int | None) -> None:
    """No terminal, no progress."""


class Progress:
    """One line on stderr, once it takes longer than a moment."""

    def __init__(self) -> None:
        self._next = time.monotonic() + PATIENCE

    def __call__(self, name: str, done: int, size: int | None) -> None:
        now = time.monotonic()
        if size is not None and done >= size:
            self._clear()
        elif now >= self._next:
            self._next = now + _STEP
            share = f"{done * 100 // size} %" if size else f"{done >> 20} MiB"
            tell(f"\r\x1b[Kreading {name}: {share}")

    def _clear(self) -> None:
        tell("\r\x1b[K")
