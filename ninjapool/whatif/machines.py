"""Machines by name, with their price where one is known, from TOML; a figure names its source.

[[machine]]
name = "ubuntu-latest"
cpus = 4
memory = "16G"
per_hour = 0.36          # may be left out; the currency is the list's
source = "..., November 2026"
"""

from __future__ import annotations

import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ninjapool.errors import FileError, UsageError
from ninjapool.units import parse_size
from ninjapool.whatif.model import Offer

if TYPE_CHECKING:
    from collections.abc import Iterable

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

KEYS = frozenset({"name", "cpus", "memory", "per_hour", "source"})
NAMED = "machines.toml"


def named() -> tuple[Offer, ...]:
    """Those that ninjapool knows."""
    file = resources.files("ninjapool.whatif") / "data" / NAMED
    return parse(Path(NAMED), file.read_text(encoding="utf-8"))


def read(path: Path) -> tuple[Offer, ...]:
    """A list of the user's own. Raises FileError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise FileError(path, f"cannot be read: {reason}") from problem
    return parse(path, text)


def parse(path: Path, text: str) -> tuple[Offer, ...]:
    try:
        rows = tomllib.loads(text).get("machine", [])
    except tomllib.TOMLDecodeError as problem:
        raise FileError(path, str(problem)) from problem
    if not isinstance(rows, list) or not rows:
        raise FileError(path, "no [[machine]] in it", hint="name, cpus, memory, per_hour, source")
    return tuple(_offer(path, row, place) for place, row in enumerate(rows, 1))


def _offer(path: Path, row: Any, place: int) -> Offer:
    if not isinstance(row, dict) or row.keys() - KEYS:
        raise FileError(path, f"machine {place}: only {', '.join(sorted(KEYS))} are known")
    try:
        offer = Offer(
            name=str(row["name"]),
            cpus=int(row["cpus"]),
            memory=parse_size(str(row["memory"])),
            per_hour=float(row["per_hour"]) if "per_hour" in row else None,
            source=str(row["source"]),
        )
    except KeyError as problem:
        raise FileError(path, f"machine {place} has no {problem.args[0]}") from problem
    except (ValueError, TypeError) as problem:
        raise FileError(path, f"machine {place}: {problem}") from problem
    if offer.cpus < 1 or offer.memory < 1 or (offer.per_hour or 0.0) < 0:
        raise FileError(path, f"machine {place}: cpus and memory are above 0")
    return offer


def chosen(offers: Iterable[Offer], names: Iterable[str]) -> tuple[Offer, ...]:
    """By name, or the beginning of several: `github` is all of GitHub's."""
    offers = tuple(offers)
    found: list[Offer] = []
    for name in names:
        matching = [one for one in offers if one.name == name]
        matching = matching or [one for one in offers if one.name.startswith(name)]
        if not matching:
            known = ", ".join(one.name for one in offers)
            raise UsageError(f"no machine is called {name}", hint=f"known: {known}")
        found += [one for one in matching if one not in found]
    return tuple(found)
