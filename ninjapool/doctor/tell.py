"""A diagnosis in sentences: what happened, why, what to do now, what would help more. Pure.

Every number is from a log or from the machine, and says from which. Knows no language and no
terminal.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ninjapool.doctor.diagnosis import limit_kind
from ninjapool.doctor.messages import count, say
from ninjapool.units import format_seconds, format_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ninjapool.doctor.advice import Advice
    from ninjapool.doctor.diagnosis import Cause, Death, Diagnosis, LimitKind
    from ninjapool.doctor.findings import Around, Closed, Task
    from ninjapool.doctor.messages import Message

_LISTS = ("What would help more", "What could not be read")
SHOWN = 8
"""Kills and jobs that are named; of more, the last ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    heading: Message
    lines: tuple[Message, ...]
    bullets: bool = False


# ---------------------------------------------------------------- the sections


def sections(found: Diagnosis, advice: Advice, around: Around) -> Iterator[Section]:
    parts = (
        (say("What happened"), _happened(found, around)),
        (say("Why"), _why(found, around)),
        (say("What to do now"), advice.now),
        (say("What would help more"), [remedy.message for remedy in advice.more]),
        (say("What could not be read"), map(_closed, around.closed)),
    )
    for heading, lines in parts:
        if told := tuple(lines):
            yield Section(heading=heading, lines=told, bullets=heading.text in _LISTS)


def _happened(found: Diagnosis, around: Around) -> Iterator[Message]:
    if found.cause == "none" and found.read:
        yield count(found.lines, "Read: {names} (1 line)", "Read: {names} ({n} lines)",
                    names=", ".join(found.read))  # fmt: skip
    if found.cause == "counted" or (found.cause == "none" and around.closed):
        yield from _counted(around)
    yield from _deaths(found)
    if found.jobs:
        names = ", ".join(job.output for job in found.jobs[:SHOWN])
        more = len(found.jobs) - SHOWN
        yield (
            count(more, "Failed for it: {jobs} and 1 more", "Failed for it: {jobs} and {n} more",
                  jobs=names)
            if more > 0
            else say("Failed for it: {jobs}", jobs=names)
        )  # fmt: skip
    for job in found.jobs[:SHOWN]:
        if size := around.peaks.get(job.output):
            yield say("{job} took {size} in its last governed build.", job=job.output,
                      size=format_size(size))  # fmt: skip
    if found.evidence:
        yield say("The log says: {line}", line=found.evidence)
    yield from _whose(found, around)


def _deaths(found: Diagnosis) -> Iterator[Message]:
    """A row for each of the last ones, with what it held."""
    if found.by is None:
        return
    shown = found.deaths[-SHOWN:]
    by_uptime = any(death.uptime is not None for death in shown)
    if by_uptime:
        yield say("By the time since the machine was started, with the memory that each held:")
    elif any(death.size is not None for death in shown):
        yield say("With the memory that each held:")
    if (hidden := found.count - len(shown)) > 0:
        yield count(hidden, "  1 before these", "  {n} before these")
    width = max(len(death.program or "") for death in shown)
    for death in shown:
        yield say("  {row}", row=_when(death, by_uptime=by_uptime) + _row(death, width))
    if found.by == "systemd-oomd":
        yield say("It ends all that runs in such a unit: a terminal, for one, with its build.")


def _row(death: Death, width: int) -> str:
    size = "" if death.size is None else format_size(death.size)
    pid = "" if death.pid is None else f"pid {death.pid}"
    return f"{death.program or '':<{width}}  {pid:<11}{size:>9}".rstrip()


def _when(death: Death, *, by_uptime: bool) -> str:
    if death.uptime is not None:
        return f"{format_seconds(death.uptime):>12}  "
    if by_uptime:
        return " " * 14
    if death.wall is not None:
        return f"{datetime.fromtimestamp(death.wall).astimezone():%Y-%m-%d %H:%M:%S}  "
    return ""


def _whose(found: Diagnosis, around: Around) -> Iterator[Message]:
    """The limit, and who set it."""
    if found.cause == "cgroup":
        yield from _group_limit(found)
    elif found.cause == "host":
        yield from _host_limit(found)
    elif found.cause == "limit":
        yield _process_limit(found, around)


