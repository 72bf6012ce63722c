"""Reads the text of CMake's language into commands; runs nothing and expands no variable."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
    \s*
    (?:
        (?P<bracket>\#?\[(?P<equals>=*)\[(?P<raw>.*?)(?:\](?P=equals)\]|\Z))
      | (?P<comment>\#[^\n]*)
      | "(?P<quoted>(?:[^"\\]|\\.)*)"
      | (?P<paren>[()])
      | (?P<word>(?:[^\s()\#"\\]|\\.)+)
      | (?P<other>.|\Z)
    )
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
    name, parens, nested, line, counted = "", 0, 0, 1, 0
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
            name = value.lower() if kind == "word" else ""
            line, counted = line + text.count("\n", counted, at), at


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """(paren, word or quoted; its value; where it begins), without comments and spaces."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "paren":
            yield kind, match[kind], match.start(kind)
        elif kind in ("word", "quoted"):
            yield kind, _unescaped(match[kind]), match.start(kind)
        elif kind == "bracket" and not match[kind].startswith("#"):
            yield "quoted", match["raw"], match.start(kind)  # up to the end where none closes it


def _unescaped(value: str) -> str:
    return _ESCAPE.sub(_unescape, value) if "\\" in value else value


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
