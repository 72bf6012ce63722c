"""From what logs and counters tell to why the build died. Pure: time and machine are arguments.

Where nothing counts as evidence, the answer is that memory shows no sign, and what else was seen.
Puts nothing into words and knows no remedies.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from ninjapool.doctor import evidence
from ninjapool.doctor.programs import is_of_a_build, plain
from ninjapool.doctor.programs import stage as stage_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ninjapool.doctor.findings import Around, Findings, Job, Kill, Kind, Symptom, Task
    from ninjapool.doctor.programs import Stage

Cause = Literal[
    "host",  # the kernel, since the machine had no memory left
    "cgroup",  # the kernel, for the limit of a cgroup
    "daemon",  # earlyoom and the like
    "counted",  # the kernel has killed, but its log may not be read
    "killed",  # signal 9; by whom, no log tells
    "limit",  # allocations were refused: ulimit or overcommit
    "page file",  # allocations were refused, on Windows
    "address space",  # 32 bits
    "heap",  # the program's own limit
    "terminated", "interrupted", "runner", "tasks", "disk", "nonsense", "broken",
    "none",
]  # fmt: skip
MEMORY: frozenset[Cause] = frozenset(
    ("host", "cgroup", "daemon", "counted", "killed", "limit", "page file", "address space", "heap")
)
_ALONE = 0.1
"""The rest of the build held less than this share of what the killed one held."""

_GENERATED = re.compile(r"\.(?:inc|h|def)$")
_BITS_32 = re.compile(
    r"(?:^|\s)-m32\b|\bi[3-6]86-|\barm-linux-gnueabi|\belf_i386\b|\bHostX86\\", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """A process that was ended or gave up."""

    program: str | None
    stage: Stage
    job: str | None = None
    pid: int | None = None
    size: int | None = None
    """What it held: memory of its own, in RAM and in swap."""
    uptime: float | None = None
    wall: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Why the build died, as far as it can be known."""

    cause: Cause
    proven: bool = False
    """The one who killed has said so; else it is told from what the victims' parents say."""
    deaths: tuple[Death, ...] = ()
    count: int = 0
    """Also those of which no more is known."""
    by: str | None = None
    """`kernel`, `earlyoom`, ..."""
    cgroup: str | None = None
    limit: int | None = None
    swap: int | None = None
    beside: tuple[Task, ...] = ()
    """Processes of the build that were alive at the kill at which most were, the largest first."""
    alone: bool = False
    """One of them died with no other job to speak of, so fewer jobs would not have helped it."""
    jobs: tuple[Job, ...] = ()
    """Failed jobs that the deaths belong to."""
    driver: str | None = None
    folder: str | None = None
    width: int | None = None
    asked: int | None = None
    """Bytes that were refused."""
    evidence: str | None = None
    """The line that tells most."""
    read: tuple[str, ...] = ()
    lines: int = 0
    """Of all that was read."""
    strangers: tuple[str, ...] = ()
    """Programs of no build that the kernel has killed."""
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def is_memory(self) -> bool:
        return self.cause in MEMORY


def diagnose(logs: Sequence[Findings], around: Around) -> Diagnosis:
    """`logs` are those that were named; without any, this machine's own are judged alone."""
    strong = [(log, symptom) for log in logs for symptom in evidence.strong(log, around.machine)]
    kills = evidence.relevant(logs, strong, around)
    if kills:
        return _of_kills(kills, logs, strong, around)
    if not logs and around.closed and (around.kills_in_cgroup or around.kills_counted):
        return replace(_base(logs, around), cause="counted", proven=True)
    return _of_symptoms(logs, [symptom for _, symptom in strong], around)


LimitKind = Literal["log", "process", "overcommit", "unknown"]


def limit_kind(found: Diagnosis, around: Around) -> LimitKind:
    """Which one has refused: as the log says, else as this machine is set."""
    if found.limit is not None:
        return "log"
    machine = around.machine
    if machine is not None and machine.process_limits:
        return "process"
    strict = machine is not None and machine.overcommit is not None and machine.overcommit.mode == 2
    return "overcommit" if strict else "unknown"


