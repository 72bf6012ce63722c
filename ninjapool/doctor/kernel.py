"""The kernel's report of an out-of-memory kill, Linux 3.x to 6.x, and FreeBSD's one line of it.

A report is many lines: who asked in vain, whose limit it was, a table of all tasks, who was killed.
Any of them may be missing, since the kernel's log is a ring. Knows no clock and no other killers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ninjapool.doctor.findings import Kill, Task
from ninjapool.doctor.programs import is_of_a_build
from ninjapool.units import KIB

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN_TASKS = 64
_MOST_TASKS = 100_000
_USUAL_PAGE = 4 * KIB
_PAGES = (4 * KIB, 16 * KIB, 64 * KIB)

_KILLED = re.compile(
    r"(?:(?P<cgroup>Memory cgroup out of memory)|(?P<host>Out of memory)[^:]{0,40}): "
    r"Kill(?:ed)? process (?P<pid>\d{1,10}) \((?P<name>.{1,16}?)\)(?P<rest>[, ].*|$)"
)
_SECOND_LINE = re.compile(r"\bKilled process (?P<pid>\d{1,10}) \((?P<name>.{1,16}?)\)(?P<rest>.*)")
_SIZES = re.compile(r"\b(total-vm|anon-rss|file-rss|shmem-rss):(\d{1,15})kB")
_CONSTRAINT = re.compile(r"\boom-kill:constraint=(?P<what>CONSTRAINT_\w+)(?P<rest>.*)")
_OF_GROUP = re.compile(r"\boom_memcg=([^,\s]*)")
_OLD_GROUP = re.compile(r"\bTask in \S+ killed as a result of limit of (\S+)")
_LIMIT = re.compile(r"\bmemory: usage \d{1,15}kB, limit (\d{1,19})kB")
_RAM = re.compile(r"\b(\d{1,15}) pages RAM\b")
_SWAP = re.compile(r"\bTotal swap = (\d{1,15})kB")
_HEADER = re.compile(r"\[ *pid *\] +uid +tgid +total_vm +rss .*\bname\b")
_ROW = re.compile(r"\[ *(\d{1,10})\] +(\d{1,10} .{1,200})$")
_FREEBSD = re.compile(
    r"\bpid (?P<pid>\d{1,10}) \((?P<name>.{1,19}?)\), (?:jid \d+, )?uid \d+, was killed: "
    r"(?:failed to reclaim memory|out of swap space|a thread waited too long to allocate a page)"
)
_OF_A_GROUP = "CONSTRAINT_MEMCG"
BEGIN = "invoked oom-killer"
NEEDLES = (
    BEGIN, "ut of memory", "Killed process", "oom-kill:", "was killed: ", "total_vm",
    "memory: usage", "as a result of limit of", "pages RAM", "Total swap = ",
)  # fmt: skip
"""A text without any of these has no report."""


@dataclass(slots=True)
class Reports:
    """Takes the lines one by one, and gives the kills as they are complete."""

    _tasks: list[tuple[int, str, dict[str, int]]] = field(default_factory=list)
    _columns: list[str] = field(default_factory=list)
    _constraint: str | None = None
    _cgroup: str | None = None
    _limit: int | None = None
    _ram_pages: int | None = None
    _swap: int | None = None
    _first_line: Kill | None = None
    """Of kernels before 5.0, which say the sizes on a second line."""
    open: bool = False
    """A report has begun and its kill is still to come."""

    def take(self, line: str) -> Kill | None:
        if not self.open and not any(needle in line for needle in NEEDLES):
            return None
        if match := _KILLED.search(line):
            return self._killed(match)
        if self._first_line is not None and (match := _SECOND_LINE.search(line)):
            return self._sized(match)
        if match := _FREEBSD.search(line):
            pid, name = int(match["pid"]), match["name"]
            return Kill(by="kernel", pid=pid, name=name, for_cgroup=False)
        self._learn(line)
        return None

    def _learn(self, line: str) -> None:
        """What a report says before its last line."""
        if BEGIN in line:
            self._forget()
            self.open = True
        elif match := _HEADER.search(line):
            self._columns = match[0].split("]", 1)[1].split()
            self._tasks.clear()
            self.open = True
        elif self._columns and (match := _ROW.search(line)):
            self._row(int(match[1]), match[2].split())
        else:
            self._learn_limit(line)

    def _learn_limit(self, line: str) -> None:
        if match := _CONSTRAINT.search(line):
            self._constraint = match["what"]
            group = _OF_GROUP.search(match["rest"])
            self._cgroup = group[1] if group else None
        elif match := _OLD_GROUP.search(line):
            self._constraint, self._cgroup = _OF_A_GROUP, match[1]
        elif match := _LIMIT.search(line):
            self._limit = int(match[1]) * KIB
        elif match := _RAM.search(line):
            self._ram_pages = int(match[1])
        elif match := _SWAP.search(line):
            self._swap = int(match[1]) * KIB

    def _row(self, pid: int, cells: list[str]) -> None:
        numbers = len(self._columns) - 1
        if len(cells) <= numbers or len(self._tasks) >= _MOST_TASKS:
            return
        pairs = zip(self._columns, cells[:numbers], strict=False)
        values = {name: int(cell) for name, cell in pairs if cell.isdecimal()}
        if "total_vm" in values and "rss" in values:  # else the line was cut or mixed with another
            self._tasks.append((pid, " ".join(cells[numbers:]), values))

    def _killed(self, match: re.Match[str]) -> Kill | None:
        kill = Kill(
            by="kernel",
            pid=int(match["pid"]),
            name=match["name"],
            for_cgroup=bool(match["cgroup"]) or self._constraint == _OF_A_GROUP,
            cgroup=self._cgroup,
        )
        if "total-vm:" not in match["rest"]:
            self._first_line = kill
            return None
        return self._complete(kill, match["rest"])

    def _sized(self, match: re.Match[str]) -> Kill:
        first = self._first_line
        assert first is not None
        self._first_line = None
        # A thread may be named on the first line, its process on the second.
        return self._complete(replace(first, pid=int(match["pid"])), match["rest"])

    def flush(self) -> Kill | None:
        """A kill whose second line never came."""
        kill, self._first_line = self._first_line, None
        return kill

    def _complete(self, kill: Kill, sizes: str) -> Kill:
        kib = {name: int(size) for name, size in _SIZES.findall(sizes)}
        own_kinds = [kib[name] for name in ("anon-rss", "shmem-rss") if name in kib]
        parts = [kib[name] for name in ("anon-rss", "file-rss", "shmem-rss") if name in kib]
        page = self._page(kill.pid, kib.get("total-vm"))
        tasks = [_task(pid, name, values, page) for pid, name, values in self._tasks]
        own = next((task for task in tasks if task.pid == kill.pid), None)
        done = replace(
            kill,
            anon=sum(own_kinds) * KIB if own_kinds else None,
            resident=sum(parts) * KIB if parts else None,
            swapped=own.swapped if own else None,
            limit=self._whose_limit(kill, page),
            swap=None if kill.for_cgroup else self._swap,
            beside=_largest(tasks),
        )
        self._forget()
        return done

    def _whose_limit(self, kill: Kill, page: int) -> int | None:
        if kill.for_cgroup:
            return self._limit
        return None if self._ram_pages is None else self._ram_pages * page

    def _page(self, pid: int | None, total_vm: int | None) -> int:
        """The table counts pages, the last line KiB: both have the victim's total_vm."""
        pages = next((row["total_vm"] for id_, _, row in self._tasks if id_ == pid), None)
        if pages and total_vm:
            return min(_PAGES, key=lambda page: abs(page * pages - total_vm * KIB))
        return _USUAL_PAGE

    def _forget(self) -> None:
        self._tasks = []
        self._columns = []
        self._constraint = self._cgroup = self._limit = self._ram_pages = self._swap = None
        self.open = False


def _task(pid: int, name: str, values: dict[str, int], page: int) -> Task:
    swapped = values.get("swapents")
    return Task(
        pid=pid,
        name=name,
        held=_held(values) * page,
        swapped=None if swapped is None else swapped * page,
    )


def _held(values: dict[str, int]) -> int:
    """Pages without those of files, where the kernel tells them apart (6.7)."""
    if "rss_anon" in values:
        return values["rss_anon"] + values.get("rss_shmem", 0)
    return values["rss"]


def _largest(tasks: Iterable[Task]) -> tuple[Task, ...]:
    """All of the build that there is room for, then whatever else is large."""
    order = sorted(tasks, key=lambda task: (not is_of_a_build(task.name), -task.held))
    return tuple(order[:SHOWN_TASKS])
