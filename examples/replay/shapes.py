"""The builds that are replayed, each from a seed: LLVM and DuckDB as measured, and two of our own.

LLVM's edges are drawn by their sampling weight from `data/llvm14.jsonl.gz`, so that a draw is a
smaller LLVM with the same distribution. DuckDB is a whole build as ninjapool recorded it. The other
two are invented: their peaks, seconds and curves come from no measurement, only their shape is a
known one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from examples.replay.past import PEAK_SPREAD, SECONDS_SPREAD
from examples.replay.traces import load, read_lines
from ninjapool.govern.trace import Curve, Trace, TraceJob
from ninjapool.units import MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ninjapool.model import JobClass

DATA = Path(__file__).parent / "data" / "llvm14.jsonl.gz"
LLVM_TUS = 2718
"""Compile edges of the whole build that the sample stands for."""
TWIN_SPREAD = 0.16
"""ln of the residual of the fit of peak by seconds (x1.16), see the data's README."""
TABLEGEN_NEEDS = ("llvm/lib/Demangle/", "llvm/lib/Support/", "llvm/lib/TableGen/", "utils/TableGen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One measured edge, and for how many edges of the build it stands."""

    kind: JobClass
    name: str
    source: str
    peak: int
    seconds: float
    weight: float
    size: int | None = None
    """Bytes of its source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All that was measured."""

    source: str
    edges: tuple[Recorded, ...]
    curves: dict[str, Curve]


def measured(path: Path = DATA) -> Measured:
    """Reads the packed measurements."""
    head, *lines = read_lines(path)
    curves: dict[str, tuple[float, ...]] = {}
    edges: list[Recorded] = []
    for line in lines:
        fields: dict[str, Any] = line
        if "curve" in fields:
            curves[fields["curve"]] = tuple(fields["shares"])
        else:
            edges.append(Recorded(**fields))
    return Measured(source=str(head["source"]), edges=tuple(edges), curves=curves)


def draw(edges: Sequence[Recorded], count: int, random: Random) -> list[Recorded]:
    """So many edges, each as often as its weight says, in the order given (a systematic sample)."""
    step = sum(edge.weight for edge in edges) / count
    mark = random.uniform(0, step)
    drawn: list[Recorded] = []
    passed = 0.0
    for edge in edges:
        passed += edge.weight
        while mark < passed and len(drawn) < count:
            drawn.append(edge)
            mark += step
    return drawn


# ---------------------------------------------------------------- LLVM


def llvm(seed: int, tus: int = 414) -> Trace:
    """A draw of LLVM + clang's compiles, in path order: heavy ones stand side by side."""
    random = Random(seed)
    all_measured = measured()
    builder = Llvm(random=random, curves=release_curves(all_measured), made=[])
    early, late = draw_sources(all_measured.edges, tus, random)
    builder.compiles([*early, *late], ())
    return Trace(name="llvm", source=all_measured.source, jobs=tuple(builder.made))


def release_curves(found: Measured) -> tuple[Curve, ...]:
    return tuple(c for name, c in sorted(found.curves.items()) if name.startswith("gcc:release/"))


@cache
def compiles() -> tuple[Curve, ...]:
    """What compiles look like in the invented builds as well."""
    return release_curves(measured())


def llvm_whole(seed: int, tus: int = 414) -> Trace:
    """The same with all that waits for each other: tablegen and its runs first, links last."""
    random = Random(seed)
    all_measured = measured()
    share = tus / LLVM_TUS
    early, late = draw_sources(all_measured.edges, tus, random)
    builder = Llvm(random=random, curves=release_curves(all_measured), made=[])
    tablegen = builder.tablegen_tool(early)
    runs = builder.tablegen_runs(all_measured.edges, share, tablegen)
    archives = builder.libraries(late, runs)
    builder.tools(all_measured.edges, share, archives)
    return Trace(name="llvm-whole", source=all_measured.source, jobs=tuple(builder.made))


def draw_sources(
    edges: Iterable[Recorded], tus: int, random: Random
) -> tuple[list[Recorded], list[Recorded]]:
    """Compile edges in path order, as a build file has them: heavy ones stand side by side."""
    compiles = sorted((e for e in edges if e.kind == "compile"), key=lambda edge: edge.source)
    compiles.sort(key=lambda edge: edge.source.startswith("clang/"))
    drawn = draw(compiles, tus, random)
    early = [edge for edge in drawn if any(part in edge.source for part in TABLEGEN_NEEDS)]
    late = [edge for edge in drawn if edge not in early]
    return early, late


LINK = (0.02, 0.25, 0.5, 0.75, 0.9, 1.0, 1.0)
FLAT = (0.3, 0.8, 1.0, 1.0)
"""For what was measured by its peak alone: a linker maps its inputs one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Llvm:
    """Adds the phases of the build one after the other, in build order."""

    random: Random
    curves: tuple[Curve, ...]
    made: list[TraceJob]

    def add(self, recorded: Recorded, curve: Curve, needs: tuple[str, ...]) -> str:
        """One edge. A twin of an earlier one differs by what TUs of one kind differ."""
        taken = {job.name for job in self.made}
        output, twin = recorded.name or f"lib/lib{len(self.made)}.a", 2
        factor = 1.0
        while output in taken:
            output = f"{recorded.name.removesuffix('.o')}.{twin}.o"
            factor, twin = math.exp(self.random.gauss(0, TWIN_SPREAD)), twin + 1
        self.made.append(
            TraceJob(
                name=output,
                job_class=recorded.kind,
                peak=max(int(recorded.peak * factor), MIB),
                seconds=recorded.seconds * factor,
                curve=curve,
                needs=needs,
                size=recorded.size,
            )
        )
        return output

    def compiles(self, sources: Iterable[Recorded], after: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.add(tu, self.random.choice(self.curves), after) for tu in sources)

    def tablegen_tool(self, sources: Sequence[Recorded]) -> tuple[str, ...]:
        objects = self.compiles(sources, ())
        link = Recorded(
            kind="link", name="bin/llvm-tblgen", source="", peak=44 * MIB, seconds=0.18, weight=1
        )
        return (self.add(link, LINK, objects),)

    def tablegen_runs(
        self, edges: Iterable[Recorded], share: float, tool: tuple[str, ...]
    ) -> tuple[str, ...]:
        runs = [edge for edge in edges if edge.kind == "tablegen"]
        drawn = draw(runs, max(round(len(runs) * share), 1), self.random)
        return tuple(self.add(run, FLAT, tool) for run in drawn)

    def libraries(self, sources: Sequence[Recorded], after: tuple[str, ...]) -> tuple[str, ...]:
        """An archive for every directory that was drawn."""
        folders: dict[str, list[Recorded]] = {}
        for tu in sources:
            folders.setdefault(str(Path(tu.source).parent), []).append(tu)
        ar = Recorded(kind="archive", name="", source="", peak=50 * MIB, seconds=0.1, weight=1)
        return tuple(self.add(ar, FLAT, self.compiles(tus, after)) for _, tus in folders.items())

    def tools(
        self, edges: Iterable[Recorded], share: float, archives: tuple[str, ...]
    ) -> tuple[str, ...]:
        """LLVM's 118 links, in proportion: each of the measured ones in turn."""
        links = [edge for edge in edges if edge.kind == "link" and edge.name.startswith("lnk/")]
        count = max(round(118 * share), 1)
        return tuple(self.add(links[i % len(links)], LINK, archives) for i in range(count))


# ---------------------------------------------------------------- DuckDB


def duckdb(seed: int) -> Trace:
    """All edges of the recorded build, each off by what two builds of an edge differ by."""
    random = Random(seed)
    recorded = load(DATA.with_name("duckdb.jsonl.gz"))
    return replace(recorded, jobs=tuple(_built_again(job, random) for job in recorded.jobs))


def _built_again(job: TraceJob, random: Random) -> TraceJob:
    return replace(
        job,
        peak=round(job.peak * math.exp(random.gauss(0, PEAK_SPREAD))),
        seconds=job.seconds * math.exp(random.gauss(0, SECONDS_SPREAD)),
    )


# ---------------------------------------------------------------- shapes of our own


def debug_links(seed: int) -> Trace:
    """Light compiles, then heavy links at the end, each behind many libraries (a debug build)."""
    random = Random(seed)
    jobs: list[TraceJob] = []
    for library in range(12):
        members = [
            compile_job(f"lib{library}/{tu}.o", random, median=250 * MIB, spread=0.5)
            for tu in range(20)
        ]
        archive = TraceJob(
            name=f"lib{library}.a",
            job_class="archive",
            peak=30 * MIB,
            seconds=0.2,
            curve=FLAT,
            needs=tuple(member.name for member in members),
        )
        jobs += [*members, archive]
    libraries = [f"lib{library}.a" for library in range(12)]
    jobs += [link_job(f"bin/program{n}", random, libraries) for n in range(20)]
    return invented("debug-links", jobs)


def giants(seed: int) -> Trace:
    """Light compiles, and among the early ones two dozen that take two to seven times as much."""
    random = Random(seed)
    jobs = [compile_job(f"src/{n}.o", random, median=150 * MIB, spread=0.5) for n in range(400)]
    for number, place in enumerate(sorted(random.sample(range(200), 24))):
        peak = int(random.uniform(350, 1000) * MIB)
        jobs[place] = TraceJob(
            name=f"generated/{number}.o",
            job_class="compile",
            peak=peak,
            seconds=((peak + 27 * MIB) / (153 * MIB)) ** 1.75 * math.exp(random.gauss(0, 0.25)),
            curve=random.choice(compiles()),
            size=source_size(peak / (150 * MIB), random),
        )
    link = TraceJob(
        name="bin/all",
        job_class="link",
        peak=400 * MIB,
        seconds=4,
        curve=LINK,
        needs=tuple(job.name for job in jobs),
    )
    return invented("giants", [*jobs, link])


def alike(count: int, seconds: float) -> Trace:
    """Equal light jobs: what governing costs where memory is plentiful."""
    jobs = [
        TraceJob(name=f"f{n}.o", job_class="compile", peak=20 * MIB, seconds=seconds, curve=FLAT)
        for n in range(count)
    ]
    return invented("alike", jobs)


def compile_job(name: str, random: Random, *, median: int, spread: float) -> TraceJob:
    """A compile whose peak is log-normal and whose seconds follow its peak, as measured TUs do."""
    peak = int(random.lognormvariate(math.log(median), spread))
    seconds = ((peak + 27 * MIB) / (153 * MIB)) ** 1.75 * math.exp(random.gauss(0, 0.25))
    return TraceJob(
        name=name,
        job_class="compile",
        peak=peak,
        seconds=seconds,
        curve=random.choice(compiles()),
        size=source_size(peak / median, random),
    )


def source_size(factor: float, random: Random) -> int:
    """Bytes of a source that takes so many times the usual, related as LLVM's are (r = 0.64)."""
    return int(15000 * factor**1.28 * math.exp(random.gauss(0, 1.12)))


def link_job(name: str, random: Random, libraries: list[str]) -> TraceJob:
    """A link of 0.3 to 0.9 GiB that needs eight of the libraries."""
    needed = tuple(sorted(random.sample(libraries, 8)))
    peak = int(random.uniform(300, 900) * MIB)
    return TraceJob(
        name=name,
        job_class="link",
        peak=peak,
        seconds=peak / (110 * MIB) * random.uniform(0.8, 1.25),
        curve=LINK,
        needs=needed,
    )


def invented(name: str, jobs: Iterable[TraceJob]) -> Trace:
    return Trace(name=name, source="invented from a seed", jobs=tuple(jobs))


SHAPES: dict[str, Callable[[int], Trace]] = {
    "llvm": llvm,
    "llvm-whole": llvm_whole,
    "duckdb": duckdb,
    "debug-links": debug_links,
    "giants": giants,
}
