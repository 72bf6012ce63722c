"""The frozen values that flow from probe to plan to emit. Holds no behaviour beyond their own sums.

Bytes and counts are `int`, seconds are `float`; what is not known is `None`, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePath

T = TypeVar("T")

JobClass = Literal["compile", "heavy", "link", "tablegen", "flang", "archive", "remote", "other"]
"""`heavy`: those compiles that earlier builds have shown to be so, in a pool of their own.
`remote`: a compile that is done elsewhere, of which a stub and a preprocessor are here."""
Compiler = Literal["gcc", "clang", "msvc", "other"]
Linker = Literal["bfd", "gold", "lld", "mold", "other"]
Lto = Literal["off", "thin", "full"]
DebugInfo = Literal["none", "lines", "full"]
RemoteKind = Literal["distcc", "icecc", "sccache", "recc"]

# ---------------------------------------------------------------- the machine


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryLimit:
    """One limit that the memory of the whole build is under."""

    name: str
    """What a user would call it: `host RAM`, `cgroup /user.slice (memory.max)`."""
    source: str
    """Where it was read: `/proc/meminfo MemTotal`."""
    bytes: int
    """The limit."""
    headroom: int | None = None
    """What is free under it now: limit less unreclaimable use. None where use is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessLimit:
    """A ceiling on each process (RLIMIT_AS, RLIMIT_DATA), not on their sum."""

    name: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuLimit:
    """One limit on the CPUs that the build may use at once."""

    name: str
    source: str
    cpus: int
    """Whole CPUs; a quota is rounded up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """Swap space; `zram` says that some of it is compressed memory, so no memory of its own."""

    total: int
    free: int | None
    zram: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Overcommit:
    """Linux overcommit mode 2: allocation fails at `limit` ("virtual memory exhausted")."""

    mode: int
    limit: int | None
    committed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What one look at the machine told: every limit with its source, none left out."""

    platform: str
    """`linux`, `darwin`, `windows`."""
    memory_limits: tuple[MemoryLimit, ...]
    cpu_limits: tuple[CpuLimit, ...]
    process_limits: tuple[ProcessLimit, ...] = ()
    swap: Swap | None = None
    overcommit: Overcommit | None = None
    container: str | None = None
    """`docker`, `kubernetes`, `podman`, `lxc`, ... or None outside of one."""
    wsl: int | None = None
    """1 or 2 inside the Windows Subsystem for Linux."""
    wslconfig: str | None = None
    """What the Windows user's .wslconfig says of memory, e.g. `memory=6GB, swap=0`."""
    tmpfs_build: PurePath | None = None
    """The mount point, where the build directory is on a tmpfs and so eats memory."""
    notes: tuple[str, ...] = ()
    """What was missing, unreadable or nonsense, one sentence each."""

    @property
    def memory(self) -> MemoryLimit | None:
        """The lowest limit, the one that binds."""
        return min(self.memory_limits, key=lambda limit: limit.bytes, default=None)

    @property
    def headroom(self) -> MemoryLimit | None:
        """The limit with the least room now."""
        known = [limit for limit in self.memory_limits if limit.headroom is not None]
        return min(known, key=lambda limit: limit.headroom or 0, default=None)

    @property
    def cpus(self) -> CpuLimit | None:
        """The lowest CPU limit, the one that binds."""
        return min(self.cpu_limits, key=lambda limit: limit.cpus, default=None)


# ---------------------------------------------------------------- the project


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Generic[T]):
    """A value and where it was learned: `-DCMAKE_BUILD_TYPE=Debug`, `preset dev`, `default`."""

    value: T
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What will be built, as far as memory is concerned."""

    source: PurePath
    """The folder that cmake is given: in LLVM's repository its llvm/."""
    name: str
    llvm: bool
    """True where LLVM's HandleLLVMOptions is in charge of the pools."""
    compiler: Setting[Compiler]
    build_type: Setting[str]
    debug_info: Setting[DebugInfo]
    lto: Setting[Lto]
    linker: Setting[Linker]
    build: PurePath | None = None
    """The build directory, where -B or a preset names one."""
    generator: Setting[str] | None = None
    """`Ninja`, ...; None where nobody has said, so that CMake takes its default."""
    split_dwarf: bool = False
    shared_libs: bool = False
    """LLVM_LINK_LLVM_DYLIB, BUILD_SHARED_LIBS: links are small."""
    sanitizers: tuple[str, ...] = ()
    subprojects: tuple[str, ...] = ()
    """LLVM_ENABLE_PROJECTS, e.g. ("clang", "flang"); empty elsewhere."""
    llvm_major: int | None = None
    """19 in the tree of LLVM 19."""
    flang_pool: bool = False
    """Whether the tree's flang knows FLANG_PARALLEL_COMPILE_JOBS."""
    languages: tuple[str, ...] = ()
    """Of the project() call where it can be read: ("C", "CXX", "CUDA")."""
    cuda_threads: int = 1
    """nvcc --threads."""
    user_settings: Mapping[str, Setting[str]] = field(default_factory=dict)
    """Pool settings that are the user's own: LLVM_PARALLEL_LINK_JOBS, CMAKE_JOB_POOLS, ..."""
    remote: Remote | None = None
    """Where its compiles go, if they go anywhere."""
    edges: Mapping[JobClass, int] = field(default_factory=dict)
    """How many edges of each class an existing build directory has; empty before the first."""
    notes: tuple[str, ...] = ()


