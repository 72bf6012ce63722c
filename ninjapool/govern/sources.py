"""How large a source is, with the sources that it includes.

A unity source has nothing but `#include`s of others: CMake's UNITY_BUILD, Meson's, the moc files of
CMake's AUTOMOC in one. By itself it would pass for a small one, and takes what all of them take.
Of DuckDB's, a few hundred bytes each, half take more than 0.6 GiB.
"""

from __future__ import annotations

import os
import re
import stat

INCLUDE = re.compile(
    rb"""^[ \t]*\#[ \t]*include[ \t]*[<"]([^>"\n]+\.(?:c|cc|cpp|cxx|c\+\+|C|cu|m|mm))[>"]""",
    re.MULTILINE,
)
HEAD = 2048
"""Bytes: a unity source has its first `#include` of a source there."""
LONGEST = 1 << 20
"""Bytes that are read of one: ten thousand includes."""


def size_of(path: str | None) -> int | None:
    """Bytes; None where there is no such file. What those that it includes include is not added."""
    if path is None:
        return None
    try:
        found = os.stat(path)  # noqa: PTH116 - asked at the birth of every job
        own = found.st_size
        return own + _included(path, own) if stat.S_ISREG(found.st_mode) else own
    except (OSError, ValueError):
        return None


def _included(path: str, size: int) -> int:
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - as above
        head = file.read(HEAD)
        if INCLUDE.search(head) is None:
            return 0
        text = head + (file.read(LONGEST) if size > HEAD else b"")
    folder = os.path.dirname(os.fsencode(path))  # noqa: PTH120
    names = dict.fromkeys(INCLUDE.findall(text))
    return sum(_own_size(os.path.join(folder, name)) for name in names)  # noqa: PTH118


def _own_size(path: bytes) -> int:
    """Nothing for one that is found only along the compiler's search path."""
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except (OSError, ValueError):
        return 0
