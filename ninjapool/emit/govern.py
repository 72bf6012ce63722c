"""How `cmake --build`, presets and IDEs come to be governed: a program that they take for ninja.

Knows what it must do and say, not where it lies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ninjapool.emit.template import render


@dataclass(frozen=True, slots=True, kw_only=True)
class Govern:
    """What CMAKE_MAKE_PROGRAM is to be."""

    name: ClassVar[str] = "ninjapool-ninja"
    """Of the program, which lies beside the CMake files; by it ours is told from others."""
    on: bool
    """False puts ninja itself back."""
    ninja: str
    """The ninja behind it."""
    program: str = ""
    """What governs; the program sees to it that the build goes on where this is gone."""


def render_program(govern: Govern, jobs: int) -> str:
    """A shell script, which answers CMake's many questions ten times faster than Python starts.

    `jobs` is the width for a build that is not governed any more, and has no pools either.
    """
    return render(Govern.name, program=govern.program, ninja=govern.ninja, jobs=jobs)
