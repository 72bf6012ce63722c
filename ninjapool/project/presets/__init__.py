"""Reads CMakePresets.json and CMakeUserPresets.json as cmake does: includes, inheritance, macros.

Conditions are kept, not judged. Of build presets only their width and place are read; test,
package and workflow presets are not looked at.
Measured against CMake 3.21 to 4.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ninjapool.project.presets.building import BuildPreset, build_preset
from ninjapool.project.presets.files import PresetFile
from ninjapool.project.presets.includes import PROJECT_FILE, USER_FILE, Graph, read_graph
from ninjapool.project.presets.inheritance import (
    ConfigurePreset,
    PresetVariable,
    configure,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "BuildPreset",
    "ConfigurePreset",
    "PresetFile",
    "PresetVariable",
    "Presets",
    "read_presets",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presets:
    """All preset files of a source tree."""

    graph: Graph

    @property
    def project(self) -> PresetFile | None:
        """CMakePresets.json, where it exists."""
        return self._file(PROJECT_FILE)

    @property
    def user(self) -> PresetFile | None:
        """CMakeUserPresets.json, where it exists."""
        return self._file(USER_FILE)

    @property
    def names(self) -> tuple[str, ...]:
        """The configure presets that can be used, so not the hidden ones."""
        return visible(self.graph)

    @property
    def notes(self) -> tuple[str, ...]:
        """What will hurt later, one sentence each."""
        return tuple(
            f"{file.path.name} has comments, which CMake 4.1 and newer refuse"
            for file in self.graph.files
            if file.commented
        )

    def configure(self, name: str) -> ConfigurePreset:
        """The configure preset `name`, inherited and expanded.

        Raises UsageError if there is no such preset to use, FileError if it is broken.
        """
        return configure(self.graph, name)

    def build(self, name: str) -> BuildPreset:
        """The build preset `name`. Raises UsageError if there is no such preset to use."""
        return build_preset(self.graph, name)

    def _file(self, name: str) -> PresetFile | None:
        path = self.graph.source / name
        return next((file for file in self.graph.files if file.path == path), None)


def read_presets(source: Path, env: Mapping[str, str], file: Path | None = None) -> Presets:
    """The presets that `cmake -S source` sees; with `file`, those of its --presets-file (4.4).

    Raises FileError, with the line, where cmake would refuse the files.
    """
    return Presets(graph=read_graph(source, env, file))
