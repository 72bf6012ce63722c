"""Reads single CMake preset files, strictly in shape. Knows no inheritance and no include."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from ninjapool.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

T = TypeVar("T")

_INCLUDE_SINCE = 4
_STRING_OR_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_NO_COMMENTS = 'JSON has no comments; from version 10 there is "$comment"'
_KINDS = {
    dict: "an object",
    list: "a list",
    str: "a string",
    int: "a number",
    bool: "true or false",
}
_FIELDS: dict[str, type] = {
    "generator": str,
    "binaryDir": str,
    "configurePreset": str,
    "jobs": int,
    "toolchainFile": str,
    "displayName": str,
    "hidden": bool,
    "cacheVariables": dict,
    "environment": dict,
    "vendor": dict,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetFile:
    """One file as it is written: nothing inherited, nothing expanded."""

    path: Path
    version: int
    vendor: Mapping[str, Any]
    """The keys say whose file it is: `conan`, `ninjapool`, an editor."""
    includes: tuple[str, ...]
    configure: Mapping[str, Mapping[str, Any]]
    """The configure presets by name."""
    build: Mapping[str, Mapping[str, Any]]
    """The build presets by name."""
    commented: bool
    """Comments in JSON: CMake took them up to 4.0 and refuses them from 4.1."""
    text: str

    @property
    def build_names(self) -> tuple[str, ...]:
        return tuple(self.build)

    def line(self, name: str) -> int | None:
        """Where the preset (or anything else that is called so) stands first."""
        return _line(self.text, name)

    def error(self, message: str, *, near: str, hint: str = "") -> FileError:
        return FileError(self.path, message, line=self.line(near), hint=hint)


def read_preset_file(path: Path) -> PresetFile:
    """Raises FileError where cmake could not use the file either."""
    try:
        # cmake skips a byte order mark, so do we.
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FileError(path, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FileError(path, "cannot be read: it is not UTF-8") from error
    return parse_preset_file(path, text)


def parse_preset_file(path: Path, text: str) -> PresetFile:
    """As `read_preset_file`; the path is only named."""
    data, commented = _json(path, text)
    shape = _Shape(path=path, text=text)
    version = shape.get(data, "version", int)
    if version is None or version < 1:
        raise FileError(path, 'has no "version"', line=1, hint='begin it with "version": 4')
    includes = shape.get(data, "include", list) or []
    if includes and version < _INCLUDE_SINCE:
        shape.fail("include", f'"include" needs version {_INCLUDE_SINCE}, this is {version}')
    return PresetFile(
        path=path,
        version=version,
        vendor=shape.get(data, "vendor", dict) or {},
        includes=shape.strings(includes, "include"),
        configure=shape.presets(data, "configurePresets"),
        build=shape.presets(data, "buildPresets"),
        commented=commented,
        text=text,
    )


def _json(path: Path, text: str) -> tuple[dict[str, Any], bool]:
    """The root object, and whether comments had to be taken out."""
    plain = _STRING_OR_COMMENT.sub(_blank_comment, text)
    try:
        root = json.loads(plain)
    except RecursionError as error:
        raise FileError(path, "is nested too deeply") from error
    except json.JSONDecodeError as error:
        hint = _NO_COMMENTS if plain != text else ""
        if _is_trailing_comma(plain, error.pos):
            hint = "remove the comma before the closing bracket"
        message = f"is no valid JSON: {error.msg}"
        raise FileError(path, message, line=error.lineno, hint=hint) from error
    if not isinstance(root, dict):
        raise FileError(path, "is no JSON object", line=1)
    return root, plain != text


def _blank_comment(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith('"') else re.sub(r"[^\n]", " ", match[0])


def _is_trailing_comma(text: str, position: int) -> bool:
    # Python 3.13 points at the comma, older ones at what follows it.
    before, after = text[:position].rstrip(), text[position:].lstrip()
    return bool(re.match(r",\s*[}\]]", after) or (before.endswith(",") and after[:1] in "}]"))


def _line(text: str, name: str) -> int | None:
    quoted = re.escape(json.dumps(name, ensure_ascii=False))
    for pattern in (rf'"name"\s*:\s*{quoted}', quoted):
        if match := re.search(pattern, text):
            return text.count("\n", 0, match.start()) + 1
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """Takes values out of parsed JSON and says where one is of the wrong kind."""

    path: Path
    text: str

    def fail(self, near: str, message: str) -> NoReturn:
        raise FileError(self.path, message, line=_line(self.text, near))

    def get(self, data: Mapping[str, Any], key: str, kind: type[T], where: str = "") -> T | None:
        value = data.get(key)
        if value is None:
            return None
        # To Python a boolean is a number, to JSON it is not.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.fail(data.get("name", key), f'{where}"{key}" must be {_KINDS[kind]}')
        return value

    def strings(self, values: list[Any], key: str, where: str = "") -> tuple[str, ...]:
        if not all(isinstance(value, str) for value in values):
            self.fail(key, f'{where}"{key}" must hold strings only')
        return tuple(values)

    def presets(self, data: Mapping[str, Any], key: str) -> dict[str, dict[str, Any]]:
        named: dict[str, dict[str, Any]] = {}
        for preset in self.get(data, key, list) or []:
            name = preset.get("name") if isinstance(preset, dict) else None
            if not isinstance(name, str) or not name:
                self.fail(key, f'each of "{key}" must be an object with a "name"')
            if name in named:
                self.fail(name, f'two of "{key}" are called "{name}"')
            named[name] = preset
            self._check(preset, f'preset "{name}": ')
        return named

    def _check(self, preset: Mapping[str, Any], where: str) -> None:
        for key, kind in _FIELDS.items():
            self.get(preset, key, kind, where)
        if not isinstance(preset.get("inherits"), str):
            self.strings(self.get(preset, "inherits", list, where) or [], "inherits", where)
        for key, value in (preset.get("cacheVariables") or {}).items():
            plain = value.get("value") if isinstance(value, dict) else value
            if value is not None and not isinstance(plain, (str, bool)):
                self.fail(key, f"{where}{key} must be a string, true, false or null")
        for key, value in (preset.get("environment") or {}).items():
            if value is not None and not isinstance(value, str):
                self.fail(key, f"{where}{key} must be a string or null")
