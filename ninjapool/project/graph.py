"""What waits for what in a build directory, from its ninja files.

Names are as ninja's log has them: outputs relative to the build directory. Phony edges are seen
through. Does not know which edges are out of date, nor dyndeps. The grammar is ninja's manual,
"Ninja file reference"; only the file's own variables are expanded in paths, not a rule's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ninjapool.project.ninja_files import HOUSEKEEPING, classify, continued

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from ninjapool.model import JobClass

_WORD = re.compile(r"(?:[^$\s:|]|\$.)+|\|\||\|@?|:", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{([\w.-]+)\}|([\w-]+)|(.))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Node:
    """One edge of ninja's that runs something. Positional: there are tens of thousands."""

    output: str
    """The first of its outputs."""
    job_class: JobClass
    pool: str | None
    needs: tuple[str, ...]
    """First outputs of the edges that it waits for; through phony ones."""
    source: str | None = None
    """Its first input that no edge makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The edges that ninja would run for its default targets, each after those that it needs."""

    nodes: tuple[Node, ...] = ()
    depths: Mapping[str, int] = field(default_factory=dict)
    """Of the pools."""

    @property
    def needs(self) -> dict[str, tuple[str, ...]]:
        return {node.output: node.needs for node in self.nodes}

    @property
    def pools(self) -> dict[str, str]:
        return {node.output: node.pool for node in self.nodes if node.pool}


def read_graph(build: Path, config: str | None = None) -> Graph:
    """Empty where there are no ninja files."""

    def read(name: str) -> str | None:
        try:
            return (build / name).read_text(encoding="utf-8", errors="surrogateescape")
        except (OSError, ValueError):
            return None

    own = f"build-{config}.ninja"
    return parse_graph(own if config and read(own) is not None else "build.ninja", read)


def parse_graph(name: str, read: Callable[[str], str | None]) -> Graph:
    """As `read_graph`, with the text of each file from `read`, which is None for a missing one."""
    parser = _Parser(read)
    parser.file(name, {})
    return _ordered(parser)


# ---------------------------------------------------------------- the text


@dataclass(slots=True)
class _Statement:
    outputs: list[str]
    rule: str
    inputs: list[str]
    line: str
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Parser:
    """Goes through the files once, line by line."""

    read: Callable[[str], str | None]
    statements: list[_Statement] = field(default_factory=list)
    depths: dict[str, int] = field(default_factory=dict)
    rule_pools: dict[str, str] = field(default_factory=dict)
    defaults: list[str] = field(default_factory=list)
    _open: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def file(self, name: str, scope: dict[str, str]) -> None:
        text = self.read(name)
        if text is None:
            return
        bound: dict[str, str] | None = None
        for line in continued(text).split("\n"):
            if line.startswith(" "):
                if bound is not None:
                    key, _, value = line.partition("=")
                    bound[key.strip()] = value.strip()
            elif line and not line.startswith("#"):
                bound = self._statement(line, scope)
        self._settle()

    def _statement(self, line: str, scope: dict[str, str]) -> dict[str, str] | None:
        """Takes in one line at the margin; the variables of those that have some."""
        kind, _, rest = line.partition(" ")
        if kind == "build":
            statement = _build(rest, line, scope)
            if statement is not None:
                self.statements.append(statement)
                return statement.variables
        elif kind in ("rule", "pool"):
            return self._bindings(kind, rest.strip())
        elif kind == "default":
            self.defaults += [_expanded(word, scope) for word in _WORD.findall(rest)]
        elif kind == "include":
            self.file(_expanded(rest.strip(), scope), scope)
        elif kind == "subninja":
            self.file(_expanded(rest.strip(), scope), dict(scope))
        else:
            key, separator, value = line.partition("=")
            if separator:
                scope[key.strip()] = _expanded(value.strip(), scope)
        return None

    def _bindings(self, kind: str, name: str) -> dict[str, str]:
        bound: dict[str, str] = {}
        self._open.append((kind, name, bound))
        return bound

    def _settle(self) -> None:
        for kind, name, bound in self._open:
            if kind == "rule":
                self.rule_pools[name] = bound.get("pool", "")
            elif bound.get("depth", "").isdecimal():
                self.depths[name] = int(bound["depth"])
        self._open.clear()


