"""What in the environment works against the pools. Knows no files and no project."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LEVEL = "CMAKE_BUILD_PARALLEL_LEVEL"
_JOBS = re.compile(r"(?:^|\s)(?:-[A-Za-z]*j|--jobs)[=\s]*(\d*)")
_JOBSERVER = re.compile(r"--jobserver-(?:auth|fds)=\S+")


def environment_notices(env: Mapping[str, str], jobs: int) -> Iterator[str]:
    """One sentence for each variable that undoes some of a plan of `jobs` at once."""
    if level := env.get(_LEVEL):
        yield (
            f"{_LEVEL}={level} is set, so `cmake --build` passes -j{level} to ninja: the pools "
            "hold all the same, but ninja will heed no jobserver; unset it to have both"
        )
    flags = env.get("MAKEFLAGS", "")
    if jobserver := _JOBSERVER.search(flags):
        yield (
            f"MAKEFLAGS names a jobserver ({jobserver[0]}): if its owner has ended, nothing "
            "limits what builds under it; unset it unless you are inside that build"
        )
    elif wide := _too_wide(flags, jobs):
        yield f"MAKEFLAGS={flags} is set: each make starts {wide}, where {jobs} jobs fit"


def _too_wide(flags: str, jobs: int) -> str | None:
    """What -j allows, where that is more than `jobs`; without a number it allows any."""
    found = _JOBS.search(flags)
    if found is None or 0 < int(found[1] or 0) <= jobs:
        return None
    return f"{found[1]} jobs" if found[1] else "any number of jobs"
