"""Which signs in a log count, and which of the machine's kills are this build's. Pure.

A strong sign counts alone, a weak one only with company: a test may print what a dying compiler
prints, and a kernel's log holds what happened to others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ninjapool.doctor.programs import is_of_a_build, plain, stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ninjapool.doctor.findings import Around, Findings, Kill, Kind, Symptom
    from ninjapool.model import Machine

CLOSE = 1800.0
"""Seconds between a kill and the last line of a log for which it is the log's: ninja lets the other
jobs end first."""
_LATE = 10.0
_NEAR = 30
"""Lines within which a compiler says that it gave up after it said why."""
_LAST = 5
_BY_KERNEL: tuple[Kind, ...] = ("killed", "killed?")
_BY_DAEMON: tuple[Kind, ...] = ("terminated", "killed")

OBJECT = re.compile(r"\.(?:o|obj|lo|pch|gch|pcm)$")
_TEST = re.compile(r"\btests?\b|\bcheck\b", re.IGNORECASE)


# ---------------------------------------------------------------- which signs count


def strong(log: Findings, machine: Machine | None) -> Iterator[Symptom]:
    """Those that mean what they say."""
    limited = log.process_limit is not None or _has_process_limit(machine)
    for symptom in log.symptoms:
        if symptom.kind == "killed?":
            counts = symptom.job or log.lines - symptom.at < _LAST or _has_code(log, 137)
        elif symptom.kind == "refused?":
            counts = _gave_up_after(symptom, log)
        elif symptom.kind == "limited?":
            counts = limited
        else:
            counts = True
        if counts:
            yield symptom


def _has_process_limit(machine: Machine | None) -> bool:
    return machine is not None and bool(machine.process_limits)


def _has_code(log: Findings, code: int) -> bool:
    return any(symptom.code == code for symptom in log.symptoms)


def _gave_up_after(symptom: Symptom, log: Findings) -> bool:
    """A compiler or linker died of it. A test may say the same on purpose, and be no compiler."""
    if symptom.job is not None and OBJECT.search(symptom.job):
        return True
    near = [
        other
        for other in log.symptoms
        if other.kind == "aborted" and 0 <= other.at - symptom.at <= _NEAR
    ]
    if symptom.bytes is not None:  # Rust's form
        return any(not _TEST.search(other.job or "") for other in near)
    return any(other.program for other in near)


# ---------------------------------------------------------------- which kills are this build's


def relevant(
    logs: Sequence[Findings], signs: Sequence[tuple[Findings, Symptom]], around: Around
) -> list[Kill]:
    """Those in the logs that were named, else this machine's that fit them."""
    named = [
        kill
        for kill in _distinct(kill for log in logs for kill in log.kills)
        if around.since is None or (kill.when.wall or around.now) >= around.since
    ]
    if named:
        return _of_a_build(named)
    every = _distinct(kill for log in around.own for kill in log.kills)
    own = [kill for kill in every if _is_recent(kill, around)]
    if not logs:
        return _last_incident(_of_a_build(own), around)
    if any(symptom.kind == "container" for _, symptom in signs):
        return []
    return _distinct(kill for log in logs for kill in _last_of(log, own, around))


def _last_incident(kills: Sequence[Kill], around: Around) -> list[Kill]:
    """The last kill, and those before it under the same limit with no long time between."""
    found = list(kills[-1:])
    for kill in reversed(kills[:-1]):
        times = _time_of(kill, around), _time_of(found[0], around)
        far = None not in times and (times[1] or 0) - (times[0] or 0) > CLOSE
        if far or kill.cgroup != found[0].cgroup:
            break
        found.insert(0, kill)
    return found


def _last_of(log: Findings, own: Sequence[Kill], around: Around) -> list[Kill]:
    """As many as the log tells of: the others were of an earlier build."""
    fitting = [kill for kill in own if _fits(kill, log, around)]
    told = [symptom for symptom in log.symptoms if symptom.kind in (*_BY_KERNEL, *_BY_DAEMON)]
    jobs = {symptom.job for symptom in told if symptom.job}
    return fitting[-(len(jobs) or len({symptom.at for symptom in told if symptom.program}) or 1) :]


def _distinct(kills: Iterable[Kill]) -> list[Kill]:
    """Each once, whatever number of logs tell of it."""
    seen = {(kill.by, kill.pid, kill.name, kill.anon, kill.resident): kill for kill in kills}
    return list(seen.values())


def _of_a_build(kills: list[Kill]) -> list[Kill]:
    """Where the kernel has hit a compiler, a browser that it also hit is no part of the answer."""
    ours = [kill for kill in kills if is_of_a_build(kill.name)]
    return ours or kills


def _time_of(kill: Kill, around: Around) -> float | None:
    if kill.when.uptime is not None and around.booted is not None:
        return around.booted + kill.when.uptime
    return kill.when.wall


def _is_recent(kill: Kill, around: Around) -> bool:
    when = _time_of(kill, around)
    return around.since is None or when is None or when >= around.since


def _fits(kill: Kill, log: Findings, around: Around) -> bool:
    """It was one of those that the log says were killed, and then."""
    when = _time_of(kill, around)
    if when is None or log.written is None:
        return False
    if not when - _LATE <= log.written <= when + CLOSE:
        return False
    wanted = _BY_KERNEL if kill.by == "kernel" else _BY_DAEMON
    return any(
        may_be(kill.name, symptom.program) for symptom in log.symptoms if symptom.kind in wanted
    )


def may_be(name: str, told: str | None) -> bool:
    """`ld` in a message may be any linker, and clang's may be its linker or itself."""
    if told is None:
        return is_of_a_build(name)
    if stage(told) == "link":
        return stage(name) == "link"
    return plain(name) == plain(told) or (plain(told) == "clang" and is_of_a_build(name))
