"""Sentences as lines of a terminal: wrapped by columns, of which a Japanese character takes two.

Knows no colours.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from ninjapool.doctor.messages import TO_COPY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ninjapool.doctor.messages import Catalogue, Message
    from ninjapool.doctor.tell import Section

WIDTH = 96
# A line may end between any two wide characters, but not before a closing one.
_CLOSING = "[\u3001\u3002\u300d\uff09\uff1a]*"
_PIECE = re.compile(
    r"[ ]+|[^\u2e80-\u9fff\uac00-\ud7a3\uff00-\uff60 ]+" + _CLOSING + "|." + _CLOSING
)


def render(first: Message, parts: Iterable[Section], catalogue: Catalogue) -> str:
    """The whole page."""
    lines = wrap(catalogue.render(first), "", "")
    for part in parts:
        lines += ["", catalogue.render(part.heading)]
        for message in part.lines:
            text = catalogue.render(message)
            whole = message.text == TO_COPY
            lines += [f"  {text}"] if whole else _item(text, bullet=part.bullets)
    return "\n".join(lines) + "\n"


def _item(text: str, *, bullet: bool) -> list[str]:
    """What begins with spaces stands further in."""
    bare = text.lstrip(" ")
    indent = "  " + " " * (len(text) - len(bare))
    return wrap(bare, f"{indent}- " if bullet else indent, f"{indent}  " if bullet else indent)


def wrap(text: str, first: str, following: str) -> list[str]:
    lines, line, used = [], first, columns(first)
    for piece in _PIECE.findall(text):
        if used + columns(piece.rstrip(" ")) > WIDTH and line.strip():
            lines.append(line.rstrip(" "))
            line, used = following, columns(following)
            piece = piece.lstrip(" ")  # noqa: PLW2901  # a line does not begin with the space
        line += piece
        used += columns(piece)
    return [*lines, line.rstrip(" ")]


def columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