# ---------------------------------------------------------------- beyond the machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A distributed compiler that is installed: where compiles may go."""

    kind: RemoteKind
    program: str
    """The launcher, as a path."""
    slots: Setting[int]
    """Compiles that its hosts take at once."""
    preprocessors: Setting[int] | None = None
    """How many of them its client lets be preprocessed here at once; None where it has no limit."""
    notes: tuple[str, ...] = ()

    @property
    def behind_ccache(self) -> bool:
        """Whether ccache's CCACHE_PREFIX may name it; the other two are caches themselves."""
        return self.kind in ("distcc", "icecc")


# ---------------------------------------------------------------- estimates


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Peaks of the jobs of a class, in bytes: a tail, not a constant."""

    median: int
    p95: int
    p99: int
    max: int
    """The highest of `count` jobs."""
    count: int = 1000
    """How many jobs stand behind the maximum."""

    def scaled(self, factor: float) -> Distribution:
        return Distribution(
            median=int(self.median * factor),
            p95=int(self.p95 * factor),
            p99=int(self.p99 * factor),
            max=int(self.max * factor),
            count=self.count,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What is thought of the jobs of one class, and why."""

    job_class: JobClass
    distribution: Distribution
    curve: tuple[float, ...]
    """Memory as a share of the peak, at equal steps over a job's life."""
    duration_exponent: float
    """A job's seconds grow as its peak to this power: heavy jobs last, so they meet more often."""
    share: float
    """The class's share of the build's CPU time, 0 to 1."""
    threads: int = 1
    """CPUs that one job keeps busy: ThinLTO links, nvcc --threads."""
    slots: Setting[int] | None = None
    """So many run at once elsewhere, whatever the CPUs here; None for jobs of this machine."""
    cells: tuple[tuple[int, float], ...] = ()
    """Peaks as measured, each with its share of the class's running time; empty where only the
    distribution is known."""
    sources: tuple[str, ...] = ()
    """Of `heavy`: which sources these are, relative to the source tree."""
    source: str
    """`profile llvm (2026-11, gcc Release, 683 jobs measured)`, `--compile-memory`, `history`."""
    steps: tuple[str, ...] = ()
    """Each factor that was applied, one sentence each with its source."""


CURVE_SPREAD = 0.15
"""By what the curves of jobs differ from the one that is usual for their kind (0.05 to 0.15, see
the curves of llvm14)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a job is expected to need, with its spread, before it began."""

    peak: int
    """Median of the expected peak, in bytes (anonymous + shmem, the whole job)."""
    peak_spread: float
    """Standard deviation of ln(peak): 0.03 with a history of its own, about 0.6 from a class."""
    shared: float = 0.0
    """The part of `peak_spread` by which the forecasts of all other jobs are off as well."""
    alike: float = 0.0
    """The part by which those of the others in its `folder` are."""
    folder: str = ""
    seconds: float
    """Median of the expected CPU seconds."""
    seconds_spread: float
    """Standard deviation of ln(seconds)."""
    curve: tuple[float, ...]
    """Memory as a share of the peak at equal steps over the job's life, first to last moment."""
    curve_spread: float = CURVE_SPREAD
    """Standard deviation of ln(memory) around it."""
    at_least: int = 0
    """A kill has shown that the peak is more than this."""
    source: str = "profile"
    """`history`, `kin` (the same under other flags or compilers), `log` (durations only), `class`
    (learned in this project's builds), `profile`."""

    def __hash__(self) -> int:
        """Of what differs: nearly all have the same curve, and forecasts are looked up often."""
        return hash((self.peak, self.seconds, self.at_least))


# ---------------------------------------------------------------- policy and plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the user asked for; None where they leave it to us. Sizes are in bytes."""

    memory: Setting[int] | None = None
    reserve: Setting[int] | None = None
    cpus: Setting[int] | None = None
    jobs: Setting[int] | None = None
    depths: Mapping[JobClass, Setting[int]] = field(default_factory=dict)
    job_memory: Mapping[JobClass, Setting[int]] = field(default_factory=dict)
    use_available: bool = False
    """Size by what is free now rather than by the total."""


Binding = Literal["memory", "cpus", "slots", "user", "minimum"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """How many jobs of a class may run at once, and the chain of reasons."""

    job_class: JobClass
    depth: int
    binding: Binding
    """What keeps it from being deeper. `minimum`: even one job is over the budget."""
    job_bytes: int
    """What one job counts for in the joint budget: its effective memory."""
    estimate: Estimate
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number of bytes or CPUs with its reason."""

    value: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The pools of a build, sized together, with all that led to them."""

    memory: Figure
    """The memory that is shared out, before the reserve."""
    reserve: Figure
    budget: int
    cpus: Figure
    jobs: Figure
    """For tools that know one number only: make -j, MAX_JOBS."""
    pools: tuple[Pool, ...]
    unluck: Figure
    """Bytes kept for the moment when heavy jobs meet; with the jobs of the pools, the sum."""
    risk: float
    """The probability, at any moment, that the running jobs need more than the budget."""
    advice: tuple[str, ...] = ()
    """What would help most, most helpful first."""
    warnings: tuple[str, ...] = ()

    def depth(self, job_class: JobClass) -> int | None:
        """The pool's depth, or None where the plan has no such pool."""
        return next((pool.depth for pool in self.pools if pool.job_class == job_class), None)
