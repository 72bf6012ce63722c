"""Where the files that came with ninjapool lie. Reads none of them."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def cmake_dir() -> Path:
    """The folder of NinjaPool.cmake: in the package of a wheel, beside it in a source tree."""
    packaged = _PACKAGE / "cmake"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "cmake_modules"