# ---------------------------------------------------------------- the two kinds of diagnosis


def _of_kills(
    kills: Sequence[Kill],
    logs: Sequence[Findings],
    strong: Sequence[tuple[Findings, Symptom]],
    around: Around,
) -> Diagnosis:
    last = kills[-1]
    symptoms = [symptom for _, symptom in strong if symptom.kind in ("killed", "killed?")]
    jobs = _jobs(logs, symptoms)
    told = _deaths(symptoms, [symptom for _, symptom in strong], jobs)
    deaths = _joined([(kill, _death(kill)) for kill in kills], told)
    beyond = sum(log.counts.get("kills", 0) - len(log.kills) for log in logs)
    crowds = [tuple(task for task in kill.beside if is_of_a_build(task.name)) for kill in kills]
    return replace(
        _base(logs, around),
        cause="daemon" if last.by != "kernel" else "cgroup" if last.for_cgroup else "host",
        proven=True,
        deaths=deaths,
        count=len(deaths) + (beyond if all(map(_is_ours, kills)) else 0),
        by=last.by,
        cgroup=last.cgroup,
        limit=last.limit,
        swap=last.swap,
        beside=max(crowds, key=_others),
        alone=any(map(_was_alone, kills, crowds)),
        jobs=jobs,
        evidence=next((symptom.line for symptom in symptoms), None),
        strangers=tuple(sorted({kill.name for kill in kills if not _is_ours(kill)})),
    )


def _joined(kills: Sequence[tuple[Kill, Death]], told: Sequence[Death]) -> tuple[Death, ...]:
    """First those of which the kernel's log has nothing any more, then the kills.

    With the jobs that they cost, where it is clear which.
    """
    left = [death for death in told if death.program]
    joined = []
    for kill, death in kills:
        mine = [other for other in left if _is_named(kill, other)]
        rivals = [other for other, _ in kills if mine and _is_named(other, mine[0])]
        if mine:
            left.remove(mine[0])
        sure = bool(mine) and len(rivals) == len([one for one in told if _is_named(kill, one)])
        joined.append(replace(death, job=mine[0].job) if sure else death)
    return (*left, *joined)


def _is_named(kill: Kill, death: Death) -> bool:
    return death.program is not None and evidence.may_be(kill.name, death.program)


def _is_ours(kill: Kill) -> bool:
    return is_of_a_build(kill.name)


def _death(kill: Kill) -> Death:
    held = kill.anon if kill.anon is not None else kill.resident
    return Death(
        program=kill.name,
        stage=stage_of(kill.name),
        pid=kill.pid,
        size=None if held is None else held + (kill.swapped or 0),
        uptime=kill.when.uptime,
        wall=kill.when.wall,
    )


def _was_alone(kill: Kill, beside: Sequence[Task]) -> bool:
    """False where the kernel's table of tasks is not there."""
    own = [task for task in beside if task.pid == kill.pid]
    others = sum(_held(task) for task in beside if task.pid != kill.pid)
    return bool(own) and others < _ALONE * _held(own[0])


def _others(crowd: Sequence[Task]) -> int:
    """What all but the largest held: the more, the more would fewer jobs have helped."""
    sizes = sorted(map(_held, crowd))
    return sum(sizes[:-1])


def _held(task: Task) -> int:
    return task.held + (task.swapped or 0)


_BY_KIND: tuple[tuple[Cause, tuple[Kind, ...]], ...] = (
    ("cgroup", ("container",)),
    ("killed", ("killed", "killed?")),
    ("limit", ("refused", "refused?", "limited?")),
    ("page file", ("page file",)),
    ("heap", ("heap",)),
    ("host", ("low memory",)),
    ("interrupted", ("interrupted",)),
    ("terminated", ("terminated",)),
    ("runner", ("runner",)),
    ("tasks", ("tasks",)),
    ("disk", ("disk",)),
    ("nonsense", ("nonsense",)),
    ("broken", ("broken",)),
)
"""What a log tells of, most telling first."""
_NOTHING: tuple[Cause, tuple[Kind, ...]] = ("none", ())


