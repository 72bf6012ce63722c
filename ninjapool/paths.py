"""Questions about paths that never fail: what cannot be looked at is not there."""

from __future__ import annotations

import os
from pathlib import Path


def normal(path: Path) -> Path:
    """Absolute and without `..`; links are not followed, as cmake follows none."""
    return Path(os.path.normpath(path.absolute()))


def real(path: Path) -> Path:
    """With all links followed, also where they lead nowhere or in a circle."""
    return Path(os.path.realpath(path))


def is_file(path: Path) -> bool:
    """False also where a folder on the way may not be entered, where Path.is_file raises."""
    try:
        return path.is_file()
    except OSError:
        return False


def exists(path: Path) -> bool:
    """As `is_file`, for whatever it is."""
    try:
        return path.exists()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """As `is_file`, for folders."""
    try:
        return path.is_dir()
    except OSError:
        return False


def shown(path: Path, base: Path) -> str:
    """As short as it can be said: from `base`, if it is below it or beside it."""
    try:
        relative = Path(os.path.relpath(path, base)).as_posix()
    except ValueError:  # another drive of Windows
        return str(path)
    return str(path) if relative.startswith("../..") else relative
