"""Reads a source tree's CMakeLists.txt: is it LLVM, what is it called, which languages.

A reading, not a run: no condition is judged and no variable set; what hangs on one is not seen.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ninjapool.errors import SourceError
from ninjapool.model import Setting
from ninjapool.paths import is_file, is_folder, normal, shown
from ninjapool.project.language import Command, is_literal, parse_commands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST_FILES = 200
_DEEPEST = 2
_MODULE_FOLDERS = ("cmake", "cmake/modules", "cmake/Modules", "CMake", "Modules")
_FOLDER_VARIABLE = re.compile(r"\$\{(CMAKE_CURRENT_LIST_DIR|\w*_SOURCE_DIR)\}")
# LLVM's subprojects that can be configured by themselves, by the names of their project() calls.
_STANDALONE = {"bolt", "clang", "flang", "lld", "lldb", "mlir", "polly"}
_NO_LANGUAGE = {"NONE", "LANGUAGES", "OPTIONAL"}
_PROJECT_OPTIONS = {"VERSION", "DESCRIPTION", "HOMEPAGE_URL", "COMPAT_VERSION", "SPDX_LICENSE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """What the CMakeLists.txt of a source tree, and those next to it, say."""

    source: Path
    name: str
    llvm: bool = False
    languages: tuple[str, ...] = ()
    subprojects: tuple[str, ...] = ()
    """LLVM subprojects that the tree itself is or builds upon: ("flang",)."""
    all_projects: tuple[str, ...] = ()
    """What LLVM_ENABLE_PROJECTS=all stands for, in LLVM's own tree."""
    defaults: dict[str, Setting[str]] = field(default_factory=dict)
    """Plain values that the tree sets for variables of interest, perhaps under a condition."""
    refuses_no_build_type: bool = False
    """LLVM since 16: no CMAKE_BUILD_TYPE, no configure."""


def find_source(source: Path) -> Path:
    """The folder that cmake is to be given: `source`, or its llvm/ in LLVM's repository.

    Raises SourceError where there is no CMakeLists.txt.
    """
    if is_file(source / "CMakeLists.txt"):
        return source
    if is_file(source / "llvm" / "CMakeLists.txt"):
        return source / "llvm"
    if not is_folder(source):
        raise SourceError(
            f"{source} is no folder that can be entered",
            hint="give the folder of the CMakeLists.txt",
        )
    raise SourceError(f"{source} has no CMakeLists.txt", hint=_hint(source))


def _hint(source: Path) -> str:
    if is_file(source / "CMakeCache.txt"):
        return "it is a build directory: give the source folder, and this one with -B"
    try:
        near = sorted(path.parent.name for path in source.glob("*/CMakeLists.txt"))
    except OSError:
        near = []
    if near:
        return f"did you mean {source / near[0]}?"
    return "give the folder of the project's top CMakeLists.txt"


