"""A recorded or invented build: what each edge held, for how long, and what it waited for.

Knows nothing of ninja, of processes or of the machine it will be replayed on.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Kind = Literal["compile", "link", "tablegen", "archive"]
Curve = tuple[float, ...]

MIB = 1 << 20
KIB = 1 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One job of the build. Bytes of anonymous memory, CPU seconds as recorded."""

    output: str
    kind: Kind
    peak: int
    seconds: float
    curve: str
    """A name in the trace's curves."""
    inputs: tuple[str, ...] = ()
    """Outputs of edges that come before this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A build, in the order in which its build file names the edges."""

    name: str
    source: str
    """Where the figures come from, one sentence."""
    edges: tuple[Edge, ...]
    curves: Mapping[str, Curve]

    def scaled(self, *, time: float, memory: float) -> Trace:
        """The same build, quicker or smaller."""
        edges = tuple(
            Edge(
                output=edge.output,
                kind=edge.kind,
                peak=max(int(edge.peak * memory), 1 << 16),
                seconds=edge.seconds * time,
                curve=edge.curve,
                inputs=edge.inputs,
            )
            for edge in self.edges
        )
        return Trace(name=self.name, source=self.source, edges=edges, curves=self.curves)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """No schedule can be faster than the largest of these three, in seconds."""

    cpu: float
    """All CPU time, spread evenly over the slots."""
    memory: float
    """All bytes times seconds, spread evenly over the memory."""
    path: float
    """The longest chain of edges that wait for each other."""

    @property
    def seconds(self) -> float:
        return max(self.cpu, self.memory, self.path)


def mean(curve: Curve) -> float:
    """The mean of a curve whose points are evenly spaced and joined by straight lines."""
    if len(curve) == 1:
        return curve[0]
    return (sum(curve) - (curve[0] + curve[-1]) / 2) / (len(curve) - 1)


def lower_bound(trace: Trace, *, slots: int, memory: int) -> Bound:
    """The bound for a build on so many slots (jobs of one CPU each) and bytes."""
    means = {name: mean(curve) for name, curve in trace.curves.items()}
    area = sum(edge.peak * edge.seconds * means[edge.curve] for edge in trace.edges)
    return Bound(
        cpu=sum(edge.seconds for edge in trace.edges) / slots,
        memory=area / memory,
        path=longest_chain(trace),
    )


def longest_chain(trace: Trace) -> float:
    """Seconds of the slowest chain; a trace names an edge after all its inputs."""
    ends: dict[str, float] = {}
    for edge in trace.edges:
        begins = max((ends[name] for name in edge.inputs), default=0.0)
        ends[edge.output] = begins + edge.seconds
    return max(ends.values(), default=0.0)


def save(trace: Trace, path: Path) -> None:
    """Writes JSON lines, gzipped: a head, then an edge a line. The same trace, the same bytes."""
    head: dict[str, object] = {
        "trace": trace.name,
        "source": trace.source,
        "curves": dict(trace.curves),
    }
    write_lines(path, [head, *(asdict(edge) for edge in trace.edges)])


def load(path: Path) -> Trace:
    """Reads what `save` wrote; ValueError where it is something else."""
    head, *lines = read_lines(path)
    try:
        return Trace(
            name=head["trace"],
            source=head["source"],
            curves={name: tuple(curve) for name, curve in head["curves"].items()},
            edges=tuple(Edge(**{**line, "inputs": tuple(line["inputs"])}) for line in lines),
        )
    except (KeyError, TypeError) as error:
        msg = f"{path}: not a trace: {error}"
        raise ValueError(msg) from error


def write_lines(path: Path, lines: list[dict[str, object]]) -> None:
    """JSON lines, gzipped with neither time nor name inside, so that equal data are equal bytes."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(text.encode())


def read_lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
