"""Which edge a command is, from its text alone: its class, and a key that is the same next time.

Does not know build.ninja: what a command writes is what it says after `-o`, `ar` after its flags.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ninjapool.model import JobClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is known of a job from its command."""

    job_class: JobClass
    key: str
    """Its output, relative to the build's folder; where there is none, a few words of the command
    and a hash of all of it."""
    output: str | None
    """The absolute path that it writes, where the command names one."""
    source: str | None
    """The absolute path of what it compiles."""
    command: int
    """`hash()` of the shell text: to find the same edge again within this process."""


_SHELLS = frozenset({"sh", "bash", "dash", "ash", "busybox", "zsh"})
_LAUNCHERS = frozenset(
    {"ccache", "sccache", "distcc", "icecc", "recc", "env", "nice", "time", "exec", "timeout"}
    | {"chronic"}
)
_COMPILER = re.compile(
    r"(?:[\w.+]+-)*(?:c\+\+|cc|gcc|g\+\+|clang|clang\+\+|clang-cl|flang|flang-new|gfortran|ifx|"
    r"nvcc|hipcc|icc|icpc|icx|icpx|tcc)(?:-?\d[\d.]*)?"
)
_OTHERS: tuple[tuple[JobClass, re.Pattern[str]], ...] = (
    ("tablegen", re.compile(r"[\w.-]*(?:tblgen|tablegen)[\w.-]*", re.IGNORECASE)),
    ("archive", re.compile(r"(?:[\w.+]+-)*(?:ar|ranlib|libtool)(?:-?\d[\d.]*)?")),
    ("link", re.compile(r"(?:[\w.+]+-)*(?:ld|lld|mold|gold|collect2)(?:[.-][\w.]+)?")),
    ("compile", re.compile(r"rustc|swiftc|swift-frontend|cc1|cc1plus|ldc2|ghc")),
)
_COMPILES = re.compile(r"\s(?:-c|-S|-E|-fsyntax-only|--precompile|-M|-MM)(?=\s|$)")
_OUTPUT = re.compile(r"""\s(?:-o\s*|--output[= ])(?:"([^"]+)"|'([^']+)'|([^\s"';&|]+))""")
_SOURCE = re.compile(r"""\s-c\s+(?:"([^"]+)"|'([^']+)'|([^\s"';&|]+))""")
_ARCHIVE = re.compile(r"(?:^|[\s/-])ar(?:-?\d[\d.]*)?\s+-?\w+\s+(\S+\.\w+)(?=\s|$)")
_CRATE = re.compile(r"\s--crate-name\s+(\S+)")
_FOLDER = re.compile(r"""\s*cd\s+(?:"([^"]+)"|'([^']+)'|(\S+))\s*&&""")
_PLAIN = re.compile(r"[\w.+-]{0,40}")
_NEXT_COMMAND = re.compile(r"&&|\|\||;|[|<>]")
_FEW = 8
"""Words, among which one is sought that says what a command does."""
_SETTING = re.compile(r"\w+=")
_FLANG = re.compile(r"(?:^|/)flang/")


def shell_text(command: Sequence[str]) -> str:
    """What a driver handed to its shell; a command without a shell is its words with blanks."""
    if len(command) >= 3 and posixpath.basename(command[0]) in _SHELLS and command[1] == "-c":
        return command[2]
    return " ".join(command)


def identify(command: Sequence[str], folder: str | None, base: str) -> Identity:
    """The identity of a job that runs `command` in `folder`; keys are relative to `base`."""
    text = shell_text(command)
    job_class = _class(text)
    output = _output(text, folder or base, job_class)
    key = _key_of_text(text, base) if output is None else _relative(output, base)
    if job_class == "compile" and _FLANG.search(key):
        job_class = "flang"
    source = _path(_SOURCE, text, folder or base) if job_class in ("compile", "flang") else None
    return Identity(job_class=job_class, key=key, output=output, source=source, command=hash(text))


def _key_of_text(text: str, base: str) -> str:
    """`command python3 check.py 0123456789abcdef`: the words are for people."""
    crate = _CRATE.search(text)
    said = crate[1] if crate else _said(text)
    placeless = text.replace(base.rstrip("/") + "/", "")
    digest = hashlib.blake2b(placeless.encode("utf-8", "surrogateescape"), digest_size=8)
    return " ".join(word for word in ("command", said, digest.hexdigest()) if word)


def _said(text: str) -> str:
    """The program, and the first that it is given which is no option: a script, a verb, a file."""
    text = _FOLDER.sub("", text, count=1)
    word = program(text)
    if word is None:
        return ""
    own = _NEXT_COMMAND.split(text.partition(word)[2], maxsplit=1)[0].split(None, _FEW)[:_FEW]
    given = (one for one in own if one.strip("\"'") and not one.startswith("-"))
    said = [posixpath.basename(one.strip("\"'")) for one in (word, next(given, ""))]
    return " ".join(name for name in said if name) if all(map(_PLAIN.fullmatch, said)) else ""


def _relative(path: str, base: str) -> str:
    inside = base.rstrip("/") + "/"
    return path.removeprefix(inside)


def _output(text: str, folder: str, job_class: JobClass) -> str | None:
    return _path(_ARCHIVE if job_class == "archive" else _OUTPUT, text, folder)


def _path(pattern: re.Pattern[str], text: str, folder: str) -> str | None:
    """The absolute path that the pattern finds."""
    if entered := _FOLDER.match(text):
        folder = posixpath.join(folder, entered[1] or entered[2] or entered[3])
    found = pattern.search(text)
    if not found:
        return None
    name = next(group for group in found.groups() if group)
    return None if name == "-" else posixpath.normpath(posixpath.join(folder, name))


def _class(text: str) -> JobClass:
    for part in re.split(r"&&|\|\||;", text):
        for program in _programs(part):
            if _COMPILER.fullmatch(posixpath.basename(program)):
                return "compile" if _COMPILES.search(part) else "link"
            for job_class, pattern in _OTHERS:
                if pattern.fullmatch(posixpath.basename(program)):
                    return job_class
    return "other"


def program(text: str) -> str | None:
    """What a command runs that tells its class; the first program where none does."""
    parts = re.split(r"&&|\|\||;", _FOLDER.sub("", text, count=1))
    found = [word for part in parts for word in _programs(part) if word != ":"]
    known = (word for word in found if _class(word) != "other")
    return next(known, found[0] if found else None)


def compiler_name(name: str) -> bool:
    return bool(_COMPILER.fullmatch(name))


def _programs(part: str) -> Iterator[str]:
    """The program of a simple command, after what only launches it."""
    words = part.split(None, 40)[:40]
    if "__run_co_compile" in words and "--" in words:
        words = words[words.index("--") + 1 :]
    for word in words:
        path = word.strip("\"'")
        sets = _SETTING.match(word)
        if posixpath.basename(path) not in _LAUNCHERS and not sets and not word.startswith("-"):
            yield path
            return
