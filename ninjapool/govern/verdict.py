"""Why a driver failed: for want of memory, or for a reason of the user's own.

An exit code tells hardly anything (gcc ends with 1 when its compiler is killed), so it is told by
what was seen: our own kills, the kernel's counter, who lost a process while it rose, and what ninja
wrote down as finished. Pure: reads no log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ninjapool.govern.contract import Kill

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ninjapool.model import JobClass

LATE = 2.0
"""A process with much memory takes its time to die after the kernel has counted it."""
EARLY = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A job that is over, for better or worse."""

    id: int
    key: str
    job_class: JobClass
    output: str | None
    made: bool
    """It has written its output since its birth: but for a half program of ld's, it succeeded."""
    command: int
    driver: int
    within: int | None
    """The job that held the nested driver by which it was started."""
    nested: bool
    peak: int
    begun: float | None
    """None for a job that was held until its end."""
    ended: float | None
    """None for one that lived on when the driver had ended."""
    lost: float | None
    """When it last lost a process that held memory."""
    killed: bool
    """By us."""
    alone: bool
    """It was run as one that must have nothing beside it."""
    again: bool
    """It was killed in an earlier round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known of a round that failed."""

    ended: Sequence[Ended]
    kernel_kills: Sequence[tuple[float, float]]
    """Between these moments the kernel's counter rose."""
    driver_killed: bool
    """The driver itself ended by SIGKILL."""
    logged: Collection[str] | None
    """Outputs that ninja wrote down as finished in this round; None where there is no log."""
    outputs: Mapping[int, str]
    """Outputs by the hash of their command, where a command does not name its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What to make of it."""

    retry: bool
    kills: tuple[Kill, ...]
    own_errors: tuple[str, ...]
    """Jobs that failed for another reason than memory."""


def judge(facts: Facts, *, last: bool) -> Verdict:
    """`last`: no further round is allowed."""
    if facts.driver_killed:
        # Its jobs went with it: none of them has failed by itself.
        return Verdict(retry=bool(facts.kernel_kills) and not last, kills=(), own_errors=())
    suspects = _suspects(facts)
    excused = {job.id for job in suspects}
    for job in suspects:
        excused |= _holders(job, facts.ended)
    failed = [job for job in facts.ended if _failed(job, facts)]
    own_errors = tuple(job.key for job in failed if job.id not in excused)
    victims = _victims(suspects, facts)
    too_big = any(_is_too_big(job, facts.ended) for job in victims)
    is_for_memory = bool(victims) or _is_one_unseen(facts)
    retry = is_for_memory and not own_errors and not too_big and not last
    kills = tuple(_kill(job, facts, retry=retry) for job in victims)
    return Verdict(retry=retry, kills=kills, own_errors=own_errors)


def undecided(facts: Facts) -> list[Ended]:
    """Jobs of ninja's that may have failed, but do not name what they write: ask ninja itself."""
    return [job for job in facts.ended if job.output is None and _is_of_ninja(job, facts)]


def got_done(facts: Facts) -> frozenset[str]:
    """What the round has achieved: what ninja logged, and what other drivers' jobs came to.

    Of those no log is read: whoever has begun and ended counts, if memory was not what ended him.
    """
    logged = frozenset(facts.logged or ())
    if facts.driver_killed:
        return logged
    victims = {job.id for job in _victims(_suspects(facts), facts)}
    others = (job for job in facts.ended if facts.logged is None or not _is_of_ninja(job, facts))
    return logged | {job.key for job in others if _has_run(job) and job.id not in victims}


def _has_run(job: Ended) -> bool:
    return job.begun is not None and job.ended is not None and not job.nested


def _suspects(facts: Facts) -> list[Ended]:
    return [job for job in facts.ended if job.killed or _near_a_kill(job, facts)]


def _near_a_kill(job: Ended, facts: Facts) -> bool:
    moments = [moment for moment in (job.lost, job.ended) if moment is not None]
    return any(
        begin - EARLY <= moment <= end + LATE
        for begin, end in facts.kernel_kills
        for moment in moments
    )


def _holders(job: Ended, ended: Sequence[Ended]) -> set[int]:
    """The edges that failed only because a job of the driver inside them did."""
    by_id = {other.id: other for other in ended}
    found: set[int] = set()
    within = job.within
    while within is not None and within not in found:
        found.add(within)
        within = by_id[within].within if within in by_id else None
    return found


def _is_of_ninja(job: Ended, facts: Facts) -> bool:
    """Of the driver whose log we have: the one that started the first job of all."""
    return bool(facts.ended) and job.driver == min(facts.ended, key=lambda one: one.id).driver


def _failed(job: Ended, facts: Facts) -> bool:
    """Known to have ended without success; False also where nobody can tell."""
    if facts.logged is None or not _is_of_ninja(job, facts):
        return False
    names = {job.key, job.output, facts.outputs.get(job.command)} - {None}
    if job.output is None and job.command not in facts.outputs:
        return False
    return not any(name in facts.logged for name in names)


def _victims(suspects: Collection[Ended], facts: Facts) -> list[Ended]:
    """Those that the memory has cost; where nobody knows who failed, the largest of each time.

    Of those that have made nothing, if there are any.
    """
    victims = {job.id: job for job in suspects if job.killed or _failed(job, facts)}
    for begin, end in facts.kernel_kills:
        window = Facts(
            ended=facts.ended,
            kernel_kills=[(begin, end)],
            driver_killed=False,
            logged=None,
            outputs={},
        )
        near = [job for job in suspects if not job.nested and _near_a_kill(job, window)]
        unsure = [job for job in near if not _succeeded(job, facts)]
        if unsure and not any(job.id in victims for job in near):
            largest = max(unsure, key=lambda job: (not job.made, job.peak))
            victims[largest.id] = largest
    return [job for job in victims.values() if not job.nested]


def _is_one_unseen(facts: Facts) -> bool:
    """The kernel killed, ninja failed, and of its jobs that were seen all ended well.

    A busy machine may keep us from looking while jobs are born, killed and gone. One that was seen
    and of which the log cannot tell, as of tests without an input, may have failed by itself.
    """
    if facts.logged is None or not facts.kernel_kills:
        return False
    return all(_succeeded(job, facts) for job in facts.ended if _is_of_ninja(job, facts))


def _succeeded(job: Ended, facts: Facts) -> bool:
    if facts.logged is None:
        return False
    names = {job.key, job.output, facts.outputs.get(job.command)}
    return any(name in facts.logged for name in names if name)


def _is_too_big(job: Ended, ended: Sequence[Ended]) -> bool:
    """It was killed with nothing beside it, and not for what somebody else took just then."""
    return job.alone or (job.again and not _had_company(job, ended))


def _had_company(job: Ended, ended: Sequence[Ended]) -> bool:
    """Another job had begun and not yet ended when it was killed."""
    moment = job.lost if job.lost is not None else job.ended
    if moment is None:
        return True
    return any(
        other.begun is not None
        and other.begun <= moment
        and (other.ended is None or other.ended > moment)
        for other in ended
        if other.id != job.id and not other.nested
    )


def _kill(job: Ended, facts: Facts, *, retry: bool) -> Kill:
    ended = facts.ended
    return Kill(
        key=job.key,
        job_class=job.job_class,
        by="governor" if job.killed else "kernel",
        peak=job.peak,
        alone=job.alone or not _had_company(job, ended),
        output=facts.outputs.get(job.command),
        fate="retried" if retry else "too big" if _is_too_big(job, ended) else "given up",
    )
