"""What of a command is the same next time, wherever the build directory is. Pure.

Two things are made of its text: the variant, which names the flags that change memory by factors
and so keeps Debug and Release apart; and a hash of all of it but for names that vary, which tells
whether a figure is for this very command. Words are split at blanks: a quoted blank makes two.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NAMES = frozenset({"-o", "-MF", "-MT", "-MQ", "-MJ", "-c"})
"""What follows is named after the output or the source, which are keys of their own."""
_LEVEL = re.compile(r"-O(?:[0-3sgz]|fast)?")
_DEBUG = re.compile(r"-g(?:[0-3]|gdb[0-3]?|dwarf(?:-[2-5])?|line-tables-only|mlt)?")
_SWITCH = re.compile(r"-f(?:lto|sanitize|use-ld)(?:=.*)?|-gsplit-dwarf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Roots:
    """The folders whose names are no part of what is known."""

    build: str
    source: str

    def relative(self, path: str) -> str:
        """As seen from the source tree, so that another clone of it has the same.

        LLVM's CMakeLists lies beside clang's, so the folder above counts, too.
        """
        source = self.source.rstrip("/")
        above = posixpath.dirname(source)
        if path.startswith(source + "/"):
            return path.removeprefix(source + "/")
        if above not in ("", "/") and path.startswith(above + "/"):
            return f"../{path.removeprefix(above + '/')}"
        return path

    def without(self, text: str) -> str:
        """The text with the folders taken out; the build's first, as it may lie in the source."""
        above = posixpath.dirname(self.source.rstrip("/"))
        for root, mark in ((self.build, "@B"), (self.source, "@S"), (above, "@P")):
            if root.strip("/"):
                text = _without(text, root.rstrip("/"), mark)
        return text


def _without(text: str, root: str, mark: str) -> str:
    if root not in text:
        return text
    return re.sub(re.escape(root) + r"(?=[/\s\"';:,)]|$)", mark, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Of one command."""

    variant: str
    command: str


def signature(text: str, roots: Roots, family: str) -> Signature:
    """`family`: what kind of program runs: `gcc`, `clang`, or its name."""
    words = roots.without(text).split()
    return Signature(variant=variant(words, family), command=digest(_named_out(words)))


def variant(words: Sequence[str], family: str) -> str:
    """`clang -O2 -g -flto=thin`: of each kind the last word, as compilers take it."""
    level = debug = ""
    switches = set()
    for word in words:
        if not word.startswith("-"):
            continue
        if _LEVEL.fullmatch(word):
            level = word
        elif _DEBUG.fullmatch(word):
            debug = word
        elif _SWITCH.fullmatch(word):
            switches.add(word)
    debug = "" if debug == "-g0" else debug
    return " ".join(word for word in (family, level, debug, *sorted(switches)) if word)


def digest(words: Iterable[str]) -> str:
    text = "\0".join(words).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(text, digest_size=6).hexdigest()


def _named_out(words: Sequence[str]) -> list[str]:
    before = ("", *words)
    return [word for last, word in zip(before, words, strict=False) if last not in _NAMES and word]