def _of_symptoms(logs: Sequence[Findings], strong: Sequence[Symptom], around: Around) -> Diagnosis:
    kinds = {symptom.kind for symptom in strong}
    cause, wanted = next(_told(kinds), _NOTHING)
    found = [symptom for symptom in strong if symptom.kind in wanted]
    if cause in ("limit", "page file") and _is_32_bit(found, logs):
        cause = "address space"
    jobs = _jobs(logs, found)
    deaths = _deaths(found, strong, jobs)
    telling = sorted(found, key=lambda symptom: (symptom.program is None, symptom.code is not None))
    return replace(
        _base(logs, around),
        cause=cause,
        proven=any(symptom.kind in ("container", "heap") for symptom in found),
        deaths=deaths,
        count=len(deaths),
        limit=next((log.process_limit for log in logs if log.process_limit), None),
        jobs=jobs,
        asked=next((symptom.bytes for symptom in found if symptom.bytes), None),
        evidence=telling[0].line if telling else None,
    )


def _told(kinds: Collection[Kind]) -> Iterator[tuple[Cause, tuple[Kind, ...]]]:
    for cause, wanted in _BY_KIND:
        # A service's warning is a reason only for what it has lost.
        idle = cause == "host" and not {"runner", "terminated"} & set(kinds)
        if not idle and set(wanted) & set(kinds):
            yield cause, wanted


def _deaths(
    found: Sequence[Symptom], strong: Sequence[Symptom], jobs: Sequence[Job]
) -> tuple[Death, ...]:
    """One for each job; several lines tell of the same one. Without jobs, one for each program."""
    linking = {symptom.at for symptom in strong if symptom.kind == "linking"}
    commands = {job.output: job.command or "" for job in jobs}
    by_job: dict[str | None, Death] = {}
    for symptom in found:
        program = symptom.program or _program(commands.get(symptom.job or "", ""))
        if program == "clang" and {symptom.at + 1, symptom.at + 2} & linking:
            program = "ld"
        key = symptom.job or program
        before = by_job.get(key)
        if before is None or before.program is None or symptom.program is not None:
            stage = _stage(program, symptom.job)
            by_job[key] = Death(program=program, stage=stage, job=symptom.job)
    if len(by_job) > 1:
        by_job.pop(None, None)  # an exit code repeats what was told already
    return tuple(by_job.values())


def _program(command: str) -> str | None:
    """The compiler in `: && ccache /usr/bin/clang -c ...`."""
    words = (plain(word) for word in command.split()[:10])
    return next((word for word in words if stage_of(word) in ("compile", "link")), None)


def _stage(program: str | None, job: str | None) -> Stage:
    if program and stage_of(program) != "other":
        return stage_of(program)
    if job is None:
        return "other"
    if evidence.OBJECT.search(job):
        return "compile"
    return "tablegen" if _GENERATED.search(job) else "link"


def _jobs(logs: Sequence[Findings], symptoms: Sequence[Symptom]) -> tuple[Job, ...]:
    names = {symptom.job for symptom in symptoms if symptom.job}
    jobs = {job.output: job for log in logs for job in log.jobs if job.output in names}
    return tuple(jobs.values())


def _is_32_bit(found: Sequence[Symptom], logs: Sequence[Findings]) -> bool:
    texts = [symptom.line for symptom in found]
    texts += [job.command for job in _jobs(logs, found) if job.command]
    return any(_BITS_32.search(text) for text in texts)


def _base(logs: Sequence[Findings], around: Around) -> Diagnosis:
    """What does not depend on the cause."""
    every = (*logs, *around.own)
    counts: Counter[str] = Counter()
    for log in logs:
        counts.update(log.counts)
    return Diagnosis(
        cause="none",
        driver=next((log.driver for log in logs if log.driver), None),
        folder=next((log.folder for log in logs if log.folder), None),
        width=next((log.width for log in logs if log.width), None),
        read=tuple(log.name for log in every),
        lines=sum(log.lines for log in every),
        counts=dict(counts),
    )
