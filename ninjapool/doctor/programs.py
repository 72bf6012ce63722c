"""Programs by the names that the kernel and compilers give them: what each does in a build.

The kernel cuts a name after 15 characters. Knows no sizes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ninjapool.model import Compiler, Linker

Stage = Literal["compile", "link", "tablegen", "driver", "other"]

_VERSION = re.compile(r"(?:-\d+(?:\.\d+)*|\.exe)+$")
_COMPILERS: dict[str, Compiler] = {
    **dict.fromkeys(
        ("cc1", "cc1plus", "cc1obj", "cc1objplus", "f951", "gnat1", "d21", "gcc", "g++"), "gcc"
    ),
    **dict.fromkeys(("clang", "clang++", "flang", "flang-new", "clang-cl"), "clang"),
    **dict.fromkeys(("cl", "CL", "c1xx", "c2"), "msvc"),
}
_OTHER_COMPILERS = {
    "as", "rustc", "nvcc", "cicc", "cudafe++", "ptxas", "fatbinary", "javac", "java", "swiftc",
    "swift-frontend", "icx", "icpx", "ldc2", "ghc", "go1", "compile", "cc", "c++",
}  # fmt: skip
_LINKERS: dict[str, Linker | None] = {
    "ld": None, "ld.bfd": "bfd", "ld.gold": "gold", "gold": "gold", "ld.lld": "lld", "lld": "lld",
    "lld-link": "lld", "ld64.lld": "lld", "ld.mold": "mold", "mold": "mold", "collect2": None,
    "link": None, "dwz": None, "dsymutil": None, "lto1": None, "lto-wrapper": None,
    "lto1-wpa": None, "lto1-ltrans": None, "linker": None,
}  # fmt: skip
_DRIVERS = {"ninja", "make", "gmake", "cmake", "cargo", "bazel", "samu", "n2", "meson", "ctest"}


def plain(program: str) -> str:
    """`/usr/bin/clang-14` and `clang.exe` are clang."""
    name = re.split(r"[/\\]", program)[-1]
    return _VERSION.sub("", name) or name


def stage(program: str) -> Stage:
    name = plain(program)
    if name in _LINKERS:
        return "link"
    if name in _COMPILERS or name in _OTHER_COMPILERS:
        return "compile"
    if name.endswith(("-tblgen", "-tblge", "-tblg")):
        return "tablegen"
    return "driver" if name in _DRIVERS else "other"


def is_of_a_build(program: str) -> bool:
    return stage(program) != "other"


def compiler(program: str) -> Compiler | None:
    return _COMPILERS.get(plain(program))


def linker(program: str) -> Linker | None:
    """None also for `ld`, which is whatever the driver was told to use."""
    return _LINKERS.get(plain(program))