def _build(rest: str, line: str, scope: Mapping[str, str]) -> _Statement | None:
    words = _WORD.findall(rest)
    if ":" not in words:
        return None
    colon = words.index(":")
    outputs = [_expanded(word, scope) for word in words[:colon] if word != "|"]
    if not outputs or len(words) == colon + 1:
        return None
    rule, *inputs = words[colon + 1 :]
    if "|@" in inputs:  # validations are built as well, nobody waits for them
        inputs = inputs[: inputs.index("|@")]
    names = [_expanded(word, scope) for word in inputs if word not in ("|", "||")]
    return _Statement(outputs, rule, names, line)


def _expanded(word: str, scope: Mapping[str, str]) -> str:
    if "$" not in word:
        return word
    return _VARIABLE.sub(lambda m: m[3] or scope.get(m[1] or m[2], ""), word)


# ---------------------------------------------------------------- the order


def _ordered(parser: _Parser) -> Graph:
    """The edges behind the default targets, in the files' order as far as needs allow."""
    made = {output: one for one in parser.statements for output in one.outputs}
    seen_through: dict[str, tuple[str, ...]] = {}
    nodes: list[Node] = []
    done: set[int] = set()
    wanted = [made[name] for name in parser.defaults if name in made] or parser.statements
    wanted_all = set(map(id, _reachable(wanted, made)))
    for statement in parser.statements:
        if id(statement) in wanted_all:
            for one in _depth_first(statement, made, done):
                _add(one, parser, made, seen_through, nodes)
    return Graph(nodes=tuple(nodes), depths=dict(parser.depths))


def _reachable(
    wanted: Iterable[_Statement], made: Mapping[str, _Statement]
) -> Iterable[_Statement]:
    stack, found = list(wanted), {}
    while stack:
        one = stack.pop()
        if id(one) not in found:
            found[id(one)] = one
            stack += [made[name] for name in one.inputs if name in made]
    return found.values()


def _depth_first(
    root: _Statement, made: Mapping[str, _Statement], done: set[int]
) -> Iterable[_Statement]:
    """What it needs, then itself; without recursion, for chains are long."""
    stack: list[tuple[_Statement, bool]] = [(root, False)]
    while stack:
        one, is_left = stack.pop()
        if is_left:
            yield one
        elif id(one) not in done:
            done.add(id(one))
            stack.append((one, True))
            needed = (made[name] for name in reversed(one.inputs) if name in made)
            stack += [(other, False) for other in needed if id(other) not in done]


def _add(
    one: _Statement,
    parser: _Parser,
    made: Mapping[str, _Statement],
    seen_through: dict[str, tuple[str, ...]],
    nodes: list[Node],
) -> None:
    needs = dict.fromkeys(
        need for name in one.inputs if name in made for need in seen_through.get(name, ())
    )
    pool = one.variables.get("pool") or parser.rule_pools.get(one.rule) or None
    runs = one.rule not in HOUSEKEEPING and pool != "console"
    behind = (one.outputs[0],) if runs else tuple(needs)
    for output in one.outputs:
        seen_through[output] = behind
    if runs:
        source = next((name for name in one.inputs if name not in made), None)
        job_class = classify(one.rule, one.line, one.variables.get("COMMAND", ""), pool or "")
        nodes.append(Node(one.outputs[0], job_class, pool, tuple(needs), source))


def restricted(graph: Graph, keys: Sequence[str]) -> Graph:
    """Only these edges; what waited for another waits for what that one waited for."""
    kept, behind = set(keys), dict[str, tuple[str, ...]]()
    nodes = []
    for node in graph.nodes:
        needs = tuple(dict.fromkeys(need for name in node.needs for need in behind[name]))
        if node.output in kept:
            nodes.append(Node(node.output, node.job_class, node.pool, needs, node.source))
        behind[node.output] = (node.output,) if node.output in kept else needs
    return Graph(nodes=tuple(nodes), depths=graph.depths)
