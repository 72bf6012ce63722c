"""Writes cmake_modules/NinjaPool/tables/ from the profiles: `python -m tests.make_cmake_tables`.

CMake has no logarithm, so what `ninjapool.plan.sizing` works out of a profile is laid down here
as integers, for every combination of settings by which the profiles tell jobs apart. A test
compares the files with the profiles.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.plan.sizing import THETAS, UNLUCK, mean_running, pressure
from ninjapool.profiles import estimate, read_profile
from ninjapool.units import MIB
from tests.builders import project

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ninjapool.model import JobClass, Project
    from ninjapool.profiles import Profile

TABLES = Path(__file__).parents[1] / "cmake_modules" / "NinjaPool" / "tables"

PROFILES = ("generic", "llvm", "clang", "mlir", "cuda")
# Where most of a profile's rows are those of another, its file includes that other's.
BASES = {"cuda": "generic", "clang": "llvm", "mlir": "clang"}

COMPILERS = ("gcc", "clang")
COMPILE_DEBUG = {
    "none": ("none", "Release"),
    "lines": ("lines", "Release"),
    "full": ("full", "Release"),
    "debug": ("full", "Debug"),
}
COMPILE_SANITIZERS = ("none", "undefined", "address")
NVCC_THREADS = (1, 2, 4, 8, 32)

LTO = ("off", "thin", "full")
LINK_DEBUG = {"none": ("none", False), "full": ("full", False), "split": ("full", True)}
LINKERS = ("bfd", "gold", "lld")
LINK_SANITIZERS = ("none", "address")
LINK_THREADS = (1, 2, 16, 128, 1024)

HEAD = """\
# Made by tests/make_cmake_tables.py from the profile `{name}`; not to be edited.
# A row: mean MiB of a running job; the largest peak in MiB; the class's share of the time, in
# millionths; then ln E[exp(t * memory)] in billionths, for each t of grid.cmake.
"""
GRID = f"""\
# Made by tests/make_cmake_tables.py; not to be edited.
# ln(1 / risk) in billionths, and the grid of t in billionths per MiB.
set(unluck {UNLUCK})
set(thetas {" ".join(map(str, THETAS))})
"""
FILES = ("grid", *PROFILES)


def text_of(name: str) -> str:
    """The text of one of FILES."""
    return GRID if name == "grid" else _table(name)


def _table(name: str) -> str:
    base = BASES.get(name)
    known = _rows(base) if base else {}
    lines = [HEAD.format(name=name)]
    if base:
        lines.append(f'include("${{CMAKE_CURRENT_LIST_DIR}}/{base}.cmake")\n')
    lines += [f"set({key} {row})\n" for key, row in _rows(name).items() if known.get(key) != row]
    return "".join(lines)


@cache
def _rows(name: str) -> Mapping[str, str]:
    profile = read_profile(name)
    return {**_compile_rows(profile), **_link_rows(profile)}


def _compile_rows(profile: Profile) -> dict[str, str]:
    threads = NVCC_THREADS if profile.name == "cuda" else (1,)
    rows = {}
    for key in product(COMPILERS, COMPILE_DEBUG, COMPILE_SANITIZERS, threads):
        compiler, debug, sanitizer, count = key
        debug_info, build_type = COMPILE_DEBUG[debug]
        facts = project(
            compiler=compiler,
            debug_info=debug_info,
            build_type=build_type,
            sanitizers=_one(sanitizer),
            cuda_threads=count,
        )
        rows["_".join(("compile", *map(str, key)))] = _row(profile, facts, "compile")
    return rows


def _link_rows(profile: Profile) -> dict[str, str]:
    rows = {}
    for key in product(LTO, LINK_DEBUG, LINKERS, LINK_SANITIZERS, LINK_THREADS):
        lto, debug, linker, sanitizer, count = key
        if count > 1 and lto != "thin":
            continue
        debug_info, split = LINK_DEBUG[debug]
        facts = project(
            lto=lto,
            debug_info=debug_info,
            split_dwarf=split,
            linker=linker,
            sanitizers=_one(sanitizer),
        )
        rows["_".join(("link", *map(str, key)))] = _row(profile, facts, "link", cpus=count)
    return rows


def _one(sanitizer: str) -> tuple[str, ...]:
    return () if sanitizer == "none" else (sanitizer,)


def _row(profile: Profile, facts: Project, job_class: JobClass, cpus: int = 1) -> str:
    (found,) = estimate(profile, facts, cpus=cpus, only=(job_class,))
    numbers = (
        max(mean_running(found) // MIB, 1),
        -(-found.distribution.max // MIB),
        round(found.share * 1_000_000),
        *pressure(found),
    )
    return " ".join(map(str, numbers))


def main() -> None:
    TABLES.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (TABLES / f"{name}.cmake").write_text(text_of(name), encoding="utf-8")


if __name__ == "__main__":
    main()
