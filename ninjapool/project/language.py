"""Reads the text of CMake's language into commands; runs nothing and expands no variable."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
      (?P<bracket>\#?\[(?P<equals>=*)\[)
    | (?P<comment>\#[^\n]*)
    | "(?P<quoted>(?:[^"\\]|\\.)*)"
    | (?P<paren>[()])
    | (?P<word>(?:[^\s()\#"\\]|\\.)+)
    | (?P<other>\s+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "\n": ""}
_OPENERS = {"if", "foreach", "while", "function", "macro", "block"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One call: `set(A b)`. `name` is in small letters, arguments are unquoted."""

    name: str
    args: tuple[str, ...]
    line: int
    nested: int = 0
    """How many if, loop or function blocks it stands in: above 0 it may never run."""


def parse_commands(text: str) -> Iterator[Command]:
    """All calls in the order of the text; what is no CMake (any text at all) is skipped."""
    args: list[str] = []
    name, parens, nested, line = "", 0, 0, 1
    for kind, value, at in _tokens(text):
        if kind == "paren" and value == "(":
            parens += 1
            if parens == 1:
                args = []
        elif kind == "paren":
            parens = max(0, parens - 1)
            if parens == 0 and name:
                nested = max(0, nested - name.startswith("end"))
                yield Command(name=name, args=tuple(args), line=line, nested=nested)
                nested += name in _OPENERS
                name = ""
        elif parens:
            args.append(value)
        else:
            name, line = (value.lower() if kind == "word" else ""), at


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """(paren, word or quoted; its value; its line), without comments and spaces."""
    position, line = 0, 1
    while match := _TOKEN.match(text, position):
        kind, value, position = match.lastgroup or "", match[0], match.end()
        if kind == "bracket":
            value, position = _bracket(text, match["equals"], position)
            kind = "comment" if match["bracket"].startswith("#") else "quoted"
        elif kind == "quoted":
            value = _ESCAPE.sub(_unescape, match["quoted"])
        elif kind == "word":
            value = _ESCAPE.sub(_unescape, value)
        if kind in ("paren", "word", "quoted"):
            yield kind, value, line
        line += text.count("\n", match.start(), position)


def _bracket(text: str, equals: str, start: int) -> tuple[str, int]:
    """The raw text up to the closing bracket, and where to go on; to the end if none closes."""
    closing = f"]{equals}]"
    end = text.find(closing, start)
    if end < 0:
        return text[start:], len(text)
    return text[start:end], end + len(closing)


def _unescape(match: re.Match[str]) -> str:
    return _ESCAPED.get(match[1], match[1])


def is_literal(value: str) -> bool:
    """False where the value refers to a variable or a generator expression."""
    return not re.search(r"\$\w*[{<]", value)


def is_true(value: str) -> bool:
    """What `if(variable)` makes of a variable's value: all but CMake's false constants."""
    upper = value.strip().upper()
    false = {"", "0", "OFF", "NO", "FALSE", "N", "IGNORE", "NOTFOUND"}
    return upper not in false and not upper.endswith("-NOTFOUND")
