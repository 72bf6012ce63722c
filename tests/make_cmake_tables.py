"""Writes cmake_modules/NinjaPool/tables/*.cmake from the profiles: `python -m tests.make_cmake_tables`.

CMake has no logarithm, so what `ninjapool.plan.sizing` works out of a profile is laid down here
as integers, for every combination of settings by which the profiles tell jobs apart. A test
compares the files with the profiles.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from ninjapool.model import Project, Setting
from ninjapool.plan.sizing import THETAS, UNLUCK, mean_running, pressure
from ninjapool.profiles import estimate, read_profile
from ninjapool.units import MIB

if TYPE_CHECKING:
    from ninjapool.model import Estimate, JobClass
    from ninjapool.profiles import Profile

T = TypeVar("T")
Rows = dict[str, str]

TABLES = Path(__file__).parents[1] / "cmake_modules" / "NinjaPool" / "tables"

# Where a profile's rows are those of another, its file includes that other's.
BASES = {"cuda": "generic", "clang": "llvm", "mlir": "clang"}
PROFILES = ("generic", "llvm", "clang", "mlir", "cuda")

COMPILERS = ("gcc", "clang")
DEBUG = {"none": ("none", "Release"), "lines": ("lines", "Release"), "full": ("full", "Release")}
DEBUG |= {"debug": ("full", "Debug")}
COMPILE_SANITIZERS = ("none", "undefined", "address")
NVCC_THREADS = (1, 2, 4, 8, 32)

LTO = ("off", "thin", "full")
LINK_DEBUG = {"none": ("none", False), "full": ("full", False), "split": ("full", True)}
LINKERS = ("bfd", "gold", "lld")
LINK_SANITIZERS = ("none", "address")
LINK_THREADS = (1, 2, 16, 128, 1024)

HEAD = """\
# Made by tests/make_cmake_tables.py from the profile `{name}`; not to be edited.
# A row: mean MiB of a running job; its largest peak in MiB; the class's share of the time, in
# millionths; then ln E[exp(t * memory)] in billionths for each t of sizing.cmake.
"""


def table(name: str) -> str:
    """The text of the file of one profile."""
    rows = all_rows(name)
    base = BASES.get(name)
    known = all_rows(base) if base else {}
    lines = [HEAD.format(name=name)]
    if base:
        lines.append(f'include("${{CMAKE_CURRENT_LIST_DIR}}/{base}.cmake")\n')
    lines += [f"set({key} {row})\n" for key, row in rows.items() if known.get(key) != row]
    return "".join(lines)


def grid() -> str:
    """The file of what all profiles share."""
    return (
        "# Made by tests/make_cmake_tables.py; not to be edited.\n"
        "# ln(1 / risk) in billionths, and the grid of t in billionths per MiB.\n"
        f"set(unluck {UNLUCK})\n"
        f"set(thetas {' '.join(map(str, THETAS))})\n"
    )


@cache
def all_rows(name: str) -> Rows:
    return {**compile_rows(name), **link_rows(name)}


def compile_rows(name: str) -> Rows:
    threads = NVCC_THREADS if name == "cuda" else (1,)
    keys = product(COMPILERS, DEBUG, COMPILE_SANITIZERS, threads)
    return dict(_compile_row(name, *key) for key in keys)


def _compile_row(
    name: str, compiler: str, debug: str, sanitizer: str, threads: int
) -> tuple[str, str]:
    debug_info, build_type = DEBUG[debug]
    project = a_project(
        compiler=compiler,
        debug_info=debug_info,
        build_type=build_type,
        sanitizers=() if sanitizer == "none" else (sanitizer,),
        cuda_threads=threads,
    )
    key = f"compile_{compiler}_{debug}_{sanitizer}_{threads}"
    return key, _row(_estimate(name, project, "compile", cpus=1))


def link_rows(name: str) -> Rows:
    keys = product(LTO, LINK_DEBUG, LINKERS, LINK_SANITIZERS, LINK_THREADS)
    return dict(_link_row(name, *key) for key in keys if key[0] == "thin" or key[-1] == 1)


def _link_row(
    name: str, lto: str, debug: str, linker: str, sanitizer: str, threads: int
) -> tuple[str, str]:
    debug_info, split = LINK_DEBUG[debug]
    project = a_project(
        lto=lto,
        debug_info=debug_info,
        split_dwarf=split,
        linker=linker,
        sanitizers=() if sanitizer == "none" else (sanitizer,),
    )
    key = f"link_{lto}_{debug}_{linker}_{sanitizer}_{threads}"
    return key, _row(_estimate(name, project, "link", cpus=threads))


def _estimate(name: str, project: Project, job_class: JobClass, *, cpus: int) -> Estimate:
    (found,) = estimate(_profile(name), project, cpus=cpus, only=(job_class,))
    return found


@cache
def _profile(name: str) -> Profile:
    return read_profile(name)


def _row(found: Estimate) -> str:
    numbers = (
        max(mean_running(found) // MIB, 1),
        -(-found.distribution.max // MIB),
        round(found.share * 1_000_000),
        *pressure(found),
    )
    return " ".join(map(str, numbers))


def a_project(
    *,
    split_dwarf: bool = False,
    cuda_threads: int = 1,
    sanitizers: tuple[str, ...] = (),
    **own: Any,
) -> Project:
    """A project of which only what matters to the profiles is known; gcc, Release, GNU ld."""
    facts = {"compiler": "gcc", "build_type": "Release", "debug_info": "none", "lto": "off"}
    facts |= {"linker": "bfd"} | own
    return Project(
        source=PurePath("/source"),
        name="any",
        llvm=False,
        split_dwarf=split_dwarf,
        cuda_threads=cuda_threads,
        sanitizers=sanitizers,
        **{key: _setting(value) for key, value in facts.items()},
    )


def _setting(value: T) -> Setting[T]:
    return Setting(value=value, source="given")


FILES = ("grid", *PROFILES)


def text_of(name: str) -> str:
    """The text of one of FILES."""
    return grid() if name == "grid" else table(name)


def main() -> None:
    TABLES.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (TABLES / f"{name}.cmake").write_text(text_of(name), encoding="utf-8")


if __name__ == "__main__":
    main()
