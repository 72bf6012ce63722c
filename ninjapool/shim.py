"""`ninjapool-ninja`: behaves as ninja, but what it builds is governed.

CMake and IDEs take it for their ninja (CMAKE_MAKE_PROGRAM). What only asks is handed on at once.
"""

from __future__ import annotations

import os
import sys

from ninjapool.govern.ninjas import real_ninja

ASKING = frozenset({"-t", "-n", "-h", "--version", "--help"})


def main() -> int:
    words = sys.argv[1:]
    ninja = real_ninja(_directory(words), os.environ)
    if ninja is None:
        sys.stderr.write("ninjapool-ninja: there is no ninja behind it (pip install ninja)\n")
        return 127
    if ASKING.intersection(words):
        os.execv(ninja, [ninja, *words])  # noqa: S606 - the same words to the same program
    from ninjapool.cli.shim import build  # noqa: PLC0415 - takes longer than most that ask

    return build(ninja, words)


def _directory(words: list[str]) -> str:
    """Where the build is: after -C, as CMake gives it, or here."""
    return words[words.index("-C") + 1] if "-C" in words[:-1] else "."
