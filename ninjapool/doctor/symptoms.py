"""What a line of a build's output means: the forms of compilers, linkers, drivers and CI services.

One line at a time and without judgement: a sign that is weak alone (`killed?`, `refused?`,
`limited?`) is weighed by `diagnosis`. Knows no kernel's log. Each form is one that was captured, or
seen in a report or in a tool's source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ninjapool.doctor import words
from ninjapool.doctor.findings import Symptom
from ninjapool.doctor.programs import plain

if TYPE_CHECKING:
    from ninjapool.doctor.findings import Kind

SHOWN = 240
"""Characters of a line that are kept to be shown."""
_ABSURD = 1 << 47
"""An address space is no larger; who asks for more has a broken file or a bug."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A form of line; its groups `program`, `code` and `bytes` go into the symptom."""

    kind: Kind
    needles: tuple[str, ...]
    """One of them is in every such line."""
    form: re.Pattern[str]
    program: str | None = None


def _sign(
    kind: Kind, needles: str | tuple[str, ...], form: str, program: str | None = None
) -> Sign:
    found = (needles,) if isinstance(needles, str) else needles
    return Sign(kind, found, re.compile(form), program)


# Gaps are bounded throughout, so that no line can make the search quadratic.
_GCC = (
    r"^(?:.{0,80}[\s/\\])?(?:[\w.+-]{0,40}-)?(?:g\+\+|gcc|c\+\+|cc|gfortran|gnat\w{0,9})"
    r"(?:-\d{1,2})?(?:\.exe)?: .{0,60}?"
)
_INNER = r"(?P<program>cc1(?:plus|obj|objplus)?|lto1|f951|gnat1|d21|collect2|as|lto-wrapper)"
_INNERS = (" cc1", " lto1", " f951", " gnat1", " d21", " lto-wrapper", "program as")
_COLLECT = r"^(?:.{0,80}[\s/\\])?collect2(?:\.exe)?: .{0,80}?\b(?P<program>ld)\b.{0,60}?"
_TOOL = (
    r"(?:^|[\s/'])(?P<program>ninja|g?make(?=[\[:])|cmake|(?:[\w.-]{0,40}-)?(?:g\+\+|gcc|c\+\+|cc"
    r"|clang(?:\+\+)?|as|ar|ranlib|ld(?:\.\w{1,8})?)|mold|collect2|cargo|rustc|cc1(?:plus)?|lto1"
    r"|nvcc|(?:ba|da)?sh)(?:-\d{1,2}|\[\d{1,3}\])?: "
)
_ENDED = r"\b(?:exit(?:ed)?|return(?:ed|s)?|terminated)\b[^.;]{0,60}?\b(?:code|status):? ?\(?"

_EXIT_137 = ("code 137", "code: 137", "code=137", "status 137", "status: 137", "Error 137")
_EXIT_143 = ("code 143", "code: 143", "code=143", "status 143", "status: 143", "Error 143")
_EXIT_134 = ("code 134", "code: 134", "code=134", "status 134", "status: 134", "Error 134")

_FORKS = (
    "fork: ",
    "posix_spawn: ",
    "mmap: ",
    "exec: ",
    "execv: ",
    "execvp: ",
    "clone: ",
    "link failed: ",
)

