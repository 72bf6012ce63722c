"""Which distributed compiler a command is about: as it was said, or as the build directory is.

Starts what asks for slots, and only where compiles go elsewhere.
"""

from __future__ import annotations

import os
import posixpath
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool import remote
from ninjapool.emit.remote import Launching
from ninjapool.errors import RemoteError, UsageError
from ninjapool.model import Setting
from ninjapool.project.cache import read_cache
from ninjapool.remote.ask import Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ninjapool.cli.args import Args
    from ninjapool.model import Remote, RemoteKind

NONE = "none"
"""What is said to have compiles done here again."""
_SAID = ("--remote-jobs", Launching.jobs_variable)
_LAUNCHERS = ("CMAKE_CXX_COMPILER_LAUNCHER", "CMAKE_C_COMPILER_LAUNCHER")


def wanted(args: Args, source: Path, build: Path) -> Remote | None:
    """For a configure: what is asked; where nothing is, a build directory stays as it is.

    Raises RemoteError where it cannot be had, UsageError for slots without a compiler.
    """
    if args.remote == NONE:
        return None
    cache = read_cache(build)
    kind = args.remote or cache.get(Launching.kind_variable)
    if kind is None:
        if args.remote_jobs is not None:
            raise UsageError("--remote-jobs of what?", hint="--remote distcc, icecc, ... or auto")
        return None
    around = Surroundings(env=os.environ, root=args.root, source=source)
    return remote.find(kind, around, _said(args, cache))


def launching(args: Args, found: Remote | None) -> Launching | None:
    """What CMake is told of it; nothing where nothing was said and nothing is there."""
    if found is None:
        return Launching() if args.remote == NONE else None
    said = found.slots.value if found.slots.source in _SAID else None
    return Launching(
        kind=found.kind, program=found.program, behind_ccache=found.behind_ccache, jobs=said
    )


def of_build(args: Args, build: Path | None) -> Remote | None:
    """For a build: what its launchers say, whoever has set them; a cache alone sends nothing away.

    Where its slots are not known, the build is governed as one of this machine.
    """
    cache = read_cache(build) if build else {}
    kind = launched(cache, os.environ)
    if kind is None:
        return None
    around = Surroundings(env=os.environ, root=args.root, source=build or Path())
    try:
        return remote.find(kind, around, _said(args, cache))
    except RemoteError:
        if args.remote_jobs is not None:
            raise
        return None


def launched(cache: Mapping[str, str], env: Mapping[str, str]) -> RemoteKind | None:
    """The distributed compiler that the launchers name; behind a ccache its prefix may be one."""
    words = [word for name in _LAUNCHERS for word in cache.get(name, "").split(";")]
    if any(posixpath.basename(word).startswith("ccache") for word in words):
        words += env.get("CCACHE_PREFIX", "").split()
    names = {posixpath.basename(word.rpartition("=")[2]) for word in words}
    return next((kind for kind in remote.KINDS if kind in names), None)


def start_server(build: Path | None) -> None:
    """That of an sccache which the launchers name, alone or with hosts; one that runs stays."""
    cache = read_cache(build) if build else {}
    words = [word for name in _LAUNCHERS for word in cache.get(name, "").split(";")]
    program = next((word for word in words if posixpath.basename(word) == "sccache"), None)
    if program is not None:
        from ninjapool.remote import sccache  # noqa: PLC0415 - most builds have none

        sccache.start_server(Surroundings(env=os.environ), program)


def launchers(found: Remote | None, env: Mapping[str, str]) -> tuple[str, ...]:
    """The programs behind which a compile goes elsewhere; a ccache, where the environment says."""
    if found is None:
        return ()
    prefixes = [posixpath.basename(word) for word in env.get("CCACHE_PREFIX", "").split()]
    return (found.kind, "ccache") if found.kind in prefixes else (found.kind,)


def _said(args: Args, cache: Mapping[str, str]) -> Setting[int] | None:
    flag, variable = _SAID
    if args.remote_jobs is not None:
        if args.remote_jobs < 1:
            raise UsageError(f"{flag}: a number of at least 1 is needed, not {args.remote_jobs}")
        return Setting(value=args.remote_jobs, source=flag)
    same = args.remote in (None, cache.get(Launching.kind_variable))
    kept = cache.get(variable, "") if same else ""
    return Setting(value=int(kept), source=variable) if kept.isdecimal() and int(kept) else None
