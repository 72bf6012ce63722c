"""One log, read once from its beginning to its end, in memory that does not grow with it.

Takes blocks of bytes and gives `Findings`. Most blocks of a long log hold no word that means
something: they are passed over without being split into lines. Knows no file and no other log.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import replace
from typing import Generic, TypeVar

from ninjapool.doctor import daemons, kernel, symptoms
from ninjapool.doctor.findings import Findings, Job, Kill, Symptom
from ninjapool.doctor.stamps import stamp
from ninjapool.doctor.text import clean, unprefixed
from ninjapool.units import KIB

BLOCK = 256 * KIB
_KEPT = 200
_LONGEST_LINE = 64 * KIB
_COMMAND = 2048
"""Characters of a failed job's command that are kept: a compiler's flags stand at its front."""

_NINJA_FAILED = re.compile(r"^FAILED: (?:\[code=(\d{1,5})\] )?(.+?) ?$")
_NINJA_STATUS = re.compile(r"^\[\d{1,9}/\d{1,9}\] |^ninja: ")
_MAKE_FAILED = re.compile(
    r"^\S{0,40}?make(?:\[\d{1,3}\])?: \*\*\* "
    r"\[(?:[^\]]{0,400}?:\d{1,9}: )?(?P<job>[^\]]{1,400})\] .{0,40}?(?P<code>\d{1,3})?$"
)
_ENTERED = re.compile(
    r"^(ninja|g?make)(?:\[\d{1,3}\])?: Entering directory [`'\u2018](.{1,400}?)['\u2019]"
)
_WIDTH = re.compile(
    r"\b(?:ninja|make|cmake --build|cargo build)\b.{0,300}? "
    r"(?:-j ?|--jobs[ =]|--parallel[ =])(\d{1,4})\b"
)
_ULIMIT = re.compile(r"\bulimit (?:-[SH] )?-[SH]?v (\d{1,15})\b")
_DRIVERS = (
    ("ninja", re.compile(r"^ninja: |^FAILED: |^\[\d{1,9}/\d{1,9}\] ")),
    ("make", re.compile(r"^g?make(?:\[\d{1,3}\])?: ")),
    ("cargo", re.compile(r"^ {0,4}Compiling \S+ v\d|^error: could not compile `")),
)
NEEDLES = (
    b"memory", b"signal", b"Signal 9", b"Killed", b"134", b"137", b"143", b"130", b" cc1", b" lto",
    b" f951", b" gnat1", b" d21", b"collect2: ", b"*** ", b"FAILED: ", b"error C", b"LNK1",
    b"1455", b"map segment", b"bad_alloc", b" heap", b"what():", b"mmap failed", b"yy_create",
    b"unable to execute command", b"compiler error", b"PLEASE submit", b"interrupted by",
    b"lost communication", b"stopped hearing", b"No space left", b"ENOSPC", b"fork",
    b"temporarily unavailable", b"kernel buffer", b"could not compile", b"out of resources",
    b"paging file", b"file not recognized", b"failed to allocate", b"Entering directory",
    b"ulimit -", b"oom-kill", b"was killed: ", b"total_vm", b"result of limit", b"pages RAM",
    b"Total swap = ", b"sending SIG", b"systemd-oomd[", b"the victim", b"Name: ", b"posix_spawn: ",
    b"mmap: ", b"exec", b"clone: ", b"link failed: ",
)  # fmt: skip
"""Few and short, as each costs a search through the log; every telling line has one of them."""
_HEAD = 200
"""Lines at the beginning that are all looked at: a log begins with the command that it is of."""

T = TypeVar("T")


class _Ends(Generic[T]):
    """The first and the last of many; those between are only counted."""

    def __init__(self) -> None:
        self._first: list[T] = []
        self._last: deque[T] = deque(maxlen=_KEPT)

    def add(self, one: T) -> None:
        (self._first if len(self._first) < _KEPT else self._last).append(one)

    def all(self) -> list[T]:
        return [*self._first, *self._last]


class Scanner:
    """Feed it blocks, then `finish` it."""

    def __init__(self, name: str, now: float) -> None:
        self._found = Findings(name=name)
        self._now = now
        self._rest = b""
        self._reports = kernel.Reports()
        self._daemons = daemons.Daemons()
        self._symptoms: _Ends[Symptom] = _Ends()
        self._kills: _Ends[Kill] = _Ends()
        self._jobs: _Ends[Job] = _Ends()
        self._counts: Counter[str] = Counter()
        self._job: Job | None = None
        """Whose output is being shown: ninja names a job before it."""
        self._unnamed: list[Symptom] = []
        """Symptoms of a job that make will name after its output."""
        self._command_next = False

    def feed(self, block: bytes) -> None:
        text = self._rest + block.replace(b"\r", b"\n")  # ninja on a terminal ends no lines
        cut = text.rfind(b"\n") + 1
        if len(text) - cut > _LONGEST_LINE:
            cut = len(text)
        self._rest = text[cut:]
        self._take(text[:cut])

    def finish(self) -> Findings:
        self._take(self._rest)
        if (kill := self._reports.flush()) is not None:
            self._kill(kill)
        self._settle()
        found = self._found
        found.symptoms, found.kills = self._symptoms.all(), self._kills.all()
        found.jobs, found.counts = self._jobs.all(), self._counts
        return found

    def _take(self, text: bytes) -> None:
        """The lines that have a needle, and those between them where they matter."""
        done = 0
        for hit in _hits(text):
            if hit < done:
                continue
            start = text.rfind(b"\n", done, hit) + 1 or done
            end = text.find(b"\n", hit)
            end = len(text) if end < 0 else end
            self._between(text[done:start])
            self._line(clean(text[start:end]))
            done = end + 1
        self._between(text[done:])

    def _between(self, text: bytes) -> None:
        """Lines without a needle."""
        at = 0
        while self._is_close_up and at < len(text):
            end = text.find(b"\n", at)
            end = len(text) if end < 0 else end
            self._line(clean(text[at:end]))
            at = end + 1
        self._found.lines += text.count(b"\n", at)
        if self._job is not None and (text[at : at + 1] == b"[" or text.find(b"\n[", at) >= 0):
            self._settle()  # ninja has gone on to another job

    @property
    def _is_close_up(self) -> bool:
        """Whether every line counts."""
        return self._reports.open or self._command_next or self._found.lines < _HEAD

    def _line(self, line: str) -> None:
        self._found.lines += 1
        if not line:
            return
        kill = self._reports.take(line) or self._daemons.take(line)
        if kill is not None:
            self._kill(replace(kill, when=stamp(line, self._now)))
        elif not self._reports.open:
            self._build_line(unprefixed(line).lstrip(" "))  # pip indents

    def _kill(self, kill: Kill) -> None:
        self._counts["kills"] += 1
        self._kills.add(kill)

    # ------------------------------------------------------------ a build's own lines

    def _build_line(self, line: str) -> None:
        if self._command_next:
            self._command(line)
        self._around(line)
        if match := _NINJA_FAILED.search(line):
            self._settle()
            self._job = Job(output=match[2], code=int(match[1]) if match[1] else None)
            self._command_next = True
        elif _NINJA_STATUS.search(line):
            self._settle()
        if symptom := symptoms.symptom_of(line, self._found.lines):
            self._symptom(symptom)
        if match := _MAKE_FAILED.search(line):
            self._made(match)

    def _command(self, line: str) -> None:
        self._command_next = False
        if self._job is not None:
            self._job = replace(self._job, command=line[:_COMMAND])

    def _around(self, line: str) -> None:
        """Who builds, where, how wide and under which limit."""
        found = self._found
        if found.driver is None:
            found.driver = next((name for name, form in _DRIVERS if form.search(line)), None)
        if found.folder is None and (match := _ENTERED.search(line)):
            found.folder = match[2]
        if found.width is None and (match := _WIDTH.search(line)):
            found.width = int(match[1])
        if "ulimit" in line and (match := _ULIMIT.search(line)):
            found.process_limit = int(match[1]) * KIB

    def _symptom(self, symptom: Symptom) -> None:
        self._counts[symptom.kind] += 1
        if self._job is not None:
            self._symptoms.add(replace(symptom, job=self._job.output))
        elif len(self._unnamed) < _KEPT:
            self._unnamed.append(symptom)

    def _made(self, match: re.Match[str]) -> None:
        """Only the innermost make names the job itself; the others repeat that it failed."""
        if not self._unnamed:
            return
        code = int(match["code"]) if match["code"] else None
        self._jobs.add(Job(output=match["job"], code=code))
        self._name_them(match["job"])

    def _name_them(self, job: str | None) -> None:
        for symptom in self._unnamed:
            self._symptoms.add(replace(symptom, job=job))
        self._unnamed = []

    def _settle(self) -> None:
        """A job's output is over, or the log is."""
        self._name_them(None)
        if self._job is not None:
            self._jobs.add(self._job)
        self._job = None


def _hits(text: bytes) -> list[int]:
    """Where the needles are. Each alone is found by the C library, faster than one expression."""
    found = []
    for needle in NEEDLES:
        at = text.find(needle)
        while at >= 0:
            found.append(at)
            at = text.find(needle, at + len(needle))
    return sorted(found)
