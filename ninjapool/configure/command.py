"""The cmake command line of a configure. Writes nothing and starts nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.emit.cache import CACHE_SCRIPT
from ninjapool.project.arguments import parse_arguments

if TYPE_CHECKING:
    from ninjapool.configure.request import ConfigureRequest
    from ninjapool.model import Project
    from ninjapool.project.presets import ConfigurePreset

FOLDER = ".ninjapool"
"""In the source: build folders are thrown away, and a lost file breaks the presets that name it."""


def cmake_command(request: ConfigureRequest, preset: ConfigurePreset | None) -> tuple[str, ...]:
    """Cmake with what the user left out, what the user said, and last of all our script.

    Being last, the script sees every -D, -C and --preset, and can leave them as they are.
    """
    given = request.arguments
    words = [cmake_word(request)]
    if given.source is None:
        words += ["-S", shown(request.source)]
    if request.preset and parse_arguments(request.cmake_args).preset is None:
        words += ["--preset", request.preset]
    has_folder = preset is not None and preset.binary_dir is not None
    if given.build is None and (request.build or not has_folder):
        words += ["-B", shown(build_folder(request))]
    if request.project.generator is None:
        words += ["-G", "Ninja"]
    if program := make_program(request, preset):
        words += [f"-DCMAKE_MAKE_PROGRAM={program}"]
    return (*words, *request.cmake_args, "-C", shown(request.source / FOLDER / CACHE_SCRIPT))


def cmake_word(request: ConfigureRequest) -> str:
    """How the user would type this cmake."""
    path = str(request.cmake.path)
    return "cmake" if shutil.which("cmake", path=request.env.get("PATH", "")) == path else path


def build_folder(request: ConfigureRequest) -> Path:
    """What -B or a preset names; else `build` in the source."""
    return usual_build(request.project)


def usual_build(project: Project) -> Path:
    return Path(project.build or Path(project.source) / "build")


def make_program(request: ConfigureRequest, preset: ConfigurePreset | None) -> str | None:
    """The package's ninja, where cmake would find none and nobody has named another."""
    name = "CMAKE_MAKE_PROGRAM"
    generator = request.project.generator
    is_ninja = generator is None or generator.value.startswith("Ninja")
    if request.govern is not None and request.govern.on:
        return None  # the script says it, and asks CMake first
    said = any(step.name == name for step in request.arguments.steps)
    if said or (preset and name in preset.variables):
        return None
    return str(request.ninja.path) if is_ninja and request.ninja.packaged else None


def shown(path: Path) -> str:
    """The path as it is shortest to type: from here if it is below, else in full."""
    here, path = Path.cwd(), path.absolute()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
