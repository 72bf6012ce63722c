"""Finds all preset files of a source tree by following their includes. Knows no inheritance."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ninjapool.paths import is_file, is_folder, normal
from ninjapool.project.presets.files import PresetFile, read_preset_file
from ninjapool.project.presets.macros import MacroError, Macros, expand_include

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PROJECT_FILE = "CMakePresets.json"
USER_FILE = "CMakeUserPresets.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The preset files of a source tree, and which of them see which."""

    source: Path
    files: tuple[PresetFile, ...]
    """Each file once, those that are included before the one that includes them."""
    reach: Mapping[Path, frozenset[Path]]
    """The files whose presets the presets of a file may inherit from."""
    env: Mapping[str, str]

    def home(self, name: str) -> PresetFile | None:
        """The file that holds the configure preset."""
        return next((file for file in self.files if name in file.configure), None)


def read_graph(source: Path, env: Mapping[str, str], file: Path | None = None) -> Graph:
    """Reads both preset files of `source`, or only `file`, with all that they include.

    Raises FileError where cmake would refuse the files.
    """
    source = normal(source)
    reader = _Reader(source=source, env=env)
    user, project = source / USER_FILE, source / PROJECT_FILE
    found = [normal(file)] if file else [path for path in (user, project) if _exists(path)]
    for first in found[:1]:
        reader.read(first, ())
    _refuse_duplicates(reader.files)
    return Graph(source=source, files=tuple(reader.files.values()), reach=reader.reach, env=env)


def _exists(path: Path) -> bool:
    return is_file(path) or is_folder(path)


def plain_macros(source: Path, file: PresetFile) -> dict[str, str]:
    """The macros that mean the same in all presets of a file."""
    return {
        "sourceDir": source.as_posix(),
        "sourceParentDir": source.parent.as_posix(),
        "sourceDirName": source.name,
        "fileDir": file.path.parent.as_posix(),
        "hostSystemName": platform.system(),
        "dollar": "$",
        "pathListSep": os.pathsep,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Reads each file once, however often it is included."""

    source: Path
    env: Mapping[str, str]
    files: dict[Path, PresetFile] = field(default_factory=dict)
    reach: dict[Path, frozenset[Path]] = field(default_factory=dict)

    def read(self, path: Path, above: tuple[Path, ...]) -> frozenset[Path]:
        """The files that this one reaches; `above` are those that led here."""
        if path in self.reach:
            return self.reach[path]
        file = read_preset_file(path)
        reach = {path}
        for written, include in self._includes(file):
            if include in (*above, path):
                raise file.error(f"includes {include} in a circle", near=written)
            if not is_file(include):
                raise file.error(
                    f"includes {include}, which is not there",
                    near=written,
                    hint="until it does, cmake refuses every preset of the project",
                )
            reach |= self.read(include, (*above, path))
        self.files[path] = file
        self.reach[path] = frozenset(reach)
        return self.reach[path]

    def _includes(self, file: PresetFile) -> list[tuple[str, Path]]:
        """The files that it includes, each with the text that says so."""
        found = [(text, self._expand(file, text)) for text in file.includes]
        project = self.source / PROJECT_FILE
        # The user's file includes the project's without saying so.
        if file.path == self.source / USER_FILE and is_file(project):
            found.insert(0, ("include", project))
        return found

    def _expand(self, file: PresetFile, text: str) -> Path:
        values = plain_macros(self.source, file)
        macros = Macros(version=file.version, values=values, parent=self.env)
        try:
            expanded = expand_include(text, macros)
        except MacroError as error:
            raise file.error(str(error), near=text) from error
        return normal(file.path.parent / expanded)


def _refuse_duplicates(files: Mapping[Path, PresetFile]) -> None:
    home: dict[str, PresetFile] = {}
    for file in files.values():
        for name in file.configure:
            if name in home:
                raise file.error(f'preset "{name}" is already in {home[name].path}', near=name)
            home[name] = file
