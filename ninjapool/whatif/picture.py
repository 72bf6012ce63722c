"""What `simulate -o` writes: times by memory, a line for each number of CPUs, and all as a table.

Pure. The page needs nothing else, as that of `report`, whose style it shares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ninjapool import __version__
from ninjapool.report import axes
from ninjapool.report.page import readable, render
from ninjapool.units import format_seconds, format_size
from ninjapool.whatif.table import WORDS, cheapest, trust

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ninjapool.whatif.model import Cell, Limit
    from ninjapool.whatif.table import Answer

MARKS: dict[Limit, str] = {
    "CPUs": "slot-used",
    "memory": "slot-memory",
    "order": "slot-pool",
    "too small": "other",
}
TELLS: dict[Limit, str] = {
    "CPUs": "the CPUs limit it",
    "memory": "memory limits it",
    "order": "the order of the jobs limits it",
    "too small": "it cannot be built there",
}
HIGHEST = 1.1
APART = 0.06
"""Part of the height that labels need to be told apart."""


def page(answer: Answer) -> str:
    built = [cell for cell in answer.cells if cell.limit != "too small"]
    top = HIGHEST * max((cell.seconds for cell in built), default=1.0)
    memories = sorted({cell.memory for cell in answer.cells})
    counts = sorted({cell.cpus for cell in answer.cells})
    return render(
        "simulated.html",
        version=__version__,
        title=readable(answer.name),
        head=_head(answer),
        trust=[readable(sentence) for sentence in trust(answer)],
        memories=[format_size(memory) for memory in memories],
        memory_marks=_memory_marks(memories),
        time_marks=axes.upward_time_marks(top),
        lines=[_line(answer.cells, cpus, memories, top) for cpus in counts],
        labels=list(_labels(answer.cells, counts, memories, top)),
        dots=[_dot(cell, memories, top) for cell in built],
        rows=[(cpus, [_shown(c) for c in _of(answer.cells, cpus)]) for cpus in counts],
        limits=[(MARKS[limit], words) for limit, words in TELLS.items()],
        offers=list(_offers(answer)),
        best=_best(answer),
    )


def _head(answer: Answer) -> str:
    origins = ", ".join(f"{number} {WORDS[origin]}" for origin, number in answer.origins)
    return f"{answer.jobs} jobs, {format_seconds(answer.cpu_seconds)} of CPU time; {origins}"


def _of(cells: Sequence[Cell], cpus: int) -> list[Cell]:
    return sorted((cell for cell in cells if cell.cpus == cpus), key=lambda cell: cell.memory)


def _shown(cell: Cell) -> tuple[str, str, str]:
    text = "too small" if cell.limit == "too small" else format_seconds(cell.seconds)
    return MARKS[cell.limit], text, TELLS[cell.limit]


# ---------------------------------------------------------------- the lines


def _x(memory: int, memories: Sequence[int]) -> float:
    """Sizes stand at equal distances: they double from one to the next, as a rule."""
    return (memories.index(memory) + 0.5) / len(memories)


def _memory_marks(memories: Sequence[int]) -> list[axes.Mark]:
    return [
        axes.Mark(text=format_size(memory), place=axes.percent(_x(memory, memories)))
        for memory in memories
    ]


def _line(cells: Sequence[Cell], cpus: int, memories: Sequence[int], top: float) -> str:
    built = [cell for cell in _of(cells, cpus) if cell.limit != "too small"]
    points = "L".join(
        f"{1000 * _x(cell.memory, memories):.1f} {100 - 100 * cell.seconds / top:.2f}"
        for cell in built
    )
    return f"M{points}" if len(built) > 1 else ""


def _labels(
    cells: Sequence[Cell], counts: Sequence[int], memories: Sequence[int], top: float
) -> Iterator[dict[str, str]]:
    """At the end of each line; lines that end at one place share a label."""
    places: dict[tuple[int, int], list[int]] = {}
    for cpus in counts:
        built = [cell for cell in _of(cells, cpus) if cell.limit != "too small"]
        if built:
            place = round(built[-1].seconds / top / APART), built[-1].memory
            places.setdefault(place, []).append(cpus)
    for (height, memory), alike in places.items():
        yield {
            "text": f"{', '.join(map(str, alike))} CPU{'s' * (alike != [1])}",
            "bottom": axes.percent(height * APART),
            "left": axes.percent(_x(memory, memories)),
        }


def _dot(cell: Cell, memories: Sequence[int], top: float) -> dict[str, Any]:
    return {
        "left": axes.percent(_x(cell.memory, memories)),
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
