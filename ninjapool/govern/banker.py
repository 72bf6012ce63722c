"""The banker's rule: an order in which every job that holds memory can still end.

Stopping a job frees nothing, so what matters is not how much is free but whether somebody can
finish with it and give back what he has. Knows amounts only, no jobs and no time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Claim(NamedTuple):
    """One job: what it still needs, and what it holds. Sorts by need."""

    need: float
    holds: float
    job: int


def safe_order(claims: Iterable[Claim], free: float) -> list[int] | None:
    """An order in which each can reach its peak and end, the others standing still; else None.

    Who needs least goes first: if he cannot, nobody can, and what he gives back serves the rest.
    """
    order = []
    for need, holds, job in sorted(claims):
        if need > free:
            return None
        free += holds
        order.append(job)
    return order


def is_safe(claims: Iterable[Claim], free: float) -> bool:
    """Whether `safe_order` has one; `claims` must be sorted."""
    for need, holds, _ in claims:
        if need > free:
            return False
        free += holds
    return True
