"""Sentences with their values, and the catalogues that translate them.

English is the key, as in gettext, and the catalogue is a PO file, which translators have tools for.
It is read as it is: nothing has to be compiled, packed or kept in step. Pure: reads no file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Value = Union[str, int, "Message"]

TO_COPY = "  {command}"

_STRING = re.compile(r'^(msgid|msgstr)?\s*"((?:[^"\\]|\\.)*)"\s*$')
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said, before it is known in which language."""

    text: str
    values: Mapping[str, Value] = field(default_factory=dict)


def say(text: str, **values: Value) -> Message:
    return Message(text, values)


def to_copy(command: str) -> Message:
    """A command on a line of its own, which is broken nowhere: a path may hold blanks."""
    return Message(TO_COPY, {"command": command})


def count(number: int, one: str, many: str, **values: Value) -> Message:
    """Two messages of their own: a language without a plural translates both alike."""
    return Message(one if number == 1 else many, {"n": number, **values})


@dataclass(frozen=True, slots=True)
class Catalogue:
    """English where it has no other words."""

    words: Mapping[str, str] = field(default_factory=dict)

    def render(self, message: Message) -> str:
        values = {
            name: self.render(value) if isinstance(value, Message) else value
            for name, value in message.values.items()
        }
        return self.words.get(message.text, message.text).format(**values)


def parse_po(text: str) -> Catalogue:
    """The msgid and msgstr pairs; a translation that is missing or `fuzzy` stays English."""
    words: dict[str, str] = {}
    for block in re.split(r"\n\s*\n", text):
        parts = _parts(block)
        if parts["msgid"] and parts["msgstr"] and "\n#, fuzzy" not in f"\n{block}":
            words[parts["msgid"]] = parts["msgstr"]
    return Catalogue(words)


def _parts(block: str) -> dict[str, str]:
    parts = {"msgid": "", "msgstr": ""}
    current = "msgid"
    for line in block.splitlines():
        if match := _STRING.match(line):
            current = match[1] or current
            parts[current] += _ESCAPED.sub(lambda found: _unescape(found[1]), match[2])
    return parts


def _unescape(char: str) -> str:
    return {"n": "\n", "t": "\t"}.get(char, char)


def languages(env: Mapping[str, str]) -> Iterator[str]:
    """`ja_JP`, `ja`: what the user's locale asks for, best first, by gettext's own precedence."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((env[name] for name in names if env.get(name)), "C")
    if _bare(locale) in ("C", "POSIX"):
        return
    for wish in (*env.get("LANGUAGE", "").split(":"), locale):
        bare = _bare(wish)
        if bare:
            yield bare
            yield bare.partition("_")[0]


def _bare(locale: str) -> str:
    """`ja_JP` of `ja_JP.UTF-8@x`."""
    return re.split(r"[.@]", locale, maxsplit=1)[0]
