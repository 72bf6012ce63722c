"""CMakeUserPresets.json and its like, with a preset `ninjapool` to configure and to build.

Knows which presets are ours and never touches others; not how a base preset was found or expanded.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ninjapool.emit.cache import HOOK, INCLUDE_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "ninjapool"
"""The name of both presets, and of the mark in `vendor`, the one place where every schema version
lets a tool sign."""

_MARK = {"note": "`ninjapool configure` updates the two presets named ninjapool and keeps the rest"}
_DEFAULTS = {"generator": "Ninja", "binaryDir": "${sourceDir}/build"}
_INLINE_VERSION = 3  # CMake 3.21, and what IDEs read; a file of ours may have been raised since
_INCLUDE_VERSION = 4  # the first with `include`


@dataclass(frozen=True, slots=True, kw_only=True)
class BasePreset:
    """The preset that `ninjapool` inherits from."""

    name: str
    binary_dir: str | None = None
    """Expanded: the same text may mean another folder in a child, as ${presetName} does."""
    includes: Mapping[str, str] = field(default_factory=dict)
    """What it sets of INCLUDE_VARIABLES, itself or by inheritance: a child would replace it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetSettings:
    """What the presets must say; None where the user said nothing."""

    base: BasePreset | None = None
    binary_dir: str | None = None
    generator: str | None = None
    make_program: str | None = None
    """What to take for ninja: the governed one, or the package's where none is on PATH."""
    jobs: int = 0
    """Of the build preset; 0 undoes an inherited figure, so that ninja takes its own."""
    once_ours: tuple[str, ...] = ()
    """Values that we have written for it before: they are no wish of a person's."""


def parse_ours(text: str) -> dict[str, Any] | None:
    """A presets file that carries our mark; None for anybody else's, and for what is none."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or NAME not in _mapping(document.get("vendor")):
        return None
    lists = [document.get(kind, []) for kind in ("configurePresets", "buildPresets")]
    return document if all(_is_preset_list(value) for value in lists) else None


def render_user_presets(settings: PresetSettings, ours: Mapping[str, Any] | None = None) -> str:
    """CMakeUserPresets.json: new, or `ours` with our two presets brought up to date.

    What a person has added to the file, or changed in our presets, stays.
    """
    start = {"version": _INLINE_VERSION, "vendor": {NAME: _MARK}}
    return _render(settings, {**start, **(ours or {})})


def render_presets_file(settings: PresetSettings, includes: tuple[str, ...]) -> str:
    """A file for `cmake --presets-file` (CMake 4.4); `includes` are paths seen from its folder."""
    start: dict[str, Any] = {"version": _INCLUDE_VERSION, "vendor": {NAME: _MARK}}
    return _render(settings, {**start, "include": list(includes)} if includes else start)


def can_include(base: BasePreset | None) -> bool:
    """Whether one of INCLUDE_VARIABLES, which hold one file each, is left free by `base`."""
    return base is None or not all(base.includes.get(name) for name in INCLUDE_VARIABLES)


def _render(settings: PresetSettings, document: dict[str, Any]) -> str:
    configure = document.get("configurePresets", [])
    build = document.get("buildPresets", [])
    presets = {
        "configurePresets": _replaced(configure, _configure_preset(settings, _ours(configure))),
        "buildPresets": _replaced(build, _build_preset(settings, _ours(build))),
    }
    return json.dumps({**document, **presets}, indent=2, ensure_ascii=False) + "\n"


def _configure_preset(settings: PresetSettings, old: Mapping[str, Any]) -> dict[str, Any]:
    said = {"generator": settings.generator, "binaryDir": settings.binary_dir}
    return {
        "name": NAME,
        "displayName": "Job pools sized by ninjapool",
        **(_DEFAULTS if settings.base is None and "inherits" not in old else {}),
        **old,
        **_from_base(settings.base),
        **{key: value for key, value in said.items() if value is not None},
        "cacheVariables": _cache_variables(settings, old),
    }


def _from_base(base: BasePreset | None) -> dict[str, str]:
    if base is None:
        return {}
    own = {"inherits": base.name}
    return own if base.binary_dir is None else {**own, "binaryDir": base.binary_dir}


def _cache_variables(settings: PresetSettings, old: Mapping[str, Any]) -> dict[str, Any]:
    others = {
        name: value
        for name, value in _mapping(old.get("cacheVariables")).items()
        if not _is_ours(name, str(value), settings)
    }
    taken = {**(settings.base.includes if settings.base else {}), **others}
    free = next((name for name in INCLUDE_VARIABLES if not taken.get(name)), INCLUDE_VARIABLES[0])
    program = {"CMAKE_MAKE_PROGRAM": settings.make_program} if settings.make_program else {}
    return {**program, **others, free: f"${{sourceDir}}/.ninjapool/{HOOK}"}


def _is_ours(name: str, value: str, settings: PresetSettings) -> bool:
    if name == "CMAKE_MAKE_PROGRAM":
        return value in settings.once_ours
    return name in INCLUDE_VARIABLES and value.endswith(HOOK)


def _build_preset(settings: PresetSettings, old: Mapping[str, Any]) -> dict[str, Any]:
    """The empty level is for builds inside the build.

    A level in the environment of `cmake --build` itself is read before the preset, and no preset
    can undo it (tried with CMake 3.21 to 4.4).
    """
    level = {"CMAKE_BUILD_PARALLEL_LEVEL": ""}
    jobs = _jobs(settings, old)
    others = {key: value for key, value in old.items() if key not in ("jobs", "vendor")}
    fresh = {"name": NAME, "configurePreset": NAME, "jobs": jobs, "environment": level}
    return {**fresh, **others, **_signed(settings, old, jobs)}


def _jobs(settings: PresetSettings, old: Mapping[str, Any]) -> object:
    """A person's own stay; those that we wrote go once they are not wanted."""
    found = old.get("jobs")
    return settings.jobs if not found or found == _written(old) else found


def _written(old: Mapping[str, Any]) -> object:
    return _mapping(_mapping(old.get("vendor")).get(NAME)).get("jobs")


def _signed(settings: PresetSettings, old: Mapping[str, Any], jobs: object) -> dict[str, Any]:
    """With the jobs that we wrote, so that the next configure can tell them from a person's."""
    vendor = {key: value for key, value in _mapping(old.get("vendor")).items() if key != NAME}
    if settings.jobs and jobs == settings.jobs:
        vendor[NAME] = {"jobs": jobs}
    return {"vendor": vendor} if vendor else {}


def _ours(presets: list[dict[str, Any]]) -> dict[str, Any]:
    return next((preset for preset in presets if preset.get("name") == NAME), {})


def _replaced(presets: list[dict[str, Any]], ours: dict[str, Any]) -> list[dict[str, Any]]:
    if not _ours(presets):
        return [*presets, ours]
    return [ours if preset.get("name") == NAME else preset for preset in presets]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_preset_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(preset, dict) for preset in value)
