"""Which build directory is meant: where none is named, and where a command would build.

Looks at the files that CMake and ninja leave; starts nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.errors import NinjapoolError, SourceError
from ninjapool.govern import arguments, ninjas, programs
from ninjapool.paths import exists, is_file, is_folder, real

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ninjapool.govern.arguments import Arguments

_SIGNS = ("build.ninja", "CMakeCache.txt")
_POOL = re.compile(r"^pool (\S+)\n *depth = (\d+)", re.MULTILINE)
_USUAL = ("*", "build/*", "out/*", "out/build/*")
"""Where editors and presets put build directories; `build` itself goes before all of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a command builds, and how wide it was told to."""

    folder: Path | None = None
    jobs: int | None = None
    """None where it was told nothing; 0 for as many as the driver likes."""


def is_build_directory(folder: Path) -> bool:
    return any(is_file(folder / name) for name in _SIGNS)


def usual(here: Path) -> Path:
    """The build directory for who names none: this folder, `build`, or the only one around.

    Raises SourceError where there is none, or more than one to choose from.
    """
    for folder in (here, here / "build"):
        if is_build_directory(folder):
            return folder
    found = sorted(_by_place(here).values())
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(str(path.relative_to(here)) for path in found)
        raise SourceError(f"which build directory? there are {names}", hint="ninjapool build DIR")
    raise not_configured(here, "there is no build directory here")


def _by_place(here: Path) -> dict[Path, Path]:
    """A link to a build directory is no second one."""
    found = {path for pattern in _USUAL for path in _build_directories(here, pattern)}
    return {real(path): path for path in sorted(found, key=lambda one: (not one.is_symlink(), one))}


def not_configured(folder: Path, message: str) -> SourceError:
    """The error for a folder in which nothing can be built, with the next step."""
    if exists(folder) and not is_folder(folder):
        return SourceError(f"{folder} is no folder", hint="ninjapool build DIR")
    if folder != Path() and not exists(folder):
        message = f"{folder} is not there"
    if is_file(folder / "CMakeLists.txt"):
        build = folder / "build"
        hint = f"configure it first: ninjapool configure {folder} -B {build} --"
        if is_build_directory(build):
            hint = f"build it in its build directory: ninjapool build {build}"
        return SourceError(f"{message}: {folder} is the source", hint=hint)
    place = "BUILD" if folder == Path() else folder
    return SourceError(message, hint=f"configure it first: cmake -G Ninja -S SOURCE -B {place}")


def pools(build: Path) -> dict[str, int]:
    """The depths of the job pools that CMake has written."""
    for name in ("CMakeFiles/rules.ninja", "rules.ninja"):
        try:
            text = (build / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        return {name: int(depth) for name, depth in _POOL.findall(text)}
    return {}


def _build_directories(here: Path, pattern: str) -> Iterable[Path]:
    try:
        return [path for path in here.glob(pattern) if is_build_directory(path)]
    except OSError:
        return []


def of_command(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Place:
    """Where a command builds, as far as its words tell."""
    name, words = Path(command[0]).name, command[1:]
    if name == "cmake" and (build := arguments.cmake_build(words)):
        return of_cmake(build, folder, environ)
    if name in (*ninjas.NAMES, ninjas.SHIM, *programs.MAKES):
        parse = arguments.make if name in programs.MAKES else arguments.ninja
        return Place(folder=folder / (_folder(parse, words) or "."))
    return Place(folder=folder if is_build_directory(folder) else None)


def _folder(parse: Callable[[Sequence[str]], Arguments], words: Sequence[str]) -> str | None:
    try:
        return parse(words).folder
    except ValueError:
        return None  # a width that is no number: the driver itself will say so


def of_cmake(asked: Arguments, folder: Path, environ: Mapping[str, str]) -> Place:
    """Of `cmake --build`: its folder or its preset's; what is wrong there, cmake will say."""
    if asked.folder is not None:
        return Place(folder=folder / asked.folder, jobs=asked.jobs)
    if asked.preset is None:
        return Place(jobs=asked.jobs)
    from ninjapool.project.presets import read_presets  # noqa: PLC0415 - 25 ms, and few name one

    try:
        presets = read_presets(folder, environ)
        build = presets.build(asked.preset)
        binary = presets.configure(build.configure).binary_dir if build.configure else None
    except NinjapoolError:
        return Place(jobs=asked.jobs)
    return Place(folder=binary, jobs=build.jobs if asked.jobs is None else asked.jobs)
