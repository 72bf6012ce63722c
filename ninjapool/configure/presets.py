"""Which presets file is to be written, if any, and how to use it. Writes nothing itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.configure.command import FOLDER, cmake_word, make_program, shown
from ninjapool.configure.request import Step
from ninjapool.emit.cache import CACHE_SCRIPT, INCLUDE_VARIABLES
from ninjapool.emit.govern import Govern
from ninjapool.emit.presets import (
    NAME,
    BasePreset,
    PresetSettings,
    can_include,
    parse_ours,
    render_presets_file,
    render_user_presets,
)
from ninjapool.paths import exists
from ninjapool.project.presets.includes import PROJECT_FILE, USER_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ninjapool.configure.request import ConfigureRequest
    from ninjapool.project.presets import ConfigurePreset, Presets

_GOVERNED = f"${{sourceDir}}/{FOLDER}/{Govern.name}"
_PRESETS_SINCE = (3, 21)  # schema version 3
_FILE_SINCE = (4, 4)  # --presets-file


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetFiles:
    """The files to write, the steps that they allow, and what must be said."""

    files: Mapping[Path, str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    notices: tuple[str, ...] = ()


def preset_files(
    request: ConfigureRequest, presets: Presets, chosen: ConfigurePreset | None
) -> PresetFiles:
    """The presets `ninjapool`, derived from the chosen one, where they can be had.

    Anybody else's CMakeUserPresets.json is left as it is. A cmake that knows --presets-file then
    gets a file for that; without one there is still `cmake --preset YOURS -C`.
    """
    if not request.presets or request.cmake.numbers < _PRESETS_SINCE:
        return PresetFiles()
    if obstacle := _obstacle(request, presets, chosen):
        return PresetFiles(notices=(f"no preset {NAME} is written: {obstacle}",))
    settings = _settings(request, chosen)
    user = request.source / USER_FILE
    text = _read(user)
    ours = parse_ours(text) if text is not None else None
    if ours is not None or (text is None and not _is_conans(request.source)):
        steps = _steps(request, ())
        return PresetFiles(files={user: render_user_presets(settings, ours)}, steps=steps)
    return _way_round(request, presets, chosen, settings)


def _obstacle(
    request: ConfigureRequest, presets: Presets, chosen: ConfigurePreset | None
) -> str | None:
    user = request.source / USER_FILE
    for file in presets.graph.files:
        if file.path != user and NAME in (*file.configure, *file.build_names):
            return f"{shown(file.path)} has a preset of that name"
    if chosen and request.arguments.presets_file:
        return f"it could not inherit {chosen.name}, which only a --presets-file knows"
    if chosen and not can_include(_base(chosen)):
        return f"{chosen.name} leaves none of {' and '.join(INCLUDE_VARIABLES)} free"
    return None


def _way_round(
    request: ConfigureRequest,
    presets: Presets,
    chosen: ConfigurePreset | None,
    settings: PresetSettings,
) -> PresetFiles:
    notice = (
        f"{USER_FILE} is not ninjapool's and is left as it is; any preset takes the pools by "
        f"`cmake --preset NAME -C {shown(request.source / FOLDER / CACHE_SCRIPT)}`"
    )
    project = request.source / PROJECT_FILE
    reached = presets.graph.reach.get(project, frozenset())
    lost = chosen is not None and chosen.name != NAME and chosen.path not in reached
    if request.cmake.numbers < _FILE_SINCE or lost:
        return PresetFiles(notices=(notice,))
    path = request.source / FOLDER / "presets.json"
    includes = (f"../{PROJECT_FILE}",) if exists(project) else ()
    steps = _steps(request, ("--presets-file", f"{FOLDER}/{path.name}"))
    files = {path: render_presets_file(settings, includes)}
    return PresetFiles(files=files, steps=steps, notices=(notice,))


def _settings(request: ConfigureRequest, chosen: ConfigurePreset | None) -> PresetSettings:
    generator = request.project.generator
    inherited = chosen is not None and chosen.generator is not None
    said = request.arguments.generator
    known = generator.value if generator else "Ninja"
    return PresetSettings(
        base=_base(chosen),
        binary_dir=_said_folder(request),
        generator=said if said or inherited else known,
        make_program=_preset_program(request, chosen),
        jobs=request.width or 0,
        once_ours=(_GOVERNED, str(request.ninja.path)),
    )


def _preset_program(request: ConfigureRequest, chosen: ConfigurePreset | None) -> str | None:
    governed = request.govern is not None and request.govern.on
    return _GOVERNED if governed else make_program(request, chosen)


def _said_folder(request: ConfigureRequest) -> str | None:
    """-B, as a preset says it: from the source if it is below."""
    if request.project.build is None or not (request.build or request.arguments.build):
        return None
    build = Path(request.project.build)
    if build.is_relative_to(request.source):
        return f"${{sourceDir}}/{build.relative_to(request.source).as_posix()}"
    return build.as_posix()


def _base(chosen: ConfigurePreset | None) -> BasePreset | None:
    """What to inherit from; our own preset, chosen by name, is not a base of itself."""
    if chosen is None or chosen.name == NAME:
        return None
    variables = chosen.variables
    return BasePreset(
        name=chosen.name,
        binary_dir=chosen.binary_dir.as_posix() if chosen.binary_dir else None,
        includes={name: variables[name].value for name in INCLUDE_VARIABLES if name in variables},
    )


def _steps(request: ConfigureRequest, file: tuple[str, ...]) -> tuple[Step, ...]:
    preset = (*file, "--preset", NAME)
    cmake = cmake_word(request)
    commands = ((cmake, *preset), (cmake, "--build", *preset))
    folder = None if shown(request.source) == "." else request.source
    return (Step(what="or by preset", commands=commands, folder=folder),)


def _is_conans(source: Path) -> bool:
    """Conan writes CMakeUserPresets.json itself, but not where it finds one of somebody else."""
    return any(exists(source / name) for name in ("conanfile.py", "conanfile.txt"))


def _read(path: Path) -> str | None:
    """The text, None where there is no file; nothing of ours where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        return ""
