"""Which jobs are compiled elsewhere, by their command and by what became of the last ones. Pure.

Where hosts fail, distributed compilers compile here after all: then newborns are taken for compiles
of this machine, until some go away again. Does not know which host has failed, nor why.
"""

from __future__ import annotations

import posixpath
import re
from collections import deque
from typing import TYPE_CHECKING

from ninjapool.govern.identify import compiler_name

if TYPE_CHECKING:
    from collections.abc import Sequence

FATES = 20
"""So many of the last jobs tell whether the next will go away."""
ENOUGH = 3
MEMORY = 60.0
"""Seconds after which a failure tells nothing any more: so long distcc leaves a host alone."""
_COMPILERS = re.compile(r"cc1(?:plus|obj|objplus)?|f951|lto1")
_CACHE = re.compile(r"ccache(-[0-9.]+)?")
_HERE = frozenset({"-c", "-S", "-cc1", "-emit-obj"})
_ONLY_READS = frozenset({"-E", "-M", "-MM", "-Eonly", "-dumpversion"})


class Away:
    """What the jobs of one build have shown."""

    def __init__(self, launchers: Sequence[str] = ()) -> None:
        """`launchers`: programs that send compiles away, by name; none where nothing goes."""
        self._launchers = frozenset(launchers)
        self._fates: deque[tuple[float, bool]] = deque(maxlen=FATES)

    def sends(self, text: str) -> bool:
        """Whether a compile's command begins with such a launcher, or hands it to a cache."""
        if not self._launchers:
            return False
        words = text.split(None, 20)[:20]
        return any(_name(word) in self._launchers for word in words)

    def is_launcher(self, name: str) -> bool:
        return name in self._launchers and not _CACHE.fullmatch(name)

    def is_behind_cache(self, text: str) -> bool:
        """Whether a cache stands before it, which answers what it knows itself."""
        return any(_CACHE.fullmatch(posixpath.basename(word)) for word in text.split(None, 20)[:20])

    def is_trusted(self, now: float) -> bool:
        """Whether the next job will go away: not where most of the last did not."""
        lately = [went for at, went in self._fates if now - at < MEMORY]
        return lately.count(False) < max(ENOUGH, (len(lately) + 1) // 2)

    def ended(self, now: float, *, went: bool) -> None:
        """What became of a job, the moment it is known."""
        self._fates.append((now, went))


def _name(word: str) -> str:
    """`distcc` of `/usr/bin/distcc`, and of `CCACHE_PREFIX=/usr/bin/distcc`."""
    return posixpath.basename(word.strip("\"'").rpartition("=")[2])


def may_compile(name: str) -> bool:
    """Whether a process of this name is worth a look at its words."""
    return bool(_COMPILERS.fullmatch(name)) or compiler_name(name)


def compiles_here(words: Sequence[str]) -> bool:
    """Whether a compiler is at work, and not for its preprocessor only."""
    if not words or not may_compile(posixpath.basename(words[0])):
        return False
    if not _ONLY_READS.isdisjoint(words):
        return False
    return bool(_COMPILERS.fullmatch(posixpath.basename(words[0]))) or not _HERE.isdisjoint(words)
