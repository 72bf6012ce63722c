"""Fills a template with values. Knows CMake's quoting, but not what the values mean."""

from __future__ import annotations

import shlex
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ninjapool.units import format_size


def cmake_quoted(value: object) -> str:
    r"""`value` as one quoted CMake argument that expands to itself.

    Only `\`, `"` and `$` mean something inside quotes once policy CMP0053 is NEW, so every template
    that quotes sets the policies first; a `;` stays in the one argument. A carriage return is
    spelled out, as CMake would take it and a line feed for one line's end.
    """
    text = str(value)
    for special in ("\\", '"', "$"):
        text = text.replace(special, f"\\{special}")
    return '"' + text.replace("\r", "\\r") + '"'


def one_line(value: object) -> str:
    """`value` as text for a comment: no line break or control character can end the comment."""
    text = str(value)
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ninjapool.emit"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - CMake and shell are no HTML; the filters below quote
    )
    environment.filters["cmake"] = cmake_quoted
    environment.filters["one_line"] = one_line
    environment.filters["sh"] = shlex.quote
    environment.filters["size"] = format_size
    return environment


_ENVIRONMENT = _environment()


def render(name: str, **values: Any) -> str:
    """The text of `templates/<name>.j2`. Raises jinja2.UndefinedError for a value not given."""
    return _ENVIRONMENT.get_template(f"{name}.j2").render(values)
