"""Expands the macros of CMake presets. Knows neither files nor inheritance."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# A "$" that begins no macro takes the next character with it, so "$$env{A}" stays as it is:
# cmake does the same.
_MACRO = re.compile(
    r"\$(?P<space>env|penv|vendor|)\{(?P<name>[^}]*)(?P<end>\}?)|\$[^{]?", re.DOTALL
)

# cmake-presets(7), "Macro Expansion": the version of the format that brought each.
_SINCE = {"hostSystemName": 3, "fileDir": 4, "pathListSep": 5}
_PENV_SINCE_IN_INCLUDE = 7
_ALL_SINCE_IN_INCLUDE = 9


class MacroError(ValueError):
    """The text has a macro that cmake would not take; the message says which and why."""


@dataclass(slots=True, kw_only=True)
class Macros:
    """What each macro stands for in one preset (or, for an include, in one file)."""

    version: int
    values: Mapping[str, str]
    """`sourceDir`, `presetName`, ...: all macros without a namespace."""
    parent: Mapping[str, str]
    """The environment that cmake was started in: $penv{}."""
    environment: Mapping[str, str | None] = field(default_factory=dict)
    """The preset's own environment, not yet expanded: $env{} looks here first."""
    _active: list[str] = field(default_factory=list)

    def expand(self, text: str) -> str:
        """Raises MacroError."""
        return _MACRO.sub(self._replace, text)

    def env(self, name: str) -> str:
        """The value of $env{name}: the preset's, else that of the parent environment."""
        value = self.environment.get(name)
        if value is None:
            return self.parent.get(name, "")
        if name in self._active:
            chain = " -> ".join([*self._active, name])
            raise MacroError(f"environment variable {name} refers to itself ({chain})")
        self._active.append(name)
        try:
            return self.expand(value)
        finally:
            self._active.pop()

    def _replace(self, match: re.Match[str]) -> str:
        if match["name"] is None:
            return match[0]
        if not match["end"] or not match["name"]:
            raise MacroError(f"the macro {match[0]} has no name or no end")
        if match["space"] == "env":
            return self.env(match["name"])
        if match["space"] == "penv":
            return self.parent.get(match["name"], "")
        return self._plain(match)

    def _plain(self, match: re.Match[str]) -> str:
        name = match["name"]
        if match["space"] == "vendor" or name not in self.values:
            raise MacroError(f"unknown macro {match[0]}")
        if self.version < _SINCE.get(name, 0):
            raise MacroError(f"{match[0]} needs version {_SINCE[name]} of the format")
        return self.values[name]


def expand_include(text: str, macros: Macros) -> str:
    """An include's path: macros work there from version 7 ($penv) and 9 (most others)."""
    if macros.version < _PENV_SINCE_IN_INCLUDE:
        return text
    for match in _MACRO.finditer(text):
        if match["space"] == "env":
            raise MacroError(f"{match[0]} is not allowed in an include, $penv{{}} is")
        if match["space"] == "" and macros.version < _ALL_SINCE_IN_INCLUDE:
            raise MacroError(f"{match[0]} needs version {_ALL_SINCE_IN_INCLUDE} in an include")
    return macros.expand(text)
