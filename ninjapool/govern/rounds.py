"""What one life of the build driver is told of those before it, and what it leaves. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ninjapool.govern.model import Forecast
    from ninjapool.govern.watched import Watched


@dataclass(frozen=True, slots=True)
class Retries:
    """What becomes of jobs that were killed; by key those that earlier rounds have shown."""

    possible: bool = True
    """The driver is started again after kills in this round."""
    again: frozenset[str] = frozenset()
    """All that were killed."""
    alone: frozenset[str] = frozenset()
    """Those that must run with nothing beside them."""


@dataclass(slots=True)
class Round:
    """One life of the driver."""

    status: int = 0
    """As subprocess has it: below zero for a signal."""
    interrupted: int | None = None
    ended: list[tuple[Watched, Forecast]] = field(default_factory=list)
    kernel_kills: list[tuple[float, float]] = field(default_factory=list)
    """Between these two moments the kernel's counter has risen."""
