"""The diagnosis of a build that was governed: nothing has to be guessed from logs. Pure.

Shorter than that of `doctor`, since the summary above it has already named the jobs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninjapool.doctor.advice import advise
from ninjapool.doctor.diagnosis import Death, Diagnosis
from ninjapool.doctor.findings import Around
from ninjapool.doctor.messages import say
from ninjapool.units import format_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ninjapool.doctor.messages import Message
    from ninjapool.doctor.programs import Stage
    from ninjapool.model import JobClass, Machine, Project

SHOWN = 3


_STAGES: dict[JobClass, Stage] = {
    "compile": "compile",
    "flang": "compile",
    "remote": "compile",
    "link": "link",
    "tablegen": "tablegen",
}


def death_of(job: str, job_class: JobClass, peak: int) -> Death:
    return Death(program=None, stage=_STAGES.get(job_class, "other"), job=job, size=peak)


def after_build(
    deaths: Sequence[Death], *, alone: bool, machine: Machine, project: Project | None
) -> Iterator[Message]:
    """`deaths` are of the jobs that were not, or not again, run after they were killed.

    `project` is None where nobody has said what is built.
    """
    limit = machine.memory
    if limit is not None:
        yield _why(deaths, limit.name, limit.bytes, alone=alone)
    found = Diagnosis(
        cause="cgroup" if limit is not None and "cgroup" in limit.name else "host",
        deaths=tuple(deaths),
        alone=alone,
        limit=limit.bytes if limit else None,
    )
    around = Around(now=0.0, machine=machine, project=project)
    remedies = advise(found, around).more[:SHOWN]
    if remedies:
        yield say("what would help:")
    for remedy in remedies:
        yield say("  {remedy}", remedy=remedy.message)


def _why(deaths: Sequence[Death], name: str, limit: int, *, alone: bool) -> Message:
    values = {
        "limit": format_size(limit),
        "name": name,
        "size": format_size(max(death.size or 0 for death in deaths)),
    }
    if alone:
        return say(
            "why: it held {size} and needed more, with nothing beside it, of {limit} ({name})",
            **values,
        )
    return say(
        "why: the memory of {limit} ({name}) was not enough for what ran together, {size} and more "
        "for the largest of the killed",
        **values,
    )
