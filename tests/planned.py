"""A machine, a project and a plan made by hand, for the rooms that only turn them into text."""

from pathlib import PurePosixPath

from ninjapool.model import (
    CpuLimit,
    Distribution,
    Estimate,
    Figure,
    JobClass,
    Machine,
    MemoryLimit,
    Plan,
    Pool,
    Project,
    Setting,
)
from ninjapool.units import GIB, MIB


def a_machine() -> Machine:
    return Machine(
        platform="linux",
        memory_limits=(
            MemoryLimit(
                name="host RAM", source="/proc/meminfo MemTotal", bytes=16 * GIB, headroom=12 * GIB
            ),
            MemoryLimit(
                name="cgroup /build (memory.max)",
                source="/sys/fs/cgroup/build/memory.max",
                bytes=8 * GIB,
            ),
        ),
        cpu_limits=(CpuLimit(name="online", source="/sys/devices/system/cpu/online", cpus=16),),
        container="docker",
    )


def a_project(source: str = "src", *, llvm: bool = False, cuda_threads: int = 1) -> Project:
    return Project(
        source=PurePosixPath(source),
        name="LLVM" if llvm else "example",
        llvm=llvm,
        compiler=Setting(value="gcc", source="default"),
        build_type=Setting(value="Release", source="-DCMAKE_BUILD_TYPE=Release"),
        debug_info=Setting(value="none", source="build type"),
        lto=Setting(value="off", source="default"),
        linker=Setting(value="bfd", source="default"),
        cuda_threads=cuda_threads,
        user_settings={"CMAKE_JOB_POOLS": Setting(value="heavy=1", source="CMakeCache.txt")},
    )


def an_estimate(job_class: JobClass) -> Estimate:
    return Estimate(
        job_class=job_class,
        distribution=Distribution(median=300 * MIB, p95=800 * MIB, p99=GIB, max=2 * GIB),
        curve=(0.2, 0.6, 1.0),
        duration_exponent=1.75,
        share=0.9,
        source="profile example",
    )


def a_pool(job_class: JobClass, depth: int, *why: str) -> Pool:
    return Pool(
        job_class=job_class,
        depth=depth,
        binding="memory",
        job_bytes=700 * MIB,
        estimate=an_estimate(job_class),
        why=why or (f"{depth} {job_class} jobs fit into 7.0 GiB", "profile example"),
    )


def a_plan(**depths: int) -> Plan:
    """A plan with the pools that are named, by default `compile=5, link=2`; make's -j is 6."""
    classes: tuple[JobClass, ...] = ("compile", "link", "tablegen", "flang", "archive", "other")
    depths = depths or {"compile": 5, "link": 2}
    return Plan(
        memory=Figure(value=8 * GIB, why="cgroup /build (memory.max)"),
        reserve=Figure(value=GIB, why="an eighth of the memory"),
        budget=7 * GIB,
        cpus=Figure(value=16, why="online"),
        jobs=Figure(value=6, why="any six jobs fit"),
        pools=tuple(a_pool(name, depths[name]) for name in classes if name in depths),
        unluck=Figure(value=GIB, why="when heavy jobs meet"),
        risk=0.001,
    )
