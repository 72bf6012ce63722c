"""Counts a build directory's edges by class and pool, from its ninja files.

Knows rule names as CMake, Meson and GN write them; does not know which edges are out of date.
The grammar is ninja's manual, "Ninja file reference".
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ninjapool.paths import is_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ninjapool.model import JobClass

_BUILD = re.compile(r"build ((?:[^$:]|\$.)*): *(\S+)(.*)", re.DOTALL)
_FIRST_WORD = re.compile(r"(?:[^$\s]|\$.)*", re.DOTALL)
_CONTINUED = re.compile(r"\$(?:\r?\n *|(\$))")

# What ninja or cmake do for themselves, not for the build.
HOUSEKEEPING = {"phony", "RERUN_CMAKE", "CLEAN", "HELP", "REGENERATE_BUILD"}
_RULES: dict[JobClass, re.Pattern[str]] = {
    "archive": re.compile(r"[A-Za-z]+_STATIC_LIBRARY_LINKER__|STATIC_LINKER|(?:.*_)?alink$"),
    "link": re.compile(
        r"[A-Za-z]+_(?:EXECUTABLE|SHARED_LIBRARY|MODULE_LIBRARY)_(?:DEVICE_)?LINKER__"
        r"|[a-z]+_LINKER|(?:.*_)?(?:solink|link)(?:_module)?$"
    ),
    "compile": re.compile(
        r"[A-Za-z]+_COMPILER(?:__|_FOR_BUILD|$)|(?:.*_)?(?:cc|cxx|objc|objcxx|asm)$"
    ),
}
_FLANG_POOL = "flang_compile_job_pool"


@dataclass(frozen=True, slots=True)
class Edge:
    """One command of the build. Positional, unlike other values: there are tens of thousands."""

    output: str
    """The first of its outputs, as ninja writes it, with its escapes."""
    rule: str
    job_class: JobClass
    pool: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NinjaFiles:
    """What the ninja files of a build directory hold."""

    edges: tuple[Edge, ...]
    """In the order of the files; without phony edges and cmake's own."""
    pools: Mapping[str, int]
    """Depth by name, as declared; ninja's own `console` pool is not among them."""
    missing: tuple[str, ...] = ()
    """Files that are included but cannot be read."""

    def count(self) -> dict[JobClass, int]:
        """How many edges each class has; console edges (install, test, ...) are not counted."""
        return dict(Counter(edge.job_class for edge in self.edges if edge.pool != "console"))


def read_edges(build: Path, config: str | None = None) -> Mapping[JobClass, int]:
    """How many edges of each class `ninja` would have to run in an empty build directory.

    Of a Multi-Config directory only `config` counts, else its default configuration.
    Empty where there are no ninja files.
    """
    return read_ninja(build, config).count()


def read_ninja(build: Path, config: str | None = None) -> NinjaFiles:
    """Reads build.ninja (or build-<config>.ninja where that exists) and all that it includes."""

    def read(name: str) -> str | None:
        try:
            return (build / name).read_text(encoding="utf-8", errors="replace")
        except (OSError, ValueError):
            return None

    own = f"build-{config}.ninja"
    return parse_ninja(own if config and is_file(build / own) else "build.ninja", read)


def parse_ninja(name: str, read: Callable[[str], str | None]) -> NinjaFiles:
    """As `read_ninja`, with the text of each file from `read`, which is None for a missing one."""
    parser = _Parser(read=read)
    parser.file(name)
    return NinjaFiles(edges=tuple(parser.edges), pools=parser.pools, missing=tuple(parser.missing))


@dataclass(slots=True, kw_only=True)
class _Statement:
    """A `build`, `pool` or `rule` line with those of its variables that matter here."""

    kind: str
    name: str
    """The rule of a build line, else the name of the pool or rule."""
    line: str = ""
    output: str = ""
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class _Parser:
    """Goes through the files once, line by line."""

    read: Callable[[str], str | None]
    edges: list[Edge] = field(default_factory=list)
    pools: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    _rule_pools: dict[str, str] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def file(self, name: str) -> None:
        if name in self._seen:
            return
        self._seen.add(name)
        text = self.read(name)
        if text is None:
            self.missing.append(name)
            return
        self._lines(continued(text))

    def _lines(self, text: str) -> None:
        statement: _Statement | None = None
        for line in text.split("\n"):
            if line.startswith(" "):
                if statement is not None:
                    _take_variable(statement, line)
                continue
            self._end(statement)
            statement = None
            if line.startswith("build "):
                statement = _build(line)
            elif line.startswith(("pool ", "rule ")):
                kind, _, name = line.partition(" ")
                statement = _Statement(kind=kind, name=name.strip())
            elif line.startswith(("include ", "subninja ")):
                self.file(line.partition(" ")[2].strip().replace("$ ", " ").replace("$:", ":"))
        self._end(statement)

    def _end(self, statement: _Statement | None) -> None:
        """Keeps a statement, now that all its variables are known."""
        if statement is None:
            return
        if statement.kind == "pool":
            depth = statement.variables.get("depth", "")
            self.pools[statement.name] = int(depth) if depth.isdecimal() else 0
        elif statement.kind == "rule":
            self._rule_pools[statement.name] = statement.variables.get("pool", "")
        elif statement.name not in HOUSEKEEPING:
            pool = statement.variables.get("pool") or self._rule_pools.get(statement.name)
            command = statement.variables.get("COMMAND", "")
            job_class = classify(statement.name, statement.line, command, pool or "")
            self.edges.append(Edge(statement.output, statement.name, job_class, pool or None))


def _build(line: str) -> _Statement | None:
    match = _BUILD.match(line)
    if match is None:
        return None
    first = _FIRST_WORD.match(match[1].lstrip(" "))
    output = first[0] if first else ""
    return _Statement(kind="build", name=match[2], line=line, output=output)


def _take_variable(statement: _Statement, line: str) -> None:
    key, separator, value = line.partition("=")
    key = key.strip()
    if separator and key in ("pool", "depth", "COMMAND"):
        statement.variables[key] = value.strip()


def continued(text: str) -> str:
    """The text with the lines joined that end in `$`."""
    if "$\n" in text or "$\r\n" in text:
        return _CONTINUED.sub(lambda match: "$$" if match[1] else "", text)
    return text


def classify(rule: str, line: str, command: str, pool: str) -> JobClass:
    """By the rule's name; custom commands by what they run. `line` is the whole build line."""
    for job_class, pattern in _RULES.items():
        if pattern.match(rule):
            if job_class == "compile" and (pool == _FLANG_POOL or "flang/lib/" in line):
                return "flang"
            return job_class
    # Installing or copying a tblgen names it too; only a run of it names a .td file.
    return "tablegen" if "tblgen" in command and ".td " in f"{command} " else "other"
