"""Which ninja stands behind our shim, found with as few imports as can be: CMake asks it often.

Knows no version and starts nothing.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # `typing` takes longer to import than all that is done here
if TYPE_CHECKING:
    from collections.abc import Mapping

SHIM = "ninjapool-ninja"
REAL_NINJA = "NINJAPOOL_NINJA"
"""The environment variable, and the cache entry, that name the ninja behind the shim."""

MARK = "NINJAPOOL_BUILD"
"""The environment variable that names the governor of a build: its pid, its start, a number."""

NAMES = ("ninja", "ninja-build", "samu")
_ENTRIES = (b"CMAKE_GENERATOR", b"CMAKE_MAKE_PROGRAM", b"NINJAPOOL_NINJA")


def cache_entries(directory: str) -> dict[str, str]:
    """What CMakeCache.txt says of generator and ninja; nothing where there is none (meson, gn)."""
    try:
        with open(os.path.join(directory, "CMakeCache.txt"), "rb") as file:  # noqa: PTH118, PTH123
            lines = file.read().splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        if line.startswith(_ENTRIES):
            name, _, value = line.partition(b"=")
            found[name.partition(b":")[0].decode()] = os.fsdecode(value)
    return found


def real_ninja(directory: str, environ: Mapping[str, str]) -> str | None:
    """The one that is named, else the directory's own, else the first on PATH, else our package's.

    A build directory must keep its ninja: another version may discard its log and build all again.
    """
    cache = cache_entries(directory)
    path = environ.get("PATH", os.defpath)
    named = (environ.get(REAL_NINJA), cache.get(REAL_NINJA), cache.get("CMAKE_MAKE_PROGRAM"))
    for program in named:
        found = program and _find(program, path)
        if found:
            return found
    return next(filter(None, (_find(name, path) for name in NAMES)), None) or _packaged()


def _find(program: str, path: str) -> str | None:
    """Where a program is, as a shell would find it, unless it is the shim."""
    folders = [""] if os.sep in program else path.split(os.pathsep)
    for folder in folders:
        full = os.path.join(folder, program)  # noqa: PTH118
        if os.access(full, os.X_OK) and not os.path.isdir(full) and not is_shim(full):  # noqa: PTH112
            return full
    return None


def is_shim(program: str) -> bool:
    return SHIM in (os.path.basename(program), os.path.basename(os.path.realpath(program)))  # noqa: PTH119


def is_governed(environ: Mapping[str, str]) -> bool:
    """Whether the governor that the environment names is alive: its pid may be another's by now."""
    pid, _, rest = environ.get(MARK, "").partition(".")
    try:
        with open(f"/proc/{int(pid)}/stat", "rb") as file:  # noqa: PTH123
            return file.read().rpartition(b")")[2].split()[19].decode() == rest.partition(".")[0]
    except (OSError, ValueError, IndexError):
        return False


def _packaged() -> str | None:
    try:
        import ninja  # noqa: PLC0415 - the last resort
    except ImportError:
        return None
    return _find("ninja", ninja.BIN_DIR)
