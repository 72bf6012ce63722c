"""The first line of a diagnosis: what died, of what, by whom. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ninjapool.doctor.messages import say
from ninjapool.doctor.programs import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from ninjapool.doctor.diagnosis import Cause, Diagnosis
    from ninjapool.doctor.messages import Message


def headline(found: Diagnosis) -> Message:
    what = _what(found)
    told = _HEADLINES.get(found.cause)
    return say("No sign of memory in what could be read.") if told is None else told(what, found)


def _killed(what: str, found: Diagnosis) -> Message:
    if found.cause == "host" and found.by is None:
        return say("The machine was short of memory, as the CI service warned.")
    values = {"what": what or _SOMETHING, "by": found.by or ""}
    if found.strangers and found.by == "kernel":
        return say("Killed for memory, though no program of a build: {what}.", **values)
    if found.cause == "daemon":
        return say("Killed for memory: {what}. {by} did it, before the kernel had to.", **values)
    if found.cause == "cgroup":
        return say("Killed for memory: {what}. The kernel did it for the limit of a control group "
                   "(a container, a service).", **values)  # fmt: skip
    return say("Killed for memory: {what}. The kernel did it, since the machine had no memory "
               "left.", **values)  # fmt: skip


def _refused(what: str, _: Diagnosis) -> Message:
    return say("Memory was refused to {what}. Nothing was killed.", what=what or _SOMETHING)


_SOMETHING = say("a program of the build")
_HEADLINES: dict[Cause, Callable[[str, Diagnosis], Message]] = {
    "host": _killed,
    "cgroup": _killed,
    "daemon": _killed,
    "counted": lambda _what, _: say(
        "The kernel has killed for memory here; what and when, only its log tells."
    ),
    "killed": lambda what, _: say(
        "Killed by signal 9, most likely for memory: {what}.", what=what or _SOMETHING
    ),
    "limit": _refused,
    "page file": _refused,
    "address space": _refused,
    "heap": lambda what, _: say(
        "Out of memory within a limit of its own: {what}.", what=what or _SOMETHING
    ),
    "terminated": lambda what, _: say(
        "No sign of memory: {what} was told to end (SIGTERM).", what=what or _SOMETHING
    ),
    "interrupted": lambda _what, _: say("No sign of memory: the build was interrupted (Ctrl-C)."),
    "runner": lambda _what, _: say("No sign of memory: the CI service lost its runner."),
    "tasks": lambda _what, _: say(
        "No sign of memory: no more processes or threads could be started."
    ),
    "disk": lambda _what, _: say("No sign of memory: a disk is full."),
    "nonsense": lambda _what, _: say("No sign of memory: more was asked for than any machine has."),
    "broken": lambda _what, _: say("No sign of memory: a compiler crashed."),
}


def _what(found: Diagnosis) -> str:
    """`8 x cc1plus, ld`."""
    names = Counter(plain(death.program) for death in found.deaths if death.program)
    if len(names) == 1 and found.count > len(found.deaths):
        names[next(iter(names))] = found.count
    return ", ".join(
        name if number == 1 else f"{number} x {name}" for name, number in names.most_common()
    )
