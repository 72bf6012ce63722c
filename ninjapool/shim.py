"""`ninjapool-ninja`: behaves as ninja, but what it builds is governed.

CMake and IDEs take it for their ninja (CMAKE_MAKE_PROGRAM). What only asks is handed on at once, as
are CMake's own trial builds and a ninja within a build that is governed already.
"""

from __future__ import annotations

import os
import sys

from ninjapool.govern.ninjas import is_governed, real_ninja

ASKING = ("-t", "-n", "-h", "--version", "--help")
TRIALS = ("/CMakeFiles/CMakeScratch/", "/CMakeFiles/CMakeTmp")
"""Where try_compile builds: one small file, hundreds of times, and CMake reads what is printed."""


def main() -> int:
    words = sys.argv[1:]
    ninja = real_ninja(_directory(words), os.environ)
    if ninja is None:
        sys.stderr.write("ninjapool-ninja: there is no ninja behind it (pip install ninja)\n")
        return 127
    if _asks(words) or _is_trial() or is_governed(os.environ):
        os.execv(ninja, [ninja, *words])  # noqa: S606 - the same words to the same program
    from ninjapool.ctrl_c import ctrl_c_ends_us  # noqa: PLC0415 - who only asks needs it not

    with ctrl_c_ends_us():
        from ninjapool.cli.shim import build  # noqa: PLC0415 - takes longer than most that ask
    return build(words)


def _asks(words: list[str]) -> bool:
    return any(word in ASKING or word.startswith("-t") for word in words)


def _is_trial() -> bool:
    here = f"{os.getcwd()}/"  # noqa: PTH109 - pathlib takes longer to import than all of this
    return any(trial in here for trial in TRIALS)


def _directory(words: list[str]) -> str:
    """Where the build is: after -C, as CMake gives it, or here."""
    for index, word in enumerate(words):
        if word.startswith("-C"):
            return word[2:] or "".join(words[index + 1 : index + 2]) or "."
    return "."


if __name__ == "__main__":
    sys.exit(main())
