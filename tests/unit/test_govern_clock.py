"""Time may be set back in mid-build: nothing asks for the time of day."""

import ast
from pathlib import Path

import pytest

from ninjapool import govern

ROOMS = sorted(Path(govern.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: path.stem)
def test_only_the_monotonic_clock_is_read(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "time"
    }
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in ("time", "datetime")
        for alias in node.names
    }
    assert used <= {"monotonic", "process_time", "sleep"}
    assert imported == set()