SIGNS: tuple[Sign, ...] = (
    # ------------------------------------------------ killed by signal 9
    _sign("killed", _INNERS, rf"{_GCC}(?<!\w){words.KILLED}(?!\w).{{0,60}}?\b{_INNER}\b"),
    _sign("killed", "signal terminated program", rf"{_GCC}: signal terminated program {_INNER}$"),
    _sign(
        "killed",
        "collect2: ",
        rf"{_COLLECT}(?<!\d)9(?!\d) ?\[.{{1,40}}\]",
    ),
    _sign(
        "killed",
        "unable to execute command: Killed",
        r"\berror: unable to execute command: Killed(?:: 9)?$",
        "clang",
    ),
    _sign("linking", "linker command failed", r"\blinker command failed due to signal\b"),
    _sign("killed", "signal 9", r"\b(?P<program>ld) terminated with signal 9\b"),
    _sign(
        "killed",
        "died due to signal 9",
        r"'(?P<program>cicc|cudafe\+\+|ptxas|fatbinary|\S{1,40})' died due to signal 9\b",
    ),
    _sign(
        "killed",
        "SIGKILL",
        r"process didn't exit successfully: `(?:\S+[\\/])?(?P<program>rustc|build-script-[\w-]+|"
        r"build-script-build)\b.*\(signal: 9, SIGKILL: kill\)",
    ),
    _sign(
        "killed",
        "command failed due to signal 9",
        r"error: (?:[\w-]+ )+command failed due to signal 9\b",
        "swift-frontend",
    ),
    _sign("killed", "killed by signal 9", r"^sccache: .*[Cc]ompiler killed by signal 9\b"),
    _sign("killed", "*** Signal 9", r"^\*\*\* Signal 9$"),
    _sign("killed", _EXIT_137, r"(?:\[code=|\bError |" + _ENDED + r")(?P<code>137)\b"),
    _sign(
        "killed",
        "*** [",
        rf"^\S*make(?:\[\d+\])?: \*\*\* \[.+\] {words.KILLED}$",
    ),
    _sign(
        "killed",
        "Killed",
        r"^\S+: (?:line )?\d+: +\d+ Killed +(?:\S*/)?(?P<program>[\w.+-]+)",
    ),
    _sign("killed?", "Killed", r"^(?:\S+: (?:line )?\d+: +\d+ )?Killed$"),
    _sign(
        "container",
        "OOMKilled",
        r"\b(?:[Rr]eason: +\"?OOMKilled|\"?OOMKilled\"?: ?true|\"reason\": ?\"OOMKilled\")",
    ),
    # ------------------------------------------------ an allocation was refused
    _sign("refused", "virtual memory exhausted:", r"(?:^|\s)virtual memory exhausted: ", "gcc"),
    _sign(
        "refused",
        "out of memory allocating",
        r"(?:^|\s)(?:(?P<program>[\w.+-]+): )?out of memory allocating (?P<bytes>\d{1,30}) bytes",
        "ld",  # names itself, unlike all others, by nothing
    ),
    _sign("refused", "LLVM ERROR: out of memory", r"(?<![#/;:] )\bLLVM ERROR: out of memory\b"),
    _sign("page file", "LLVM error :", r"^LINK : LLVM error : out of memory", "lld-link"),
    _sign(
        "refused",
        "memory exhausted",
        r"(?:^|[\s/-])(?P<program>ld(?:\.\w{1,8})?): .{1,300}: memory exhausted$",
    ),
    _sign("refused", "yy_create_buffer", r"\bout of dynamic memory in yy_create_buffer\(\)", "ld"),
    _sign(
        "refused",
        "failed to allocate",
        rf"\b(?P<program>ld\.gold|gold): fatal error: .{{0,200}}?failed to allocate "
        rf"(?P<bytes>\d{{1,20}}) bytes for output file: {words.NO_MEMORY}",
    ),
    _sign(
        "refused",
        ": out of memory",
        r"\b(?P<program>ld\.gold|lld-link|ld\.lld|cc1(?:plus)?)"
        r"(?:\.exe)?: (?:error: |fatal error: )?out of memory$",
    ),
    _sign(
        "refused",
        "mimalloc: error:",
        r"^mimalloc: error: .*unable to allocate memory \((?P<bytes>\d{1,20}) bytes\)",
        "mold",
    ),
    _sign(
        "refused",
        "failed to map segment",
        r"(?P<program>[\w.+-]{1,40}): error while loading shared libraries: .{1,200}: "
        r"failed to map segment from shared object"
        rf"(?:: {words.NO_MEMORY})?$",
    ),
    _sign("refused", "catastrophic error", r"\bcatastrophic error: out of memory\b", "cudafe++"),
    _sign(
        "refused",
        "rustc-LLVM ERROR",
        r"\brustc-LLVM ERROR: out of memory\b",
        "rustc",
    ),
    _sign(
        "refused",
        ("Could not reserve enough space", "insufficient memory for the Java"),
        r"^Could not reserve enough space for \d+KB object heap"
        r"|^# There is insufficient memory for the Java Runtime Environment to continue",
        "java",
    ),
    _sign("refused", "ResourceExhausted", r"\bResourceExhausted: .*cannot allocate memory\b"),
    _sign("page file", ("error C1060", "error C1002"), r"\bfatal error C10(?:60|02): ", "cl"),
    _sign("page file", ("error C1076", "error C3859"), r"\berror C(?:1076|3859): ", "cl"),
    _sign("page file", "LNK1102", r"\bfatal error LNK1102: ", "link"),
    _sign(
        "page file",
        ("error 1455", "error code: 1455"),
        r"\bLNK1171: .{1,200}\(error code: 1455\)"
        r"|\bos error 1455\b",
        "link",
    ),
    _sign("page file", "paging file is too small", r"\bThe paging file is too small for this"),
    _sign(
        "refused",
        _FORKS,
        rf"{_TOOL}.{{0,200}}?\b(?:v?fork|posix_spawn|mmap|execvp?|clone|final link)\b.{{0,80}}?"
        rf"{words.NO_MEMORY}",
    ),
    _sign("refused", "mmap failed", rf"\bmmap failed: {words.NO_MEMORY}", "mold"),
    _sign(
        "refused?",
        "memory allocation of",
        r"^memory allocation of "
        r"(?P<bytes>\d{1,20}) bytes failed",
    ),
    _sign(
        "refused?",
        "std::bad_alloc",
        r"^terminate called after throwing an instance of "
        r"'std::bad_alloc'|^\s*what\(\):\s+std::bad_alloc|^std::bad_alloc$",
    ),
    _sign(
        "limited?",
        "file not recognized",
        r"\.(?:o|a|so)\S{0,40}: file not recognized: "
        r"file format not recognized$",
        "ld",
    ),
    _sign("limited?", "what():", r"^\s*what\(\): +Resource temporarily unavailable$"),
    # ------------------------------------------------ a limit of the program's own
    _sign("heap", "The system is out of resources", r"^The system is out of resources\.$", "javac"),
    _sign("heap", "JVM heap space is exhausted", r"\bJVM heap space is exhausted\b", "java"),
    _sign("heap", "heap out of memory", r"\bJavaScript heap out of memory\b", "node"),
    # ------------------------------------------------ a compiler or linker gave up
    _sign("aborted", "collect2: ", rf"{_COLLECT}(?<!\d)6(?!\d) ?\[.{{1,40}}\]"),
    _sign(
        "aborted",
        "internal compiler error: Aborted",
        r"\b(?P<program>cc1(?:plus)?|lto1): internal compiler error: Aborted",
    ),
    _sign("aborted", "could not compile", r"^error: could not compile `", "rustc"),
    _sign("aborted", _EXIT_134, r"(?:\[code=|\bError |" + _ENDED + r")(?P<code>134)\b"),
    _sign("broken", "internal compiler error", r"\binternal compiler error: (?!Killed|Aborted)"),
    _sign("broken", "PLEASE submit a bug report", r"^PLEASE submit a bug report to "),
    # ------------------------------------------------ ended by somebody
    _sign("terminated", _INNERS, rf"{_GCC}(?<!\w){words.TERMINATED}(?!\w).{{0,60}}?\b{_INNER}\b"),
    _sign("terminated", "collect2: ", rf"{_COLLECT}(?<!\d)15(?!\d) ?\[.{{1,40}}\]"),
    _sign(
        "terminated",
        "unable to execute command: Terminated",
        r"\berror: unable to execute command: Terminated",
    ),
    _sign("terminated", "*** [", rf"^\S*make(?:\[\d+\])?: \*\*\* \[.+\] {words.TERMINATED}$"),
    _sign("terminated", _EXIT_143, r"(?:\[code=|\bError |" + _ENDED + r")(?P<code>143)\b"),
    _sign("interrupted", "interrupted by user", r"^ninja: build stopped: interrupted by user\.$"),
    _sign("interrupted", "] Interrupt", r"^\S*make(?:\[\d+\])?: \*\*\* \[.+\] Interrupt$"),
    _sign("interrupted", ("code=130", "Error 130"), r"\[code=130\]|\bError 130$"),
    # ------------------------------------------------ what CI services say
    _sign("runner", "received a shutdown signal", r"\bThe runner has received a shutdown signal\b"),
    _sign("runner", "lost communication", r"\bThe hosted runner(?:: .*)? lost communication with"),
    _sign("runner", "stopped hearing from agent", r"\bWe stopped hearing from agent\b"),
    _sign("low memory", "Free memory is lower", r"\bFree memory is lower than \d+%"),
    # ------------------------------------------------ not memory
    _sign("disk", ("No space left on device", "ENOSPC"), r"\bNo space left on device\b|\bENOSPC\b"),
    _sign(
        "tasks",
        "esource temporarily unavailable",
        rf"{_TOOL}.{{0,200}}?\b(?:v?fork|posix_spawn|clone)\b.{{0,80}}?"
        r"Resource temporarily unavailable",
    ),
    _sign("tasks", "Cannot fork", r"\b(?:ba|da)?sh: (?:\d+: )?Cannot fork$"),
    _sign(
        "forbidden",
        "read kernel buffer failed",
        r"^dmesg: read kernel buffer failed: Operation not permitted",
    ),
)
_NEEDLES = tuple((needle, at) for at, sign in enumerate(SIGNS) for needle in sign.needles)


def symptom_of(line: str, at: int) -> Symptom | None:
    """The first form that the line has; order tells which is the more exact."""
    for index in sorted(index for needle, index in _NEEDLES if needle in line):
        if match := SIGNS[index].form.search(line):
            return _symptom(SIGNS[index], match, line, at)
    return None


def _symptom(sign: Sign, match: re.Match[str], line: str, at: int) -> Symptom:
    groups = match.groupdict()
    program, code, size = groups.get("program"), groups.get("code"), groups.get("bytes")
    asked = int(size) if size else None
    nonsense = asked is not None and asked > _ABSURD
    return Symptom(
        kind="nonsense" if nonsense else sign.kind,
        line=line.strip()[:SHOWN],
        at=at,
        program=plain(program) if program else sign.program,
        code=int(code) if code else None,
        bytes=asked,
    )