def _group_limit(found: Diagnosis) -> Iterator[Message]:
    name = found.cgroup
    if name is not None and found.limit is not None:
        size = format_size(found.limit)
        yield say("The limit: {size}, of the control group {name}.", size=size, name=name)
    elif name is not None:
        yield say("The limit is that of the control group {name}.", name=name)


def _host_limit(found: Diagnosis) -> Iterator[Message]:
    if found.limit is not None:
        yield say(
            "The limit: the machine's own memory, {ram} of RAM and {swap} of swap.",
            ram=format_size(found.limit),
            swap=format_size(found.swap or 0),
        )
    elif found.by:
        yield say("The limit: the machine's own memory. How much that is, the log does not tell.")


def _process_limit(found: Diagnosis, around: Around) -> Message:
    kind = limit_kind(found, around)
    if kind == "log" and found.limit is not None:
        size = format_size(found.limit)
        return say("The limit: {size} for each process (ulimit -v, in the log).", size=size)
    machine = around.machine
    if kind == "process" and machine is not None:
        limit = machine.process_limits[0]
        size = format_size(limit.bytes)
        return say("The limit: {size} for each process ({name}).", size=size, name=limit.name)
    if kind == "overcommit":
        return say("The limit: vm.overcommit_memory=2 lets programs reserve no more than there is.")
    return say("Which limit, the log does not tell: ulimit -v or vm.overcommit_memory=2.")


# ---------------------------------------------------------------- why


def _why(found: Diagnosis, around: Around) -> Iterator[Message]:
    if len(_heavy(found.beside)) > 1:
        yield from _together(found)
    elif found.by == "kernel" and not found.alone:
        yield from _apart(found)
    if found.alone:
        yield count(
            found.count,
            "It was alone: no other job to speak of ran. Fewer jobs would not have helped.",
            "One of them was alone: no other job to speak of ran. Fewer jobs would not have "
            "helped it.",
        )
    yield from _widths(found, around)
    if found.cause == "killed":
        yield from _signal_9(around)
    if found.cause == "limit":
        yield _LIMITS[limit_kind(found, around)]
    elif (reason := _REASONS.get(found.cause)) is not None:
        yield reason


def _together(found: Diagnosis) -> Iterator[Message]:
    """From the kernel's table of tasks."""
    heavy = _heavy(found.beside)
    tasks, held = _tasks(heavy), format_size(sum(map(_size, heavy)))
    if len({task.name for task in heavy}) == 1:
        yield say("When the kernel killed, there were: {tasks}.", tasks=tasks)
    else:
        yield say(
            "When the kernel killed, there were: {tasks}; together {sum}.", tasks=tasks, sum=held
        )
    largest = max(map(_size, heavy))
    if found.limit is not None and largest and not found.alone:
        yield count(
            found.limit // largest,
            "As large as the largest of them was then, 1 fits into {limit}.",
            "As large as the largest of them was then, {n} fit into {limit}.",
            limit=format_size(found.limit),
        )


def _size(task: Task) -> int:
    return task.held + (task.swapped or 0)


def _heavy(tasks: Sequence[Task]) -> list[Task]:
    """Without shells and drivers, which hold next to nothing."""
    most = max(map(_size, tasks), default=0)
    return [task for task in tasks if _size(task) * 20 >= most]


def _tasks(tasks: Iterable[Task]) -> str:
    """`3 x cc1plus (1.2 GiB), ld (2.6 GiB)`."""
    sums: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    for task in tasks:
        sums[task.name] += _size(task)
        numbers[task.name] += 1
    parts = (
        (name if numbers[name] == 1 else f"{numbers[name]} x {name}", size)
        for name, size in sums.most_common()
    )
    return ", ".join(f"{name} ({format_size(size)})" for name, size in parts)


def _apart(found: Diagnosis) -> Iterator[Message]:
    """Only the victims' own sizes are known."""
    sizes = [death.size for death in found.deaths if death.size is not None]
    if not sizes:
        return
    low, high = format_size(min(sizes)), format_size(max(sizes))
    if low == high:
        yield say("It held {size} when it was killed.", size=high)
    else:
        yield say("They held {low} to {high} when they were killed.", low=low, high=high)
    yield say("How many ran at once, the log does not tell.")


