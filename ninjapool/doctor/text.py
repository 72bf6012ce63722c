"""Lines of logs as they may be looked at: no escape codes, no tool's own prefix, not too long.

A log is a stranger's text. What has gone through `clean` can be printed on any terminal.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 4096
"""Characters of a line that are looked at; a compiler's command may have a megabyte."""
_END = 1024
"""Of these, how many from its end, where cargo says by which signal rustc died."""

# ECMA-48: CSI, then the strings (OSC, DCS, SOS, PM, APC) up to their end, then all other escapes
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
_PREFIXES = re.compile(
    r"^(?:"
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z (?:\d\d[OE][ +])?"  # GitHub, Azure, GitLab
    r"|\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?\] "  # Jenkins
    r"|\[ *\d+s\] "  # Open Build Service
    r"|#\d+ \d+\.\d+ "  # BuildKit
    r"|\d\d:\d\d:\d\d(?:\.\d+)? "
    r")"
)
_MARKS = re.compile(r"^##\[(?:error|warning|debug|command|section)\]")


def clean(line: bytes) -> str:
    """What a person would read."""
    if len(line) > LONGEST:
        line = line[: LONGEST - _END] + b" ... " + line[-_END:]
    text = line.decode("utf-8", "replace")
    if not text.isprintable():
        text = printable(text)
    return text


def printable(text: str) -> str:
    """Without all that a terminal would obey, or show as nothing, or the other way round."""
    return "".join(filter(None, map(_shown, _ESCAPES.sub("", text))))


def _shown(char: str) -> str | None:
    if char.isprintable():
        return char
    return " " if char == "\t" or unicodedata.category(char) == "Zs" else None


def unprefixed(line: str) -> str:
    """Without the time and the mark that a CI service has put before it."""
    return _MARKS.sub("", _PREFIXES.sub("", line, count=1), count=1)
