"""What the arguments of build drivers say that matters here: how wide, where, whether they build.

Knows ninja, make, cargo and `cmake --build`; other commands are left as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """A driver's arguments without its width."""

    rest: tuple[str, ...]
    """All of them but `-j`."""
    jobs: int | None = None
    """What `-j` said; None where it was not given, 0 for "as many as you like"."""
    builds: bool = True
    """False where the driver would only tell something or run a tool: leave it alone."""
    folder: str | None = None
    """-C"""
    file: str | None = None
    """-f"""
    preset: str | None = None
    """The build preset of `cmake --build --preset`."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """How a driver spells its options."""

    values: str
    """Short options with a value, joined to it or before it."""
    optional: str
    """Short options whose value, if any, is joined to them; `-j 8` is taken too."""
    stops: str
    """Short options with which nothing is built."""
    long_stops: tuple[str, ...]


_NINJA = _Rules("CfjkldtwE", "", "tnh", ("--version", "--help"))
_MAKE = _Rules(
    "CfIoW",
    "jlO",
    "nqhv",
    ("--version", "--help", "--dry-run", "--just-print", "--recon", "--question"),
)
_CARGO = _Rules("CFZjp", "", "hV", ("--version", "--help", "--list"))


def ninja(words: Sequence[str]) -> Arguments:
    """Ninja's rules (getopt): short options may be joined, as in `-vj8`.

    Raises ValueError where `-j` has no number: ninja will say so itself.
    """
    return _parse(words, _NINJA)


def make(words: Sequence[str]) -> Arguments:
    """GNU make's: `-j` alone means as many as you like, `--jobs=8` is the long form.

    Raises ValueError where what is joined to `-j` is no number.
    """
    short = {"--jobs": "-j"}
    spelled = [short.get(word, word.replace("--jobs=", "-j", 1)) for word in words]
    return _parse(spelled, _MAKE)


def cargo(words: Sequence[str]) -> Arguments:
    """Cargo's. Raises ValueError where `-j` has no number."""
    spelled = [word.replace("--jobs", "-j", 1).replace("-j=", "-j", 1) for word in words]
    return _parse(spelled, _CARGO)


def cmake_build(words: Sequence[str]) -> Arguments | None:
    """The width and place of `cmake --build DIR|--preset P`; None where it does not build."""
    own = words[: words.index("--")] if "--" in words else words
    if "--build" not in own or own.index("--build") + 1 >= len(own):
        return None
    jobs: int | None = None
    preset: str | None = None
    for word, following in zip(own, [*own[1:], ""], strict=True):
        for option in ("--parallel", "-j"):
            if word.startswith(option):
                value = word.removeprefix(option).removeprefix("=") or following
                jobs = int(value) if value.isdigit() else 0
        if word.startswith("--preset"):
            preset = word.removeprefix("--preset").removeprefix("=") or following
    folder = own[own.index("--build") + 1]
    named = None if folder.startswith("-") else folder
    return Arguments(rest=tuple(words), jobs=jobs, folder=named, preset=preset)


def _parse(words: Sequence[str], rules: _Rules) -> Arguments:
    rest: list[str] = []
    jobs: int | None = None
    builds = True
    folder: str | None = None
    file: str | None = None
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if word == "--":
            rest += [word, *queue]
            break
        builds = builds and word not in rules.long_stops
        if not word.startswith("-") or word.startswith("--") or word == "-":
            rest.append(word)
            continue
        flags, letter, value = _split(word, rules)
        builds = builds and not set(flags + letter) & set(rules.stops)
        if letter and letter in rules.values and not value and queue:
            value = queue.pop(0)
        if letter == "j":
            if not value and letter in rules.optional and queue and queue[0].isdigit():
                value = queue.pop(0)
            jobs = int(value) if value or letter in rules.values else 0
        folder = value if letter == "C" else folder
        file = value if letter == "f" else file
        rest += _join(flags, letter, value)
    return Arguments(rest=tuple(rest), jobs=jobs, builds=builds, folder=folder, file=file)


def _split(word: str, rules: _Rules) -> tuple[str, str, str]:
    """`-vj8` -> ("v", "j", "8"): flags, the option that takes a value, what is joined to it."""
    for index, letter in enumerate(word[1:], start=1):
        if letter in rules.values + rules.optional:
            return word[1:index], letter, word[index + 1 :]
    return word[1:], "", ""


def _join(flags: str, letter: str, value: str) -> list[str]:
    joined = [f"-{flags}"] if flags else []
    return joined if letter in ("", "j") else [*joined, f"-{letter}{value}"]
