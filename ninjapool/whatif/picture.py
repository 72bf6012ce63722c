"""What `simulate -o` writes: times by memory or by compiles elsewhere, and all as a table.

Pure. The page needs nothing else, as that of `report`, whose style it shares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ninjapool import __version__
from ninjapool.report import axes
from ninjapool.report.page import readable, render
from ninjapool.units import format_seconds, format_size
from ninjapool.whatif.sides import sentences
from ninjapool.whatif.table import WORDS, cheapest, trust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ninjapool.whatif.model import Cell, Limit
from ninjapool.whatif.table import Answer

MARKS: dict[Limit, str] = {
    "CPUs": "slot-used",
    "memory": "slot-memory",
    "order": "slot-pool",
    "slots": "remote",
    "client": "archive",
    "wire": "link",
    "too small": "other",
}
TELLS: dict[Limit, str] = {
    "CPUs": "the CPUs limit it",
    "memory": "memory limits it",
    "order": "the order of the jobs limits it",
    "slots": "the slots elsewhere limit it",
    "client": "the preprocessors that the client allows limit it",
    "wire": "the wire limits it",
    "too small": "it cannot be built there",
}
ALWAYS: tuple[Limit, ...] = ("CPUs", "memory", "order", "too small")
HIGHEST = 1.1
APART = 0.06
"""Part of the height that labels need to be told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a picture, and one row of its table."""

    name: str
    """In the table."""
    cells: tuple[Cell, ...]
    """One for each column."""
    label: str
    """At one of the line's ends."""


def page(answer: Answer) -> str:
    return render(
        "simulated.html",
        version=__version__,
        title=readable(answer.name),
        head=_head(answer),
        trust=[readable(sentence) for sentence in trust(answer)],
        turns=[readable(sentence) for sentence in sentences(answer.sides)],
        assumed=[readable(sentence) for sentence in answer.assumed],
        charts=[*_machines(answer), *_sides(answer)],
        offers=list(_offers(answer)),
        best=_best(answer),
    )


def _machines(answer: Answer) -> Iterator[dict[str, Any]]:
    """Times by memory, a line for each number of CPUs."""
    if answer.cells:
        memories = [format_size(memory) for memory in sorted({c.memory for c in answer.cells})]
        lines = [
            Line(name=str(cpus), cells=_of(answer.cells, cpus), label=str(cpus))
            for cpus in sorted({cell.cpus for cell in answer.cells})
        ]
        yield _chart("Time by memory and CPUs", "CPUs", memories, lines) | {
            "id": "times",
            "alt": "The times of the table below, falling with memory, a line for each number of "
            "CPUs",
            "labels": [label | {"side": "end"} for label in _labels(lines, -1, _cpus)],
        }


def _sides(answer: Answer) -> Iterator[dict[str, Any]]:
    """Times by compiles elsewhere, a line for each machine."""
    if answer.sides:
        numbers = [str(cell.remote or "none") for cell in answer.sides[0].cells]
        lines = [
            Line(name=readable(row.name), cells=row.cells, label=readable(row.name))
            for row in answer.sides
        ]
        yield _chart("Time by compiles elsewhere", "machine", numbers, lines) | {
            "id": "sides",
            "alt": "The times of the table below, falling with the number of compiles elsewhere, "
            "a line for each machine",
            "labels": [label | {"side": "begin"} for label in _labels(lines, 0, "; ".join)],
        }


def _cpus(numbers: Sequence[str]) -> str:
    return f"{', '.join(numbers)} CPU{'s' * (list(numbers) != ['1'])}"


def _chart(title: str, name: str, columns: list[str], lines: list[Line]) -> dict[str, Any]:
    top, wide = _top(lines), len(columns)
    limits = {cell.limit for line in lines for cell in line.cells}
    return {
        "title": title,
        "name": name,
        "columns": columns,
        "marks": [
            axes.Mark(text=text, place=axes.percent(_x(at, wide)))
            for at, text in enumerate(columns)
        ],
        "time_marks": axes.upward_time_marks(top),
        "lines": [_path(line, wide, top) for line in lines],
        "dots": [_dot(c, at, wide, top) for line in lines for at, c in _built(line)],
        "rows": [(line.name, [_shown(cell) for cell in line.cells]) for line in lines],
        "limits": [(MARKS[w], t) for w, t in TELLS.items() if w in limits or w in ALWAYS],
    }


def _head(answer: Answer) -> str:
    origins = ", ".join(f"{number} {WORDS[origin]}" for origin, number in answer.origins)
    return f"{answer.jobs} jobs, {format_seconds(answer.cpu_seconds)} of CPU time; {origins}"


def _of(cells: Sequence[Cell], cpus: int) -> tuple[Cell, ...]:
    return tuple(sorted((c for c in cells if c.cpus == cpus), key=lambda cell: cell.memory))


def _shown(cell: Cell) -> tuple[str, str, str]:
    text = "too small" if cell.limit == "too small" else format_seconds(cell.seconds)
    return MARKS[cell.limit], text, TELLS[cell.limit]


# ---------------------------------------------------------------- the lines


def _top(lines: Sequence[Line]) -> float:
    return HIGHEST * max((c.seconds for line in lines for _, c in _built(line)), default=1.0)


def _built(line: Line) -> list[tuple[int, Cell]]:
    return [(at, cell) for at, cell in enumerate(line.cells) if cell.limit != "too small"]


def _x(at: int, wide: int) -> float:
    """Columns stand at equal distances: they double from one to the next, as a rule."""
    return (at + 0.5) / wide


def _path(line: Line, wide: int, top: float) -> str:
    built = _built(line)
    points = "L".join(
        f"{1000 * _x(at, wide):.1f} {100 - 100 * cell.seconds / top:.2f}" for at, cell in built
    )
    return f"M{points}" if len(built) > 1 else ""


def _labels(
    lines: Sequence[Line], end: int, told: Callable[[Sequence[str]], str]
) -> Iterator[dict[str, str]]:
    """At the first or the last point of each line, where they differ; those at one place share."""
    top = _top(lines)
    places: dict[tuple[int, int], list[Line]] = {}
    for line in lines:
        for at, cell in [_built(line)[end]] if _built(line) else []:
            places.setdefault((round(cell.seconds / top / APART), at), []).append(line)
    for (height, at), alike in places.items():
        yield {
            "text": told([line.label for line in alike]),
            "bottom": axes.percent(height * APART),
            "left": axes.percent(_x(at, len(alike[0].cells))),
        }


def _dot(cell: Cell, at: int, wide: int, top: float) -> dict[str, Any]:
    return {
        "left": axes.percent(_x(at, wide)),
        "bottom": axes.percent(cell.seconds / top),
        "kind": MARKS[cell.limit],
    }


# ---------------------------------------------------------------- machines with prices


def _offers(answer: Answer) -> Iterator[dict[str, Any]]:
    for one in answer.priced:
        mark, text, tells = _shown(one.cell)
        yield {
            "name": readable(one.offer.name),
            "cpus": one.offer.cpus,
            "memory": format_size(one.offer.memory),
            "mark": mark,
            "text": text,
            "tells": tells,
            "cost": "" if one.cost is None else f"{one.cost:.3f}",
            "source": readable(one.offer.source),
        }


def _best(answer: Answer) -> str:
    best = cheapest(answer)
    if best is None:
        return ""
    within = f" in under {format_seconds(answer.within)}" if answer.within else ""
    return (
        f"The cheapest that builds this{within}: {readable(best.offer.name)}, "
        f"{format_seconds(best.cell.seconds)}, {best.cost:.3f} a build."
    )
