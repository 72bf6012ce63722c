"""Puts a configure preset together from what it inherits, and expands it. Opens no file."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ninjapool.errors import UsageError
from ninjapool.paths import normal
from ninjapool.project.presets.includes import plain_macros
from ninjapool.project.presets.macros import MacroError, Macros

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ninjapool.project.presets.files import PresetFile
    from ninjapool.project.presets.includes import Graph

_NOT_INHERITED = {"name", "hidden", "inherits", "description", "displayName"}
_MERGED = ("cacheVariables", "environment")


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetVariable:
    """A cache variable of a preset, expanded, with the place where its value is written."""

    value: str
    preset: str
    """The preset that gives the value: the one asked for, or one that it inherits from."""
    path: Path
    line: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurePreset:
    """A configure preset with all that it inherits, its macros expanded."""

    name: str
    path: Path
    line: int | None
    inherits: tuple[str, ...]
    generator: str | None
    binary_dir: Path | None
    """Absolute; None where the preset leaves it to -B."""
    toolchain: str | None
    variables: Mapping[str, PresetVariable]
    environment: Mapping[str, str]
    condition: Any
    """As it is written: null, a boolean or an object; nothing is made of it."""
    vendor: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Merged:
    """A preset with what it inherits, unexpanded; each variable with the preset it comes from."""

    file: PresetFile
    fields: dict[str, Any]
    maps: dict[str, dict[str, tuple[Any, str]]]


def configure(graph: Graph, name: str) -> ConfigurePreset:
    """Raises UsageError if there is no such preset to use, FileError if it is broken."""
    file = graph.home(name)
    if file is None:
        raise UsageError(f"no configure preset is called {name!r}", hint=_known(graph, name))
    if file.configure[name].get("hidden"):
        raise UsageError(f"preset {name!r} is hidden, so it can only be inherited from")
    merged = _merge(graph, name, (), {})
    try:
        return _expand(graph, merged, name)
    except MacroError as error:
        raise file.error(f'preset "{name}": {error}', near=name) from error


def visible(graph: Graph) -> tuple[str, ...]:
    """The configure presets that can be used, so not the hidden ones."""
    presets = (item for file in graph.files for item in file.configure.items())
    return tuple(name for name, preset in presets if not preset.get("hidden"))


def _known(graph: Graph, name: str) -> str:
    names = visible(graph)
    if not names:
        return f"{graph.source} has no configure presets"
    return f"there is {', '.join(get_close_matches(name, names) or names)}"


# ---------------------------------------------------------------- merging


def _merge(graph: Graph, name: str, above: tuple[str, ...], done: dict[str, _Merged]) -> _Merged:
    """What is nearest wins: the preset itself, then its parents from the first to the last."""
    if name in done:
        return done[name]
    file = graph.home(name)
    assert file is not None, "the caller has looked it up"
    own = file.configure[name]
    fields = {key: value for key, value in own.items() if key not in _NOT_INHERITED}
    maps = {key: {k: (v, name) for k, v in (own.get(key) or {}).items()} for key in _MERGED}
    for parent in _inherits(own):
        _check_parent(graph, file, parent, (*above, name))
        merged = _merge(graph, parent, (*above, name), done)
        fields = {**merged.fields, **fields}
        maps = {key: {**merged.maps[key], **maps[key]} for key in _MERGED}
    done[name] = _Merged(file=file, fields=fields, maps=maps)
    return done[name]


def _inherits(preset: Mapping[str, Any]) -> tuple[str, ...]:
    inherits = preset.get("inherits") or []
    return (inherits,) if isinstance(inherits, str) else tuple(inherits)


def _check_parent(graph: Graph, file: PresetFile, parent: str, above: tuple[str, ...]) -> None:
    name, home = above[-1], graph.home(parent)
    if home is None:
        message = f'preset "{name}" inherits from "{parent}", which does not exist'
        close = get_close_matches(parent, [known for f in graph.files for known in f.configure])
        raise file.error(message, near=name, hint=f"did you mean {close[0]}?" if close else "")
    if parent in above:
        raise file.error(f'preset "{name}" inherits from itself in a circle', near=name)
    if home.path not in graph.reach[file.path]:
        message = f'preset "{name}" inherits from "{parent}", which it cannot reach'
        raise file.error(message, near=name, hint=f"include {home.path} in this file")


# ---------------------------------------------------------------- expanding


def _expand(graph: Graph, merged: _Merged, name: str) -> ConfigurePreset:
    file, fields = merged.file, merged.fields
    macros = _macros(graph, merged, name)
    directory, toolchain = fields.get("binaryDir"), fields.get("toolchainFile")
    environment = [key for key, value in macros.environment.items() if value is not None]
    return ConfigurePreset(
        name=name,
        path=file.path,
        line=file.line(name),
        inherits=_inherits(file.configure[name]),
        generator=fields.get("generator"),
        binary_dir=normal(graph.source / macros.expand(directory)) if directory else None,
        toolchain=macros.expand(toolchain) if toolchain else None,
        variables=_variables(graph, merged, macros),
        environment={key: macros.env(key) for key in environment},
        condition=fields.get("condition"),
        vendor=fields.get("vendor") or {},
    )


def _macros(graph: Graph, merged: _Merged, name: str) -> Macros:
    # Inherited text, too, is expanded as if it stood here: cmake gives ${presetName} and
    # ${fileDir} the values of the preset that is used.
    values = plain_macros(graph.source, merged.file)
    values |= {"presetName": name, "generator": merged.fields.get("generator") or ""}
    environment = {key: value for key, (value, _) in merged.maps["environment"].items()}
    version = merged.file.version
    return Macros(version=version, values=values, parent=graph.env, environment=environment)


def _variables(graph: Graph, merged: _Merged, macros: Macros) -> dict[str, PresetVariable]:
    variables = {}
    for key, (raw, origin) in merged.maps["cacheVariables"].items():
        value = raw.get("value") if isinstance(raw, dict) else raw
        file = graph.home(origin)
        # null: the variable is not set here, although a parent sets it.
        if value is None or file is None:
            continue
        variables[key] = PresetVariable(
            value=str(value).upper() if isinstance(value, bool) else macros.expand(value),
            preset=origin,
            path=file.path,
            line=file.line(origin),
        )
    return variables
