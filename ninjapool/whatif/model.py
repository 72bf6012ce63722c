"""The frozen values of `simulate`: machines, what a build takes on them. Bytes, seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ninjapool.govern.trace import Curve

Origin = Literal["record", "history", "log", "profile"]
"""What a job's figures rest on: the last build's record, what earlier ones measured, how long it
took by ninja's log, or what is usual for its kind."""
Limit = Literal["CPUs", "memory", "order", "too small", "slots", "client", "wire"]
"""`order`: what waits for what. `too small`: a job fits in no way, or kills went on and on. Where
compiles are elsewhere also the `slots` there, the `client`, which preprocesses only so many at
once, and the `wire`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What one edge has taken in earlier builds; None for what was not seen."""

    seconds: float
    peak: int | None = None
    curve: Curve | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A machine, as a build on it would take it."""

    cpus: int
    memory: int
    reserve: int
    width: int
    """Jobs that run at once: ninja's own width, or a `-j`."""
    window: int
    """Jobs that wait beside them."""
    pools: Mapping[str, int]
    pace: float = 1.0
    """What the machine's other work leaves of a running job's second."""
    remote: int = 0
    """Compiles that may be elsewhere at once."""
    preprocessors: int | None = None
    """How many of them are preprocessed here at once; None for one on each CPU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What became of it."""

    cpus: int
    memory: int
    seconds: float
    limit: Limit
    kills: int
    peak: int
    remote: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One machine that can be had."""

    name: str
    cpus: int
    memory: int
    per_hour: float | None = None
    source: str
