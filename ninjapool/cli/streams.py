"""The standard streams as they may be: closed, full, or of an encoding that lacks a letter."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


def make_usable() -> None:
    """One that was closed swallows what is written; a letter that it lacks is written escaped."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def can_draw(stream: TextIO) -> bool:
    """A terminal that knows escape codes; ninja asks the same before it draws."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def tell(text: str) -> None:
    """To stderr, and at once. That nobody listens there is no reason for a build to end."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        _give_up(sys.stderr)


def give_up_stdout() -> None:
    """Nobody takes what is in it."""
    _give_up(sys.stdout)


def _give_up(stream: TextIO) -> None:
    """What is in it goes nowhere; the interpreter would complain when it flushes at its end."""
    with contextlib.suppress(OSError):  # no descriptor of its own, as in a test
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
