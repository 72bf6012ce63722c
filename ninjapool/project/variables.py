"""What each CMake variable will be at the next configure, and where that was learned.

Precedence as cmake has it: toolchain file, command line, preset, existing cache, environment.
What the project's own CMakeLists sets is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.errors import FileError
from ninjapool.model import Setting
from ninjapool.paths import is_file, normal, shown
from ninjapool.project.cache import read_entries
from ninjapool.project.language import Command, is_literal, parse_commands

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ninjapool.project.arguments import Arguments
    from ninjapool.project.presets import ConfigurePreset

# What cmake takes from the environment on the first configure: cmake-env-variables(7).
_FROM_ENVIRONMENT = {
    "CC": ("CMAKE_C_COMPILER",),
    "CXX": ("CMAKE_CXX_COMPILER",),
    "CUDACXX": ("CMAKE_CUDA_COMPILER",),
    "CFLAGS": ("CMAKE_C_FLAGS",),
    "CXXFLAGS": ("CMAKE_CXX_FLAGS",),
    "CUDAFLAGS": ("CMAKE_CUDA_FLAGS",),
    "LDFLAGS": (
        "CMAKE_EXE_LINKER_FLAGS",
        "CMAKE_SHARED_LINKER_FLAGS",
        "CMAKE_MODULE_LINKER_FLAGS",
    ),
    "CMAKE_BUILD_TYPE": ("CMAKE_BUILD_TYPE",),
    "CMAKE_CONFIGURATION_TYPES": ("CMAKE_CONFIGURATION_TYPES",),
    "CMAKE_GENERATOR": ("CMAKE_GENERATOR",),
    "CMAKE_TOOLCHAIN_FILE": ("CMAKE_TOOLCHAIN_FILE",),
}
# What ninjapool writes there is no wish of the user's.
_OUR_FOLDER = ".ninjapool"
# What a toolchain file is for; its other variables are its own affair.
_FROM_TOOLCHAIN = ("CMAKE_", "LLVM_", "BUILD_SHARED_LIBS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """The variables that are set from outside of the project."""

    settings: Mapping[str, Setting[str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def get(self, name: str) -> Setting[str] | None:
        return self.settings.get(name)

    def text(self, name: str) -> str:
        """The value, or the empty text that an unset variable is to CMake."""
        setting = self.settings.get(name)
        return setting.value if setting else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """All that may set a variable before the project does."""

    source: Path
    build: Path | None
    arguments: Arguments
    preset: ConfigurePreset | None
    env: Mapping[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """What cmake will see: the environment with the preset's own laid over it."""
        return {**self.env, **(self.preset.environment if self.preset else {})}


def read_variables(origins: Origins) -> Variables:
    """Raises FileError where a -C file or the toolchain file cannot be read."""
    cache: dict[str, Setting[str]] = {}
    if origins.build and not origins.arguments.fresh:
        cache.update(_from_cache(origins.build))
    if origins.preset:
        cache.update(_from_preset(origins.preset, origins.source))
    notes = _take_steps(origins.arguments, cache)
    if origins.arguments.toolchain:
        value = origins.arguments.toolchain
        cache["CMAKE_TOOLCHAIN_FILE"] = Setting(value=value, source=f"--toolchain {value}")
    settings = _from_environment(origins) | cache
    notes += _take_toolchain(origins, settings)
    return Variables(settings=settings, notes=tuple(notes))


def _from_environment(origins: Origins) -> dict[str, Setting[str]]:
    own = origins.preset.environment if origins.preset else {}
    settings = {}
    for name, targets in _FROM_ENVIRONMENT.items():
        value = origins.environment.get(name)
        where = "the preset's environment" if name in own else "the environment"
        if value:
            setting = Setting(value=value, source=f"{name} in {where}")
            settings.update(dict.fromkeys(targets, setting))
    return settings


def _from_cache(build: Path) -> Iterator[tuple[str, Setting[str]]]:
    source = f"{build.name}/CMakeCache.txt"
    for name, entry in read_entries(build).items():
        # What ninjapool wrote at an earlier configure is no wish of the user's.
        if not entry.ours:
            yield name, Setting(value=entry.value, source=source)


