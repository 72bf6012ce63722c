"""Keeps the records of builds in the user's state folder: each directory's last, and that before.

Best effort throughout: a full disk is no reason for a build to fail, so nothing here raises, and
what cannot be read is None. There too is the look at a build that runs, removed at its end.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ninjapool import state
from ninjapool.paths import exists, real
from ninjapool.record import form

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ninjapool.record.model import Live, Record

FOLDER = "records"
MOST = 40
"""Build directories whose records are kept: those built last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The files of one build directory."""

    last: Path
    before: Path
    live: Path


def names(build: Path, env: Mapping[str, str]) -> Names:
    whole = real(build)
    digest = hashlib.blake2b(os.fsencode(whole), digest_size=8).hexdigest()
    stem = f"{whole.name}-{digest}"
    folder = state.folder(env) / FOLDER
    return Names(
        last=folder / f"{stem}.json.gz",
        before=folder / f"{stem}.before.json.gz",
        live=folder / f"{stem}.live.json",
    )


def read(file: Path) -> Record | None:
    """None where there is no such file, or none that can be understood."""
    try:
        text = gzip.decompress(file.read_bytes()).decode("utf-8", "surrogatepass")
    except (OSError, ValueError, EOFError, zlib.error):
        return None
    return form.parse(text)


def keep(where: Names, record: Record) -> None:
    """Puts a record in the place of the last one, which becomes the one before."""
    packed = gzip.compress(form.render(record).encode("utf-8", "surrogatepass"), 3, mtime=0)
    with contextlib.suppress(OSError):
        where.last.parent.mkdir(parents=True, exist_ok=True)
        if exists(where.last):
            where.last.replace(where.before)
        _write(where.last, packed)
        _tidy(where.last.parent)


def show(where: Names, live: Live) -> None:
    """For whoever looks on from another terminal."""
    with contextlib.suppress(OSError):
        where.live.parent.mkdir(parents=True, exist_ok=True)
        _write(where.live, form.render_live(live).encode("utf-8", "surrogatepass"))


def hide(where: Names) -> None:
    with contextlib.suppress(OSError):
        where.live.unlink(missing_ok=True)


def _write(file: Path, data: bytes) -> None:
    """Whole or not at all; who reads meanwhile reads the old one."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        temporary.write_bytes(data)
        temporary.replace(file)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _tidy(folder: Path) -> None:
    """Removes the records of directories that were not built for long."""
    lasts = [file for file in folder.glob("*.json.gz") if not file.name.endswith(".before.json.gz")]
    for file in sorted(lasts, key=lambda file: -file.stat().st_mtime)[MOST:]:
        file.with_name(file.name.replace(".json.gz", ".before.json.gz")).unlink(missing_ok=True)
        file.unlink(missing_ok=True)


def read_live(file: Path) -> Live | None:
    try:
        return form.parse_live(file.read_text("utf-8", "surrogatepass"))
    except (OSError, ValueError):
        return None
