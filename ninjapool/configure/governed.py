"""Whether CMake's ninja is to be the governed one, and where that is refused. Writes nothing."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.configure.command import usual_build
from ninjapool.emit.govern import Govern
from ninjapool.errors import UsageError
from ninjapool.project.cache import read_cache

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ninjapool.configure.request import ConfigureRequest
    from ninjapool.model import Project
    from ninjapool.project.presets import ConfigurePreset
    from ninjapool.project.tools import Tool

VARIABLE = "CMAKE_MAKE_PROGRAM"


def governing(
    project: Project, ninja: Tool, env: Mapping[str, str], *, asked: bool | None
) -> Govern | None:
    """What is asked; where nothing is, a build directory that is governed stays so.

    Raises UsageError where it cannot be had on this machine.
    """
    if asked is None:
        used = read_cache(usual_build(project)).get(VARIABLE, "")
        if Path(used).name != Govern.name:
            return None
        asked = True
    return Govern(on=asked, ninja=str(ninja.path), program=_program(env) if asked else "")


def _program(env: Mapping[str, str]) -> str:
    """Our own entry point, where pip has put it."""
    if os.name != "posix":
        raise UsageError("--govern needs a POSIX system", hint="leave it out: the pools hold alone")
    beside = Path(sys.argv[0]).absolute().parent
    for folder in (beside, Path(sysconfig.get_path("scripts")), Path(sys.executable).parent):
        if os.access(folder / Govern.name, os.X_OK):
            return str(folder / Govern.name)
    found = shutil.which(Govern.name, path=env.get("PATH"))
    if found is None:
        raise UsageError(f"{Govern.name} was not installed beside ninjapool", hint="reinstall it")
    return found


def check(request: ConfigureRequest, preset: ConfigurePreset | None) -> None:
    """Raises UsageError where the user has named another program, or no ninja at all."""
    if request.govern is None or not request.govern.on:
        return
    generator = request.project.generator
    if generator is not None and not generator.value.startswith("Ninja"):
        raise UsageError(
            f"--govern is for Ninja, and the generator is {generator.value} ({generator.source})",
            hint="build by: ninjapool run -- cmake --build BUILD",
        )
    said = [step.text for step in request.arguments.steps if step.name == VARIABLE]
    named = preset.variables.get(VARIABLE) if preset is not None else None
    if named is not None and Path(named.value).name != Govern.name:
        said.append(f"preset {named.preset}: {named.value}")
    if said:
        raise UsageError(
            f"--govern sets {VARIABLE}, and so does {said[-1]}",
            hint="leave one of them out; a ninja on PATH, or the build directory's own, is taken",
        )