def _widths(found: Diagnosis, around: Around) -> Iterator[Message]:
    if found.width is not None:
        yield say("The build was told to run {n} jobs at once (-j{n}).", n=found.width)
    elif around.ran_at_once is not None and found.is_memory:
        yield say("The last build there ran {n} jobs at once, by ninja's log.",
                  n=around.ran_at_once)  # fmt: skip
    sizes = [death.size for death in found.deaths if death.size]
    machine = around.machine
    if found.cause != "host" or found.limit is not None or not sizes or machine is None:
        return
    if machine.memory is None or machine.cpus is None:
        return
    cpus = machine.cpus.cpus
    yield say(
        "This machine has {memory}: {n} jobs of the largest size fill it. Of itself ninja starts "
        "{width} on its {cpus} CPUs.",
        memory=format_size(machine.memory.bytes),
        n=machine.memory.bytes // max(sizes),
        width=ninjas_own(cpus),
        cpus=cpus,
    )


def ninjas_own(cpus: int) -> int:
    """The width of a ninja that is told none (GuessParallelism in its source)."""
    return cpus + 2 if cpus > 2 else cpus + 1


def _signal_9(around: Around) -> Iterator[Message]:
    yield say(
        "Hardly anything else sends signal 9 to a compiler than the kernel that is out of memory, "
        "or a container's limit. Only the kernel's log proves it."
    )
    if around.kills_counted == 0:
        yield say(
            "This machine's kernel has killed nothing for memory since it was started "
            "(/proc/vmstat): if the build ran here, somebody else has sent it."
        )
    else:
        yield from _counted(around)


def _counted(around: Around) -> Iterator[Message]:
    """By counters that everybody may read; they do not tell when, nor whom."""
    if around.kills_in_cgroup:
        yield count(
            around.kills_in_cgroup,
            "The kernel has killed 1 process for memory in this control group.",
            "The kernel has killed {n} processes for memory in this control group.",
        )
    elif around.kills_counted:
        yield count(
            around.kills_counted,
            "This machine's kernel has killed 1 process for memory since it was started "
            "(/proc/vmstat).",
            "This machine's kernel has killed {n} processes for memory since it was started "
            "(/proc/vmstat).",
        )


_OWN = say("Fewer jobs do not help: the limit is each process's own.")
_LIMITS: dict[LimitKind, Message] = {
    "log": _OWN,
    "process": _OWN,
    "overcommit": say("What all programs have reserved counts together, so fewer jobs help."),
    "unknown": say(
        "The first is each process's own, so that fewer jobs do not help; the second counts all "
        "programs together, so that they do."
    ),
}
_REASONS: dict[Cause, Message] = {
    "page file": say(
        "Windows refuses what fits neither into memory nor into the page file; all programs count "
        "together, so fewer jobs help."
    ),
    "address space": say(
        "A process of 32 bits has 2 to 4 GiB of addresses, however much memory the machine has. "
        "Fewer jobs do not help."
    ),
    "heap": say("The limit is the program's own option, however much memory the machine has."),
    "terminated": say(
        "A person, a time limit or a CI service sends that; earlyoom and nohang do, too, where "
        "memory is short: journalctl -u earlyoom -u nohang"
    ),
    "runner": say(
        "That may be for want of memory, but also of CPU or network: the log does not tell."
    ),
    "tasks": say("That is a limit on their number (ulimit -u, pids.max), not on memory."),
    "nonsense": say("A broken file or a defect of the program makes such numbers."),
    "broken": say(
        "The same file crashes it each time? Then it is a defect of the compiler. Another file "
        "each time, or none with -j1? Then memory is short after all, or broken."
    ),
}


def _closed(closed: Closed) -> Message:
    if closed.command is None:
        return say("{what}: {why}", what=closed.what, why=closed.why)
    return say("{what}: {why}. This would: {command}", what=closed.what, why=closed.why,
               command=closed.command)  # fmt: skip
