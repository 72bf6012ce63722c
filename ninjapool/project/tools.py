"""Finds the cmake and the ninja that a build will run, with their versions."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cmake
import ninja

from ninjapool.errors import CannotRunError, NotFoundError
from ninjapool.paths import is_file
from ninjapool.project.cache import read_entries
from ninjapool.project.compiler import Host

if TYPE_CHECKING:
    from collections.abc import Mapping

SHIM = "ninjapool-ninja"
"""Our stand-in for ninja, by the name of its file."""
BEHIND = "NINJAPOOL_NINJA"
"""The cache entry that names the ninja behind it."""
_PACKAGE = "Python package"
_VERSION = re.compile(r"\d+(?:\.\d+)+\S*")
_CACHED = {"cmake": "CMAKE_COMMAND", "ninja": "CMAKE_MAKE_PROGRAM"}
# Fedora and EPEL call it ninja-build; samu is a ninja, too, and CMake looks for all three.
_NAMES = {"cmake": ("cmake",), "ninja": ("ninja", "ninja-build", "samu")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A program, what it says its version is, and where it was found."""

    path: Path
    version: str
    """In full: `3.25.1`, `1.13.0.git.kitware.jobserver-pipe-1`."""
    source: str

    @property
    def packaged(self) -> bool:
        """True where only the Python package has it, so that cmake would not find it itself."""
        return self.source.startswith(_PACKAGE)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version for comparing: (3, 25, 1)."""
        leading = re.match(r"\d+(?:\.\d+)*", self.version)
        return tuple(map(int, leading[0].split("."))) if leading else ()


def find_cmake(env: Mapping[str, str], build: Path | None = None) -> Tool:
    """The cmake that made the build directory, else that of the PATH, else the package's.

    Raises NotFoundError if there is none, CannotRunError if it tells no version.
    """
    return _find(Host(env=env), "cmake", build, cmake.CMAKE_BIN_DIR)


def find_ninja(env: Mapping[str, str], build: Path | None = None) -> Tool:
    """The ninja that the build directory uses, else that of the PATH, else the package's.

    An existing build directory must keep its ninja: newer ones cannot read older logs and
    build all again. Raises as `find_cmake` does.
    """
    return _find(Host(env=env), "ninja", build, ninja.BIN_DIR)


def _find(host: Host, name: str, build: Path | None, package: str) -> Tool:
    found = _cached(name, build) or _on_path(host, name) or _packaged(name, package)
    if found is None:
        raise NotFoundError(f"no {name} was found", hint=f"install it, or run: pip install {name}")
    path, source = found
    version = _VERSION.search(host.ask(path))
    if version is None:
        raise CannotRunError(f"{path} --version tells no version", hint=f"found by: {source}")
    return Tool(path=path, version=version[0], source=source)


def _cached(name: str, build: Path | None) -> tuple[Path, str] | None:
    """What the build directory's cache names; if that is our stand-in, the one behind it."""
    entries = read_entries(build) if build else {}
    entry = entries.get(_CACHED[name])
    if build is None or entry is None:
        return None
    if name == "ninja" and Path(entry.value).name == SHIM:
        entry = entries.get(BEHIND, entry)
    elif entry.ours:
        return None
    path = Path(entry.value)
    is_it = path.name.startswith(_NAMES[name]) and not path.name.startswith("ninjapool")
    if is_it and is_file(path) and os.access(path, os.X_OK):
        return path, f"{build.name}/CMakeCache.txt"
    return None


def _on_path(host: Host, name: str) -> tuple[Path, str] | None:
    paths = (host.find(candidate) for candidate in _NAMES[name])
    return next(((path, "PATH") for path in paths if path), None)


def _packaged(name: str, folder: str) -> tuple[Path, str] | None:
    """The program in the package's own folder, which is empty text where it has none."""
    paths = [Path(folder, name), Path(folder, f"{name}.exe")] if folder else []
    return next(((path, f"{_PACKAGE} {name}") for path in paths if is_file(path)), None)
