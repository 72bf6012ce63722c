"""Kills of ours that ninja does not learn of before it has nothing else to do.

Whether that pays is told by `victims`. Only what holds the victim's memory is killed, and its
leader stays stopped (a compiler driver or a shell, which holds next to nothing) until its build
driver has no other job. Its slot is taken so long; where all are taken so, there is no other job.
A victim of which the driver is told at once dies in the same way, and is let go when that is done.

What holds the memory gets SIGKILL, which meets stopped processes too and frees the memory at once;
SIGTERM would wait for a SIGCONT, and until then nothing would be free. That costs no clearing up
that matters. Temporary files are removed by who started the compiler: gcc's driver does so when it
is continued and sees its compiler killed, and it says so and removes a half object. clang and lld,
where they are not the leader, leave a temporary file, never half of an output. What is left of an
output by others is removed here (`remains`).

A leader that holds the memory itself (clang, rustc, a shell that became the compiler) cannot be
kept. Whoever ends or interrupts the build meets the leaders as other stopped jobs.
"""

from __future__ import annotations

import math
import signal
from typing import TYPE_CHECKING

from ninjapool.govern.pace import SHORT_TICK
from ninjapool.govern.remains import remove_half_written
from ninjapool.govern.watched import WEIGHT, send

if TYPE_CHECKING:
    from ninjapool.govern.hands import Hands
    from ninjapool.govern.jobs import JobTable
    from ninjapool.govern.watched import Process, Watched

SETTLE = 0.25
"""Seconds that a driver must have been without other jobs: it may be about to start one."""
STUCK = 20.0
"""Seconds in which the other jobs have used no CPU: they may be waiting for a victim."""
SMALL_PART = 0.125
"""Of a job's memory: what may stay with those that are kept."""
DEAD = b"ZX"


class Hidden:
    """The victims of one round that their drivers take for running."""

    def __init__(self, table: JobTable, hands: Hands) -> None:
        self._table, self._hands = table, hands
        self._kept: dict[Watched, set[Process]] = {}
        """Victims, and which of their processes are kept."""
        self._told: set[Watched] = set()
        """Those of which their drivers need not be kept from knowing."""
        self._idle: dict[int, float] = {}
        """Outermost drivers that have nothing but victims, and since when."""
        self._used, self._used_at = 0.0, 0.0

    def hide(self, job: Watched, why: str, now: float, *, told: bool = False) -> bool:
        """Kills what holds its memory; False, and nothing is killed, where that is the leader.

        `told`: it stays hidden only until its memory is gone.
        """
        if not self._hands.pause(job, now):
            return False
        self._table.look_into(job, now)
        self._table.refresh(job, now)
        kept = _to_keep(job)
        if kept is None:
            return False
        job.killed = why
        self._kept[job] = kept
        if told:
            self._told.add(job)
        self._used_at = now
        self._kill_others(job, now)
        remove_half_written(job)
        return True

    def __contains__(self, job: Watched) -> bool:
        return job in self._kept

    def look(self, now: float) -> list[Watched]:
        """Lets go of victims whose time has come; returns those that hold nothing any more."""
        self._kept = {job: kept for job, kept in self._kept.items() if _is_stopped(job)}
        freed = [job for job in list(self._kept) if not self._kill_others(job, now)]
        freed = [job for job in freed if job.hidden is None and _is_stopped(job)]
        for job in freed:
            job.lose(job.memory, now)
            job.hidden, job.memory = now, 0
        self._let_go(now)
        return freed

    def patience(self, now: float) -> float:
        """Seconds until the next look is due."""
        if any(job.hidden is None for job in self._kept):
            return SHORT_TICK
        due = min(self._idle.values(), default=math.inf) + SETTLE
        return max(0.0, due - now)

    def _kill_others(self, job: Watched, now: float) -> bool:
        """All but those that are kept, also who came late; whether there were any."""
        kept = self._kept[job]
        for process in _alive(job, kept):
            self._table.restat(process, now)
        others = _alive(job, kept)
        for process in others:
            send(process.pid, signal.SIGKILL)
        return bool(others)

    # ------------------------------------------------------------ when

    def _let_go(self, now: float) -> None:
        if not self._kept:
            self._idle.clear()
            return
        idle = self._idle_drivers()
        self._idle = {driver: self._idle.get(driver, now) for driver in idle}
        stuck = self._are_others_stuck(now)
        for job in list(self._kept):
            since = self._idle.get(self._outermost(job).driver, math.inf)
            is_told = job in self._told and job.hidden is not None
            if stuck or is_told or now - since >= SETTLE:
                del self._kept[job]
                self._hands.let_go(job, now)

    def _idle_drivers(self) -> set[int]:
        """The outermost ones whose jobs are all victims, or hold drivers of which that is true.

        A nested driver is not told before: it would fail, and so fail the command that holds it.
        """
        jobs = self._table.jobs
        inner: dict[int | None, list[Watched]] = {}
        for job in jobs.values():
            inner.setdefault(job.within if job.within in jobs else None, []).append(job)
        outermost = inner.get(None, [])
        busy = {job.driver for job in outermost if not self._is_waiting(job, inner)}
        return {job.driver for job in outermost} - busy

    def _is_waiting(self, job: Watched, inner: dict[int | None, list[Watched]]) -> bool:
        below = inner.get(job.id, [])
        return job in self._kept or (
            bool(below) and all(self._is_waiting(one, inner) for one in below)
        )

    def _outermost(self, job: Watched) -> Watched:
        """The job in whose driver's driver, and so on, it runs."""
        holder = self._table.jobs.get(job.within or 0)
        return job if holder is None else self._outermost(holder)

    def _are_others_stuck(self, now: float) -> bool:
        """They may wait for what a victim has locked: then all would wait for ever."""
        used = sum(job.used for job in self._table.jobs.values() if job not in self._kept)
        if used != self._used:
            self._used, self._used_at = used, now
        return now - self._used_at >= STUCK


def _is_stopped(job: Watched) -> bool:
    """False once it has ended, or was continued by whoever interrupts the build."""
    return job.ended is None and job.stopped_at is not None


def _alive(job: Watched, but: set[Process]) -> list[Process]:
    return [
        member
        for member in job.members.values()
        if member not in but and member.stat.state not in DEAD
    ]


def _to_keep(job: Watched) -> set[Process] | None:
    """The leader, and what only waits for others; None where that would keep the memory.

    Nothing of a compile server: what stands still keeps a slot of it.
    """
    lent = set(job.lent_processes())
    parents = {member.stat.parent for member in job.members.values()}
    light = {
        member
        for member in job.members.values()
        if member.pid in parents and member.measured and member.memory < WEIGHT
        if member not in lent
    }
    kept = {job.leader} | light
    held = sum(member.memory for member in kept)
    is_small = held <= max(WEIGHT, SMALL_PART * job.memory)
    is_over = job.leader.stat.state in DEAD or not _alive(job, kept)
    return kept if is_small and not is_over else None
