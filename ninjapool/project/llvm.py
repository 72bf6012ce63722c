"""What of LLVM's own tree matters to memory: its version, and whether flang has its pool."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MAJOR = re.compile(r"set\s*\(\s*LLVM_VERSION_MAJOR\s+(\d+)", re.IGNORECASE)
_FLANG_POOL = "FLANG_PARALLEL_COMPILE_JOBS"


def llvm_major(source: Path) -> int | None:
    """19 for LLVM 19; None where the tree does not say (an installed LLVM)."""
    # The version moved out of llvm/CMakeLists.txt in LLVM 19.
    files = (source.parent / "cmake/Modules/LLVMVersion.cmake", source / "CMakeLists.txt")
    return next((major for file in files if (major := parse_major(_text(file)))), None)


def parse_major(text: str) -> int | None:
    match = _MAJOR.search(text)
    return int(match[1]) if match else None


def has_flang_pool(source: Path) -> bool:
    """Whether this flang reads FLANG_PARALLEL_COMPILE_JOBS, as it does since LLVM 21."""
    files = (source.parent / "flang/CMakeLists.txt", source / "CMakeLists.txt")
    return any(_FLANG_POOL in _text(file) for file in files)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""  # an older LLVM, or one laid out in another way, does not have it
