"""Reads a cmake command line as cmake does. Opens no file and knows no variable by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ninjapool.errors import UsageError
from ninjapool.project.cache import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DEFINITION = re.compile(r"([^=:]*)(?::[^=]*)?=(.*)", re.DOTALL)

# Options whose value may be glued on (-DX=1) or be the next argument (-D X=1).
_SHORT = ("-D", "-U", "-C", "-G", "-A", "-T", "-B", "-S")
# Options whose value follows "=" or is the next argument.
_LONG = ("--preset", "--presets-file", "--toolchain", "--install-prefix")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change to the cache; cmake makes them in the order in which they are written."""

    kind: Literal["define", "undefine", "file"]
    name: str
    """The variable (-D), the pattern of variables (-U), or the path of a -C file."""
    value: str = ""
    text: str
    """As the user wrote it: `-DCMAKE_BUILD_TYPE=Debug`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What a cmake command line says that matters before the first configure."""

    steps: tuple[Step, ...] = ()
    preset: str | None = None
    presets_file: str | None = None
    toolchain: str | None = None
    generator: str | None = None
    build: str | None = None
    source: str | None = None
    fresh: bool = False
    """--fresh: the existing cache is thrown away first."""


def parse_arguments(arguments: Sequence[str]) -> Arguments:
    """Raises UsageError for a -D without `=` and for an option whose value is missing."""
    options = list(_options(arguments))
    last = dict(options)
    return Arguments(
        steps=tuple(_step(*option) for option in options if option[0] in ("-D", "-U", "-C")),
        preset=last.get("--preset"),
        presets_file=last.get("--presets-file"),
        toolchain=last.get("--toolchain"),
        generator=last.get("-G"),
        build=last.get("-B"),
        source=last.get("-S"),
        fresh="--fresh" in arguments,
    )


def _options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each known option with its value; all else, flags and paths, is passed over."""
    rest = iter(arguments)
    for argument in rest:
        option = _name(argument)
        if option is None:
            continue
        value = argument[len(option) :].removeprefix("=" if option in _LONG else "")
        if argument == option:
            following = next(rest, None)
            if following is None:
                raise UsageError(f"cmake's {option} needs a value", hint=_hint(option))
            value = following
        yield option, value


def _name(argument: str) -> str | None:
    for option in _LONG:
        if argument == option or argument.startswith(f"{option}="):
            return option
    return next((option for option in _SHORT if argument.startswith(option)), None)


def _step(option: str, value: str) -> Step:
    if option == "-U":
        return Step(kind="undefine", name=value, text=f"-U{value}")
    if option == "-C":
        return Step(kind="file", name=value, text=f"-C {value}")
    match = _DEFINITION.fullmatch(value)
    if match is None:
        raise UsageError(f"-D{value} sets nothing", hint=_hint("-D"))
    plain = unquote(match[2].rstrip(" \t\r"))
    return Step(kind="define", name=match[1], value=plain, text=f"-D{value}")


def _hint(option: str) -> str:
    examples = {"-D": "-DCMAKE_BUILD_TYPE=Release", "-G": "-G Ninja", "-C": "-C settings.cmake"}
    return f"write it as {examples.get(option, option + ' VALUE')}"
