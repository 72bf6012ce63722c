"""What compiler and linker flags mean for memory. Knows no variable and no file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ninjapool.model import Compiler, DebugInfo, Linker, Lto

# -g, -g2, -ggdb3, -gdwarf-5, -glldb ...; not -gsplit-dwarf, -gz, -gno-..., -gcolumn-info.
_DEBUG = re.compile(r"-g(?:gdb|dwarf|stabs|lldb|sce|dbx|codeview)?(?:-?(\d))?")
_DWARF_VERSION = re.compile(r"-gdwarf-?\d")
_LINES = {"-gline-tables-only", "-gmlt", "-gline-directives-only"}
_MSVC_DEBUG = re.compile(r"[-/]Z(?:i|I|7)")
_PARALLEL = re.compile(r"(?:--threads|-t)(?:=|\s+|(?=\d))(\d+)")

# What CMake adds for a build type, by compiler family (Modules/Compiler/GNU.cmake and others).
_GNU_DEFAULTS = {
    "DEBUG": "-g",
    "RELEASE": "-O3 -DNDEBUG",
    "RELWITHDEBINFO": "-O2 -g -DNDEBUG",
    "MINSIZEREL": "-Os -DNDEBUG",
}
_MSVC_DEFAULTS = {
    "DEBUG": "/Zi /Ob0 /Od /RTC1",
    "RELEASE": "/O2 /Ob2 /DNDEBUG",
    "RELWITHDEBINFO": "/Zi /O2 /Ob1 /DNDEBUG",
    "MINSIZEREL": "/O1 /Ob1 /DNDEBUG",
}


def default_flags(build_type: str, compiler: Compiler) -> str:
    """What CMake adds for one of its four build types; empty for others and for none."""
    table = _MSVC_DEFAULTS if compiler == "msvc" else _GNU_DEFAULTS
    return table.get(build_type.upper(), "")


def debug_flag(flags: str) -> tuple[DebugInfo, str] | None:
    """What the last debug flag asks for, and that flag; None where there is none."""
    found = [(level, flag) for flag in flags.split() if (level := _debug_level(flag))]
    return found[-1] if found else None


def _debug_level(flag: str) -> DebugInfo | None:
    if flag in _LINES:
        return "lines"
    if _DWARF_VERSION.fullmatch(flag) or _MSVC_DEBUG.fullmatch(flag):
        return "full"
    match = _DEBUG.fullmatch(flag)
    if match is None:
        return None
    levels: dict[str, DebugInfo] = {"0": "none", "1": "lines"}
    return levels.get(match[1], "full")


def splits_dwarf(flags: str) -> bool:
    """True where debug information stays out of the link: -gsplit-dwarf is the last word."""
    words = [flag for flag in flags.split() if flag.startswith(("-gsplit-dwarf", "-gno-split"))]
    return bool(words) and words[-1].startswith("-gsplit-dwarf")


def lto_flag(flags: str) -> tuple[Lto, str] | None:
    """What the last LTO flag asks for, and that flag."""
    found: list[tuple[Lto, str]] = []
    for flag in flags.split():
        if flag == "-flto=thin":
            found.append(("thin", flag))
        elif flag == "-fno-lto":
            found.append(("off", flag))
        elif flag in ("-flto", "/GL", "-GL") or flag.startswith("-flto="):
            found.append(("full", flag))
    return found[-1] if found else None


def linker_flag(flags: str) -> tuple[Linker, str] | None:
    """The linker of the last -fuse-ld= or --ld-path=, and that flag."""
    found = [word for word in flags.split() if word.startswith(("-fuse-ld=", "--ld-path="))]
    return (linker_of(found[-1].split("=", 1)[1]), found[-1]) if found else None


def linker_of(name: str) -> Linker:
    """The family of a linker's name or path: `ld.lld-19`, `/usr/bin/mold`, `lld-link`."""
    low = re.split(r"[/\\]", name)[-1].lower()
    families: tuple[Linker, ...] = ("mold", "lld", "gold", "bfd")
    return next((family for family in families if family in low), "other")


def sanitizers(flags: str) -> tuple[str, ...]:
    """The sanitizers that are on at the end of the flags, sorted."""
    on: set[str] = set()
    for flag in flags.split():
        option, _, names = flag.partition("=")
        if option in ("-fsanitize", "/fsanitize"):
            on |= set(filter(None, names.split(",")))
        elif option == "-fno-sanitize":
            on = set() if names == "all" else on - set(names.split(","))
    return tuple(sorted(on))


def nvcc_threads(flags: str) -> int | None:
    """The --threads of nvcc, None where it is not set; 0 means one for each architecture."""
    found = [int(count) for count in _numbers(flags)]
    return found[-1] if found else None


def _numbers(flags: str) -> Iterator[str]:
    for match in re.finditer(rf"(?:^|\s){_PARALLEL.pattern}(?=\s|$)", flags):
        yield match[1]
