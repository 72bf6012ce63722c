"""What a configure is asked for, and what came of it. Holds no behaviour but what follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.project.arguments import Arguments, parse_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ninjapool.emit.govern import Govern
    from ninjapool.emit.remote import Launching
    from ninjapool.model import Plan, Project
    from ninjapool.project.tools import Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigureRequest:
    """A project with its plan, the programs at hand, and what the user said."""

    project: Project
    plan: Plan
    cmake: Tool
    ninja: Tool
    build: Path | None = None
    """ninjapool's own -B."""
    preset: str | None = None
    """ninjapool's own --preset."""
    cmake_args: tuple[str, ...] = ()
    presets: bool = True
    """Whether to keep a preset `ninjapool` beside the project's."""
    govern: Govern | None = None
    """Whether CMake's ninja is to be the governed one; None leaves it as it is."""
    launching: Launching | None = None
    """Where compiles are to go; None leaves the launchers as they are."""
    env: Mapping[str, str]

    @property
    def width(self) -> int | None:
        """The `-j` that an ungoverned build needs to be as wide as its pools; None for ninja's own.

        Compiles go as wide as their pool, and the CPUs here are for everything else.
        """
        remote = self.project.remote
        if remote is None or (self.govern is not None and self.govern.on):
            return None
        return (self.plan.depth("compile") or 1) + self.plan.cpus.value

    @property
    def source(self) -> Path:
        return Path(self.project.source)

    @property
    def arguments(self) -> Arguments:
        """What the arguments for cmake say, with the preset of either place."""
        given = parse_arguments(self.cmake_args)
        return replace(given, preset=given.preset or self.preset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that the user may do next."""

    what: str
    commands: tuple[tuple[str, ...], ...]
    folder: Path | None = None
    """Where to do it; None where the current folder will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """The files are written; cmake is still to be run."""

    written: tuple[Path, ...]
    """Only what has changed."""
    command: tuple[str, ...]
    """The cmake command that brings the plan into the build directory."""
    build: Path
    steps: tuple[Step, ...]
    """What the user may do after the command: build, or use the preset instead."""
    notices: tuple[str, ...]
