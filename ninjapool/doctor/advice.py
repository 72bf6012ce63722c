"""What to do: the one command for now, and what would help more, each with effect and source. Pure.

A remedy is given only where it fits: to the stage that died, its compiler and its linker. Figures
are measurements of ninjapool's own or published ones, and each says which. Runs nothing.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ninjapool.doctor.diagnosis import limit_kind
from ninjapool.doctor.messages import Message, say, to_copy
from ninjapool.doctor.programs import compiler, linker, plain
from ninjapool.units import format_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ninjapool.doctor.diagnosis import Diagnosis
    from ninjapool.doctor.findings import Around
    from ninjapool.model import Compiler, Linker, Lto

SHOWN = 5
_KERNEL_OR_KILLED = ("host", "cgroup", "daemon", "killed")
_FULL_DEBUG = re.compile(r"(?:^|\s)-g(?:[23]|gdb[23]?|dwarf-\d)?(?=\s|$)")
_FUSE = re.compile(r"-fuse-ld=(?:\S*/)?(?:ld\.)?(bfd|gold|lld|mold)\b")
_THIN = re.compile(r"-flto=thin\b")
_FULL_LTO = re.compile(r"-flto(?!=thin)\b")
_CUDA = frozenset(("nvcc", "cicc", "cudafe++", "ptxas", "fatbinary"))
OURS = "measured for ninjapool, 2026-11"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the remedies look at."""

    found: Diagnosis
    around: Around
    programs: frozenset[str]
    stages: frozenset[str]
    compiler: Compiler | None
    linker: Linker | None
    """None where it is not known."""
    debug: bool
    lto: Lto
    llvm: bool

    @property
    def links(self) -> bool:
        return "link" in self.stages

    @property
    def compiles(self) -> bool:
        return "compile" in self.stages

    @property
    def wsl(self) -> bool:
        return self.around.machine is not None and self.around.machine.wsl == 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    fits: Callable[[Case], bool]
    what: Message
    source: str

    @property
    def message(self) -> Message:
        return say("{what} [{source}]", what=self.what, source=self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    now: tuple[Message, ...]
    more: tuple[Remedy, ...]


def advise(found: Diagnosis, around: Around, command: str | None = None) -> Advice:
    """`command` is that which builds under ninjapool, where the build is known."""
    case = _case(found, around)
    now = tuple(_now(case, command))
    if not found.is_memory:
        return Advice(now=now, more=())
    return Advice(now=now, more=tuple(one for one in REMEDIES if one.fits(case))[:SHOWN])


# ---------------------------------------------------------------- what is known of the build


def _case(found: Diagnosis, around: Around) -> Case:
    project = around.project
    programs = {plain(death.program) for death in found.deaths if death.program}
    programs |= {plain(task.name) for task in found.beside}
    flags = " ".join(job.command or "" for job in found.jobs)
    lto: Lto = "thin" if _THIN.search(flags) else "full" if _FULL_LTO.search(flags) else "off"
    debug = project is not None and project.debug_info.value == "full" and not project.split_dwarf
    return Case(
        found=found,
        around=around,
        programs=frozenset(programs),
        stages=frozenset(death.stage for death in found.deaths),
        compiler=_compiler(programs) or (project.compiler.value if project else None),
        linker=_linker(programs, flags) or (project.linker.value if project else None),
        debug=debug or (bool(_FULL_DEBUG.search(flags)) and "-gsplit-dwarf" not in flags),
        lto=project.lto.value if project and project.lto.value != "off" else lto,
        llvm=project is not None and project.llvm,
    )


def _compiler(programs: set[str]) -> Compiler | None:
    return next(filter(None, map(compiler, sorted(programs))), None)


def _linker(programs: set[str], flags: str) -> Linker | None:
    if match := _FUSE.search(flags):
        names: dict[str, Linker] = {"bfd": "bfd", "gold": "gold", "lld": "lld", "mold": "mold"}
        return names[match[1]]
    return next(filter(None, map(linker, sorted(programs))), None)


# ---------------------------------------------------------------- now


def _now(case: Case, command: str | None) -> Iterator[Message]:
    found = case.found
    if found.cause in _KERNEL_OR_KILLED:
        yield from _govern(case, command)
    elif found.cause == "limit":
        yield from _lift(case)
    elif found.cause == "page file":
        yield say("Fewer compilers at once (/MP2, cmake --build DIR -j2), or a larger page file.")
    elif found.cause == "address space":
        yield say("Build with tools of 64 bits (MSVC: cmake -T host=x64), or with less debug "
                  "information.")  # fmt: skip
    elif found.cause == "heap":
        yield from _heap(case)
    elif found.cause == "disk":
        yield to_copy("df -h . /tmp")


def _govern(case: Case, command: str | None) -> Iterator[Message]:
    found = case.found
    if found.alone and found.limit is not None:
        yield say(
            "Give it more than {limit}, or make the largest job smaller: see below.",
            limit=format_size(found.limit),
        )
        return
    yield to_copy(command or _command(found))
    yield say("It starts a job when the memory that the job will need is free, and runs it again "
              "if it is killed all the same.")  # fmt: skip


def _command(found: Diagnosis) -> str:
    if found.driver == "cargo":
        return "ninjapool run -- cargo build"
    if found.driver == "make" and found.folder is None:
        return "ninjapool run -- make"
    return f"ninjapool build {shlex.quote(found.folder) if found.folder else 'BUILD-DIRECTORY'}"


def _lift(case: Case) -> Iterator[Message]:
    if limit_kind(case.found, case.around) == "overcommit":
        yield to_copy("sudo sysctl vm.overcommit_memory=0")
        return
    yield to_copy("ulimit -v unlimited")
    yield say("in the shell that builds; where that is not allowed, the limit is set in "
              "/etc/security/limits.conf, by the batch system or by the service.")  # fmt: skip


def _heap(case: Case) -> Iterator[Message]:
    if "node" in case.programs:
        yield to_copy("export NODE_OPTIONS=--max-old-space-size=4096")
    else:
        yield say("Raise its -Xmx: javac -J-Xmx2g, in Gradle org.gradle.jvmargs=-Xmx2g, in Maven "
                  "MAVEN_OPTS=-Xmx2g")  # fmt: skip


# ---------------------------------------------------------------- more


def _is_bfd(case: Case) -> bool:
    """GNU ld is what `ld` mostly is."""
    usual = case.linker in (None, "bfd", "other")
    return case.links and usual and case.found.cause not in ("address space", "page file")


def _in_container(case: Case) -> bool:
    return case.found.cause == "cgroup"


REMEDIES: tuple[Remedy, ...] = (
    Remedy(
        fits=lambda case: _is_bfd(case) and case.llvm,
        what=say("lld or mold in place of GNU ld (-DLLVM_USE_LINKER=lld): a link of clang took "
                 "1130 MiB with GNU ld, 285 with lld, 180 with mold"),
        source=f"clang + LLVM 14, Release, {OURS}",
    ),
    Remedy(
        fits=lambda case: _is_bfd(case) and not case.llvm and "rustc" not in case.programs,
        what=say("lld or mold in place of GNU ld (-fuse-ld=lld; from CMake 3.29 on "
                 "-DCMAKE_LINKER_TYPE=LLD): a link of clang took 1130 MiB with GNU ld, 285 with "
                 "lld, 180 with mold"),
        source=f"clang + LLVM 14, Release, {OURS}",
    ),
    Remedy(
        fits=lambda case: case.links and case.linker == "gold",
        what=say("lld or mold in place of gold: a link of clang took 678 MiB with gold, 285 with "
                 "lld, 180 with mold"),
        source=f"clang + LLVM 14, Release, {OURS}",
    ),
    Remedy(
        fits=lambda case: case.links and case.debug,
        what=say("-gsplit-dwarf (LLVM: -DLLVM_USE_SPLIT_DWARF=ON): a link of 9.19 GB took 1.95; "
                 "compiles stay as large"),
        source="CleverRaven/Cataclysm-DDA#73812",
    ),
    Remedy(
        fits=lambda case: case.links and case.debug,
        what=say("-DCMAKE_BUILD_TYPE=Release: a link of clang took 18.4 GiB with debug information "
                 "and 0.5 without"),
        source="clang 22, zackees/reld#101",
    ),
    Remedy(
        fits=lambda case: case.compiles and case.debug and not case.links,
        what=say("-g1 in place of -g: a compile takes 3 % more than without any, in place of 20 to "
                 "25 %"),
        source=f"gcc 12, one source, {OURS}",
    ),
    Remedy(
        fits=lambda case: case.links and case.lto == "full",
        what=say("ThinLTO in place of full LTO (-flto=thin): 40 % less for the link"),
        source="acton#3060",
    ),
    Remedy(
        fits=lambda case: case.links and case.lto == "thin",
        what=say("fewer threads in a ThinLTO link (-Wl,--thinlto-jobs=2): each took 33 MB, with "
                 "debug information 175"),
        source="llvm-dev, 2016-09-17, a fit to its figures",
    ),
    Remedy(
        fits=lambda case: bool(case.programs & _CUDA),
        what=say("fewer threads and architectures (nvcc --threads, CMAKE_CUDA_ARCHITECTURES): 3 to "
                 "5 GB each"),
        source="flash-attention#2079",
    ),
    Remedy(
        fits=lambda case: case.compiles and case.compiler == "gcc",
        what=say("clang in place of gcc (-DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++): "
                 "half the memory for a compile, 1230 MiB became 574"),
        source=f"gcc 12 and clang 14, one source of clang, {OURS}",
    ),
    Remedy(
        fits=lambda case: case.found.cause in ("host", "daemon", "killed") and case.wsl,
        what=say("WSL 2 gives Linux half of the PC's memory: in %UserProfile%\\.wslconfig, under "
                 "[wsl2], memory= and swap= give it more, after wsl --shutdown"),
        source="learn.microsoft.com/windows/wsl/wsl-config",
    ),
    Remedy(
        fits=_in_container,
        what=say("a higher limit for the container or service (docker run --memory, resources."
                 "limits.memory, MemoryMax=)"),
        source="docs.kernel.org/admin-guide/cgroup-v2",
    ),
    Remedy(
        fits=lambda case: "tablegen" in case.stages or (case.llvm and not _in_container(case)),
        what=say("-DLLVM_TARGETS_TO_BUILD=host: the AMDGPU target alone has a job of 2.6 GB"),
        source="llvm/llvm-project#193949",
    ),
    Remedy(
        fits=lambda case: case.llvm and case.links,
        what=say("-DLLVM_LINK_LLVM_DYLIB=ON: one large link in place of about a hundred"),
        source="llvm.org/docs/CMake.html",
    ),
    Remedy(
        fits=lambda case: case.compiles and case.compiler == "gcc" and case.found.alone,
        what=say("for this one source --param ggc-min-expand=10 --param ggc-min-heapsize=65536: "
                 "30 % less memory, twice the time"),
        source=f"gcc 12 -O2, one source of clang, {OURS}",
    ),
    Remedy(
        fits=lambda case: _is_bfd(case) and case.found.alone,
        what=say("where it must be GNU ld, -Wl,--no-keep-memory: 3 to 16 % less, slower"),
        source=OURS,
    ),
    Remedy(
        fits=lambda case: case.found.cause in ("host", "daemon", "killed") and not case.wsl,
        what=say("a swap file or zram: 1 GB of swap was enough for one source that was too large; "
                 "it does not replace fewer jobs"),
        source="nodejs/node#20289",
    ),
    Remedy(
        fits=lambda case: case.found.cause == "address space",
        what=say("-g1 in place of -g: less to link"),
        source="llvm/llvm-project#62195",
    ),
)  # fmt: skip