def read_tree(source: Path) -> Tree:
    """Reads the top CMakeLists.txt and what it includes, to a small depth."""
    scan = _Scan(source=source)
    scan.run()
    name = scan.name or source.name
    standalone = {name.lower()} & _STANDALONE if scan.llvm else set()
    return Tree(
        source=source,
        name=name,
        llvm=scan.llvm,
        languages=tuple(dict.fromkeys(scan.languages)),
        subprojects=tuple(sorted(standalone | scan.packages)) if scan.llvm else (),
        all_projects=scan.all_projects,
        defaults=scan.defaults,
        refuses_no_build_type=scan.refuses_no_build_type,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A file to read, and what CMAKE_CURRENT_SOURCE_DIR is in it."""

    path: Path
    folder: Path
    depth: int = 0


@dataclass(slots=True, kw_only=True)
class _Scan:
    """Breadth first through the files, so that the top one is always read."""

    source: Path
    name: str = ""
    llvm: bool = False
    languages: list[str] = field(default_factory=list)
    packages: set[str] = field(default_factory=set)
    all_projects: tuple[str, ...] = ()
    defaults: dict[str, Setting[str]] = field(default_factory=dict)
    refuses_no_build_type: bool = False
    _queue: deque[_Place] = field(default_factory=deque)
    _seen: set[Path] = field(default_factory=set)

    def run(self) -> None:
        self._add(_Place(path=self.source / "CMakeLists.txt", folder=self.source))
        while self._queue:
            place = self._queue.popleft()
            conditions: list[str] = []
            for command in _commands(place.path):
                if command.name == "if":
                    conditions.append(" ".join(command.args))
                elif command.name == "endif" and conditions:
                    conditions.pop()
                else:
                    self._take(command, place, conditions[-1] if conditions else "")

    def _add(self, place: _Place) -> None:
        known = place.path in self._seen or len(self._seen) >= _MOST_FILES
        if not known and place.depth <= _DEEPEST and is_file(place.path):
            self._seen.add(place.path)
            self._queue.append(place)

    def _take(self, command: Command, place: _Place, condition: str) -> None:
        name, args = command.name, command.args or ("",)
        if name == "include":
            self._include(args[0], place)
        elif name == "add_subdirectory":
            folder = self._expand(args[0], place)
            if folder is not None:
                path = folder / "CMakeLists.txt"
                self._add(_Place(path=path, folder=folder, depth=place.depth + 1))
        elif name == "project":
            self._project(args)
        elif name == "enable_language":
            self.languages.append(args[0])
        elif name == "find_package" and args[0] == "MLIR":
            self.packages.add("mlir")
        elif name == "message" and args[0] == "FATAL_ERROR":
            self.refuses_no_build_type |= "No build type selected" in " ".join(args)
        else:
            self._take_value(command, place, condition)

    def _take_value(self, command: Command, place: _Place, condition: str) -> None:
        name, args = command.name, command.args
        if name == "set_property" and args[:1] == ("GLOBAL",) and "JOB_POOLS" in args:
            pools = ";".join(args[args.index("JOB_POOLS") + 1 :])
            self._default("JOB_POOLS", pools, command, place)
        elif name == "set" and len(args) >= 2 and is_literal(args[1]):
            if args[0] == "LLVM_ALL_PROJECTS":
                self.all_projects = tuple(args[1].split(";"))
            elif _is_fallback(command, condition):
                self._default(args[0], args[1], command, place)

    def _default(self, name: str, value: str, command: Command, place: _Place) -> None:
        source = f"{shown(place.path, self.source)}:{command.line}"
        self.defaults.setdefault(name, Setting(value=value, source=source))

    def _project(self, args: tuple[str, ...]) -> None:
        if not self.name:
            self.name = args[0] if is_literal(args[0]) else self.source.name
            self.languages += _languages(args[1:])

    def _include(self, name: str, place: _Place) -> None:
        if name.removesuffix(".cmake").endswith("HandleLLVMOptions"):
            self.llvm = True
            return
        if "/" in name or name.endswith(".cmake"):
            path = self._expand(name, place)
            paths = [path] if path else []
        else:
            paths = [self.source / folder / f"{name}.cmake" for folder in _MODULE_FOLDERS]
        for path in paths:
            self._add(_Place(path=path, folder=place.folder, depth=place.depth + 1))

    def _expand(self, text: str, place: _Place) -> Path | None:
        """A path in the text of a file; None where it hangs on an unknown variable."""
        known = {
            "CMAKE_CURRENT_SOURCE_DIR": place.folder,
            "CMAKE_CURRENT_LIST_DIR": place.path.parent,
        }
        plain = _FOLDER_VARIABLE.sub(lambda match: str(known.get(match[1], self.source)), text)
        return normal(place.folder / plain) if is_literal(plain) else None


def _is_fallback(command: Command, condition: str) -> bool:
    """True for a set() that says what holds where the user says nothing."""
    name = command.args[0]
    if name.startswith("CMAKE_JOB_POOL"):
        return True
    # A build type under another condition is for a special case of the project's own.
    return name == "CMAKE_BUILD_TYPE" and (name in condition or not command.nested)


def _commands(path: Path) -> Iterator[Command]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return iter(())
    return parse_commands(text)


def _languages(args: tuple[str, ...]) -> list[str]:
    """Of a project() call: what follows LANGUAGES, or stands plainly after the name."""
    if "LANGUAGES" in args:
        found = list(args[args.index("LANGUAGES") + 1 :])
    elif any(arg in _PROJECT_OPTIONS for arg in args):
        found = []
    else:
        found = list(args)
    if not found:
        return ["C", "CXX"]
    return [name for name in found if name not in _NO_LANGUAGE and is_literal(name)]
