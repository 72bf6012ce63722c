"""Which jobs of a trace are ready, in the order in which ninja would start them.

Knows what waits for what and the pools; no time and no memory.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ninjapool.govern.trace import TraceJob


class ReadyJobs:
    """Which job is ready, in ninja's order: the longest chain first, each job counting one."""

    def __init__(self, jobs: Sequence[TraceJob], pools: Mapping[str, int]) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._place = {job.name: place for place, job in enumerate(jobs)}
        self._waits = {job.name: len(set(job.needs)) for job in jobs}
        self._dependents: dict[str, list[str]] = {job.name: [] for job in jobs}
        for job in jobs:
            for need in set(job.needs):
                self._dependents[need].append(job.name)
        self._weight = self._critical_weights(jobs)
        self._ready: list[tuple[int, int, str]] = []
        self._free = {pool: depth for pool, depth in pools.items() if depth > 0}
        self._delayed: dict[str, list[tuple[int, int, str]]] = {pool: [] for pool in self._free}
        for job in jobs:
            if not job.needs:
                self.put(job.name)

    def _critical_weights(self, jobs: Sequence[TraceJob]) -> dict[str, int]:
        weights: dict[str, int] = {}
        for job in reversed(jobs):
            ways = [weights[other] for other in self._dependents[job.name]]
            weights[job.name] = 1 + max(ways, default=0)
        return weights

    def put(self, name: str) -> None:
        heapq.heappush(self._ready, (-self._weight[name], self._place[name], name))

    def take(self) -> TraceJob | None:
        """The next; one whose pool is full is laid aside until it has room."""
        while self._ready:
            first = heapq.heappop(self._ready)
            job = self._jobs[first[2]]
            if self._free.get(job.pool or "", 1) > 0:
                self._enter(job.pool, -1)
                return job
            heapq.heappush(self._delayed[job.pool or ""], first)
        return None

    def leave(self, name: str) -> None:
        """It has ended or was killed: its pool has room for another."""
        pool = self._jobs[name].pool
        self._enter(pool, 1)
        if pool in self._free and self._delayed[pool]:
            heapq.heappush(self._ready, heapq.heappop(self._delayed[pool]))

    def _enter(self, pool: str | None, room: int) -> None:
        if pool in self._free:
            self._free[pool] += room

    def has_more(self) -> bool:
        return bool(self._ready)

    def done(self, name: str) -> None:
        for other in self._dependents[name]:
            self._waits[other] -= 1
            if not self._waits[other]:
                self.put(other)