def _from_preset(preset: ConfigurePreset, source: Path) -> Iterator[tuple[str, Setting[str]]]:
    for name, variable in preset.variables.items():
        place = f"{shown(variable.path, source)}:{variable.line}"
        yield name, Setting(value=variable.value, source=f"preset {variable.preset} ({place})")
    place = f"preset {preset.name} ({shown(preset.path, source)}:{preset.line})"
    if preset.generator:
        yield "CMAKE_GENERATOR", Setting(value=preset.generator, source=place)
    if preset.toolchain:
        yield "CMAKE_TOOLCHAIN_FILE", Setting(value=preset.toolchain, source=place)


# ---------------------------------------------------------------- the command line


def _take_steps(arguments: Arguments, cache: dict[str, Setting[str]]) -> list[str]:
    """Changes the cache as cmake does, one argument after the other; returns notes."""
    notes = []
    for step in arguments.steps:
        if step.kind == "define":
            cache[step.name] = Setting(value=step.value, source=step.text)
        elif step.kind == "undefine":
            for name in [name for name in cache if fnmatchcase(name, step.name)]:
                del cache[name]
        elif normal(Path(step.name)).parent.name != _OUR_FOLDER:
            notes.append(_take_script(Path(step.name), cache))
    if arguments.generator:
        generator = arguments.generator
        cache["CMAKE_GENERATOR"] = Setting(value=generator, source=f"-G {generator}")
    return notes


def _take_script(path: Path, cache: dict[str, Setting[str]]) -> str:
    """A -C file: its plain set(... CACHE ...) lines, which give way to what is set already."""
    unread = 0
    for command in _script(path, "-C"):
        if command.name != "set" or "CACHE" not in command.args[2:]:
            continue
        at = command.args.index("CACHE", 2)
        value, kind = ";".join(command.args[1:at]), command.args[at + 1 :]
        if command.nested or not is_literal(value):
            unread += 1
        elif command.args[0] not in cache or "FORCE" in kind:
            source = f"-C {path.name}:{command.line}"
            cache[command.args[0]] = Setting(value=value, source=source)
    skipped = f"; {unread} of its settings are computed and were left out" if unread else ""
    return f"-C {path.name} was read, not run{skipped}"


def _script(path: Path, option: str) -> list[Command]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        hint = f"cmake's {option} names it"
        raise FileError(path, f"cannot be read: {error.strerror}", hint=hint) from error
    return list(parse_commands(text))


# ---------------------------------------------------------------- the toolchain file


def _take_toolchain(origins: Origins, settings: dict[str, Setting[str]]) -> list[str]:
    """The plain set() lines of the toolchain file, which hide what the cache says."""
    given = settings.get("CMAKE_TOOLCHAIN_FILE")
    if given is None or not given.value:
        return []
    path = _toolchain_path(origins, given.value)
    if path is None:
        return [f"toolchain file {given.value} was not found ({given.source})"]
    for command in _script(path, "--toolchain"):
        name = command.args[0] if command.args else ""
        plain = command.name == "set" and not command.nested and len(command.args) >= 2
        if plain and name.startswith(_FROM_TOOLCHAIN) and is_literal(" ".join(command.args)):
            _hide(settings, name, command, path)
    return [f"toolchain file {path.name} was read, not run"]


def _hide(settings: dict[str, Setting[str]], name: str, command: Command, path: Path) -> None:
    values, cached = command.args[1:], False
    if "CACHE" in values:
        values, cached = values[: values.index("CACHE")], "FORCE" not in values
    if not (cached and name in settings):
        source = f"{path.name}:{command.line}"
        settings[name] = Setting(value=";".join(values), source=source)


def _toolchain_path(origins: Origins, value: str) -> Path | None:
    """A relative path is looked for from here, in the build folder, then in the source folder."""
    folders = [Path(), *([origins.build] if origins.build else []), origins.source]
    return next((path for folder in folders if is_file(path := folder / value)), None)
