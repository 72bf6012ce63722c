"""Tells the family of a compiler from its name, its links, or, last of all, from itself."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.model import Compiler, Setting
from ninjapool.paths import is_file, real
from ninjapool.project.language import parse_commands

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ninjapool.project.variables import Variables

_ANSWER_SECONDS = 5.0
_LAUNCHERS = {"ccache", "sccache", "distcc", "icecc", "buildcache"}
# Compilers that are clang inside, so far as memory goes.
_CLANG = re.compile(r"clang|flang|^(?:icx|icpx|dpcpp|hipcc|emcc|em\+\+|zig)(?:$|[-.])")
_GCC = re.compile(r"(?:^|-)(?:gcc|g\+\+)(?:$|[-.\d])")
_MSVC = re.compile(r"^cl(?:\.exe)?$")
_IDS: dict[str, Compiler] = {"GNU": "gcc", "MSVC": "msvc", "IntelLLVM": "clang"}

# The first of these on the PATH is what cmake takes (CMakeDetermineCXXCompiler.cmake, ...C...).
_DEFAULTS = {
    "CXX": ("c++", "g++", "cl", "icpx", "icx", "clang++"),
    "C": ("cc", "gcc", "cl", "icx", "clang"),
}


def ask_version(path: Path) -> str:
    """What `<path> --version` prints; empty where it cannot be run or takes too long."""
    try:
        done = subprocess.run(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ANSWER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", errors="replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The system that the build runs on, so far as compilers are concerned."""

    env: Mapping[str, str]
    platform: str = sys.platform
    ask: Callable[[Path], str] = ask_version
    """What a program prints at --version, for one whose name tells nothing."""

    def find(self, name: str) -> Path | None:
        """The program, if it is on the PATH or is a path itself."""
        found = shutil.which(name, path=self.env.get("PATH", ""))
        return Path(found) if found else None


def read_compiler(
    variables: Variables, language: str, host: Host, build: Path | None = None
) -> Setting[Compiler]:
    """The compiler of `language` (CXX or C), with where it was learned."""
    given = variables.get(f"CMAKE_{language}_COMPILER")
    if given is None or not given.value:
        return _default(language, host)
    if given.source.endswith("CMakeCache.txt"):
        identity = _identity(build, language)
        if identity is not None:
            return Setting(value=identity, source=given.source)
    text = f"{given.value} {variables.text(f'CMAKE_{language}_COMPILER_ARG1')}"
    family, seen = _family(text, host)
    return Setting(value=family, source=f"{given.source}{seen}")


def _default(language: str, host: Host) -> Setting[Compiler]:
    for name in _DEFAULTS[language]:
        found = host.find(name)
        if found:
            family, seen = _family(str(found), host)
            return Setting(value=family, source=f"default: CMake takes {found}{seen}")
    return Setting(value="other", source="default: no compiler is on the PATH")


def _family(text: str, host: Host) -> tuple[Compiler, str]:
    """The family of a compiler's command line, and what was looked at to tell it."""
    name = _program(text)
    # On macOS, gcc and g++ without a version are Apple's clang.
    apple = host.platform == "darwin" and not re.search(r"\d", Path(name).name)
    if (family := family_of(name)) and not (apple and family == "gcc"):
        return family, ""
    found = host.find(name)
    if found is None:
        return "other", ""
    target = real(found)
    if (family := family_of(target.name)) and not apple:
        return family, f", which is {target.name}"
    answer = host.ask(found).splitlines() or [""]
    return _family_of_answer("\n".join(answer)), f", which says {answer[0]!r}"


def _program(text: str) -> str:
    """The compiler in `ccache g++ -m64` or `clang++;--target=x`."""
    if is_file(Path(text.strip())):
        return text.strip()
    words: Sequence[str]
    try:
        words = shlex.split(text.replace(";", " ")) or [""]
    except ValueError:  # an apostrophe in a path
        words = text.split() or [""]
    for word in words:
        if Path(word).stem not in _LAUNCHERS and "=" not in word:
            return word
    return words[0]


def family_of(name: str) -> Compiler | None:
    """The family that a name or path tells: None for `c++`, which may be any."""
    low = re.split(r"[/\\]", name)[-1].lower()
    if _CLANG.search(low):
        return "clang"
    if _GCC.search(low):
        return "gcc"
    return "msvc" if _MSVC.search(low) else None


def _family_of_answer(text: str) -> Compiler:
    if "clang" in text.lower() or "LLVM" in text:
        return "clang"
    if "Free Software Foundation" in text or re.search(r"\bg(?:cc|\+\+)\b", text):
        return "gcc"
    return "msvc" if "Microsoft" in text else "other"


def _identity(build: Path | None, language: str) -> Compiler | None:
    """What CMake itself found the compiler of an existing build directory to be."""
    if build is None:
        return None
    for path in sorted(build.glob(f"CMakeFiles/*/CMake{language}Compiler.cmake")):
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for command in parse_commands(text):
            if command.args[:1] == (f"CMAKE_{language}_COMPILER_ID",) and command.args[1:]:
                identity = command.args[1]
                return "clang" if "Clang" in identity else _IDS.get(identity, "other")
    return None
