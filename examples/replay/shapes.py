"""The builds that are replayed, each from a seed: LLVM as measured, and two shapes of our own.

LLVM's edges are drawn by their sampling weight from `data/llvm14.jsonl.gz`, so that a draw is a
smaller LLVM with the same distribution. The other two are invented: their peaks, seconds and
curves come from no measurement, only their shape is a known one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from examples.replay.traces import MIB, Edge, Kind, Trace, read_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

DATA = Path(__file__).parent / "data" / "llvm14.jsonl.gz"
LLVM_TUS = 2718
"""Compile edges of the whole build that the sample stands for."""
TWIN_SPREAD = 0.16
"""ln of the residual of the fit of peak by seconds (x1.16), see the data's README."""
TABLEGEN_NEEDS = ("llvm/lib/Demangle/", "llvm/lib/Support/", "llvm/lib/TableGen/", "utils/TableGen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One measured edge, and for how many edges of the build it stands."""

    kind: Kind
    name: str
    source: str
    peak: int
    seconds: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All that was measured."""

    source: str
    edges: tuple[Recorded, ...]
    curves: dict[str, tuple[float, ...]]


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
    """A smaller LLVM + clang: tablegen's own sources first, then its runs, then all the others."""
    random = Random(seed)
    all_measured = measured()
    curves = {n: c for n, c in all_measured.curves.items() if n.startswith("gcc:release/")}
    share = tus / LLVM_TUS
    early, late = draw_sources(all_measured.edges, tus, random)
    builder = Llvm(random=random, curves=tuple(sorted(curves)), made=[])
    tablegen = builder.tablegen_tool(early)
    runs = builder.tablegen_runs(all_measured.edges, share, tablegen)
    archives = builder.libraries(late, runs)
    builder.tools(all_measured.edges, share, archives)
    everything = {**curves, **RISING}
    return Trace(
        name="llvm", source=all_measured.source, edges=tuple(builder.made), curves=everything
    )


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


RISING = {"link": (0.02, 0.25, 0.5, 0.75, 0.9, 1.0, 1.0), "flat": (0.3, 0.8, 1.0, 1.0)}
"""Curves for what was measured by its peak alone: a linker maps its inputs one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Llvm:
    """Adds the phases of the build one after the other, in build order."""

    random: Random
    curves: tuple[str, ...]
    made: list[Edge]

    def add(self, recorded: Recorded, curve: str, inputs: tuple[str, ...]) -> str:
        """One edge. A twin of an earlier one differs by what TUs of one kind differ."""
        taken = {edge.output for edge in self.made}
        output, twin = recorded.name or f"lib/lib{len(self.made)}.a", 2
        factor = 1.0
        while output in taken:
            output = f"{recorded.name.removesuffix('.o')}.{twin}.o"
            factor, twin = math.exp(self.random.gauss(0, TWIN_SPREAD)), twin + 1
        self.made.append(
            Edge(
                output=output,
                kind=recorded.kind,
                peak=max(int(recorded.peak * factor), MIB),
                seconds=recorded.seconds * factor,
                curve=curve,
                inputs=inputs,
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
        return (self.add(link, "link", objects),)

    def tablegen_runs(
        self, edges: Iterable[Recorded], share: float, tool: tuple[str, ...]
    ) -> tuple[str, ...]:
        runs = [edge for edge in edges if edge.kind == "tablegen"]
        drawn = draw(runs, max(round(len(runs) * share), 1), self.random)
        return tuple(self.add(run, "flat", tool) for run in drawn)

    def libraries(self, sources: Sequence[Recorded], after: tuple[str, ...]) -> tuple[str, ...]:
        """An archive for every directory that was drawn."""
        folders: dict[str, list[Recorded]] = {}
        for tu in sources:
            folders.setdefault(str(Path(tu.source).parent), []).append(tu)
        ar = Recorded(kind="archive", name="", source="", peak=50 * MIB, seconds=0.1, weight=1)
        return tuple(self.add(ar, "flat", self.compiles(tus, after)) for _, tus in folders.items())

    def tools(
        self, edges: Iterable[Recorded], share: float, archives: tuple[str, ...]
    ) -> tuple[str, ...]:
        """LLVM's 118 links, in proportion: each of the measured ones in turn."""
        links = [edge for edge in edges if edge.kind == "link" and edge.name.startswith("lnk/")]
        count = max(round(118 * share), 1)
        return tuple(self.add(links[i % len(links)], "link", archives) for i in range(count))


# ---------------------------------------------------------------- shapes of our own


def debug_links(seed: int) -> Trace:
    """Light compiles, then heavy links at the end, each behind many libraries (a debug build)."""
    random = Random(seed)
    edges: list[Edge] = []
    libraries = []
    for library in range(12):
        objects = tuple(f"lib{library}/{tu}.o" for tu in range(20))
        edges += [compile_edge(name, random, median=150 * MIB, spread=0.5) for name in objects]
        archive = f"lib{library}.a"
        edges.append(
            Edge(
                output=archive,
                kind="archive",
                peak=30 * MIB,
                seconds=0.2,
                curve="flat",
                inputs=objects,
            )
        )
        libraries.append(archive)
    for program in range(14):
        needed = tuple(sorted(random.sample(libraries, 8)))
        peak = int(random.uniform(500, 1500) * MIB)
        edges.append(
            Edge(
                output=f"bin/program{program}",
                kind="link",
                peak=peak,
                seconds=peak / (110 * MIB) * random.uniform(0.8, 1.25),
                curve="link",
                inputs=needed,
            )
        )
    return invented("debug-links", edges)


def giants(seed: int) -> Trace:
    """Many tiny compiles and a dozen giants among them, of which three or four fill the memory."""
    random = Random(seed)
    edges = [
        compile_edge(f"src/{n}.o", random, median=35 * MIB, spread=0.4, per_second=40 * MIB)
        for n in range(900)
    ]
    for number, place in enumerate(sorted(random.sample(range(len(edges)), 12))):
        peak = int(random.uniform(700, 1400) * MIB)
        edges[place] = Edge(
            output=f"src/giant{number}.o",
            kind="compile",
            peak=peak,
            seconds=peak / (40 * MIB) * random.uniform(0.8, 1.25),
            curve="compile",
        )
    objects = tuple(edge.output for edge in edges)
    edges.append(
        Edge(
            output="bin/all",
            kind="link",
            peak=400 * MIB,
            seconds=4,
            curve="link",
            inputs=objects,
        )
    )
    return invented("giants", edges)


def compile_edge(
    output: str, random: Random, *, median: int, spread: float, per_second: int = 60 * MIB
) -> Edge:
    """A compile whose peak is log-normal and whose seconds follow its peak, as measured TUs do."""
    peak = int(random.lognormvariate(math.log(median), spread))
    seconds = (peak / per_second) ** 1.4 * math.exp(random.gauss(0, 0.2))
    return Edge(output=output, kind="compile", peak=peak, seconds=seconds, curve="compile")


def invented(name: str, edges: Iterable[Edge]) -> Trace:
    rising = (0.01, 0.24, 0.44, 0.6, 0.72, 0.8, 0.86, 0.91, 0.95, 0.98, 1.0)
    curves = {"compile": rising, **RISING}
    return Trace(name=name, source="invented from a seed", edges=tuple(edges), curves=curves)


SHAPES: dict[str, Callable[[int], Trace]] = {
    "llvm": llvm,
    "debug-links": debug_links,
    "giants": giants,
}
