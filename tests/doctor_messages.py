"""All messages of the doctor, as they stand in its source."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).parents[1] / "ninjapool" / "doctor"


def messages() -> list[str]:
    """Each once, in the order of the source: the first arguments of `say`, the texts of `count`."""
    found = {text: None for path in sorted(SOURCE.glob("*.py")) for text in _of(path)}
    return list(found)


def _of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            texts = {"say": node.args[:1], "count": node.args[1:3]}.get(node.func.id, [])
            yield from (text for argument in texts for text in _texts(argument))


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
