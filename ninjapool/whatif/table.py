"""What `simulate` prints: a table of times, what limits each, its own error, the cheapest. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ninjapool.report.inspection import wrap
from ninjapool.units import format_seconds, format_size
from ninjapool.whatif import sides
from ninjapool.whatif.sides import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ninjapool.whatif.model import Cell, Offer, Origin
    from ninjapool.whatif.sides import Row

WORDS: dict[Origin, str] = {
    "record": "from its last build",
    "history": "from its history",
    "log": "by their time in ninja's log",
    "profile": "drawn from the profile",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The simulation of the build that was recorded, beside that build."""

    cell: Cell
    measured: float
    pace: float = 1.0
    """What other work left of a running job's second."""

    @property
    def error(self) -> float:
        return self.cell.seconds / self.measured - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A machine of a list, and what the build takes on it."""

    offer: Offer
    cell: Cell

    @property
    def cost(self) -> float | None:
        if self.offer.per_hour is None or self.cell.limit == "too small":
            return None
        return self.offer.per_hour * self.cell.seconds / 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All that was simulated."""

    name: str
    jobs: int
    cpu_seconds: float
    origins: Sequence[tuple[Origin, int]]
    cells: Sequence[Cell] = ()
    priced: Sequence[Priced] = ()
    within: float | None = None
    """Seconds in which the build should be done."""
    checked: Checked | None = None
    sides: Sequence[Row] = ()
    """Machines with so many compiles elsewhere."""
    unchecked: str = "No build was recorded here"
    """Why its error is not known, where it is not."""
    assumed: Sequence[str] = ()
    """What is taken for granted besides."""


def text(answer: Answer) -> str:
    parts = (
        _head(answer),
        _grid(answer.cells),
        sides.text(answer.sides),
        _offers(answer),
        ("", *trust(answer)),
        [line for sentence in answer.assumed for line in wrap(sentence, "")],
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(answer: Answer) -> Iterator[str]:
    yield (
        f"{answer.name}: {answer.jobs} jobs, {format_seconds(answer.cpu_seconds)} of CPU time; "
        + ", ".join(f"{number} {WORDS[origin]}" for origin, number in answer.origins)
    )


def _grid(cells: Sequence[Cell]) -> Iterator[str]:
    if not cells:
        return
    memories = sorted({cell.memory for cell in cells})
    found = {(cell.cpus, cell.memory): cell for cell in cells}
    yield ""
    yield " " * 10 + "".join(f"{format_size(memory):>18}" for memory in memories)
    for cpus in sorted({cell.cpus for cell in cells}):
        row = (shown(found[cpus, memory]) for memory in memories)
        yield f"{cpus:>4} CPU{'s' if cpus > 1 else ' '} " + "".join(f"{one:>18}" for one in row)


def cheapest(answer: Answer) -> Priced | None:
    """Of those that are fast enough; None where none is, or none has a price."""
    within = answer.within or float("inf")
    fit = [one for one in answer.priced if one.cost is not None and one.cell.seconds <= within]
    return min(fit, key=lambda one: (one.cost or 0.0, one.cell.seconds), default=None)


def _offers(answer: Answer) -> Iterator[str]:
    if not answer.priced:
        return
    yield ""
    width = max(len(one.offer.name) for one in answer.priced)
    for one in answer.priced:
        cost = "" if one.cost is None else f"  {one.cost:8.3f}"
        yield (
            f"  {one.offer.name:<{width}} {one.offer.cpus:>3} CPUs"
            f" {format_size(one.offer.memory):>9}  {shown(one.cell):>18}{cost}"
        )
    best = cheapest(answer)
    limit = f" in under {format_seconds(answer.within)}" if answer.within else ""
    if best is not None:
        yield (
            f"The cheapest that builds this{limit}: {best.offer.name}, "
            f"{format_seconds(best.cell.seconds)}, {best.cost:.3f} a build"
        )
    elif any(one.cost is not None for one in answer.priced):
        yield f"None of them builds this{limit}."


def trust(answer: Answer) -> Iterator[str]:
    """What it rests on, and how far off it was where that can be told."""
    yield "Taken for granted: CPUs of this machine's speed, jobs of one thread, no other work."
    if answer.checked is None:
        yield f"{answer.unchecked}, so its error is not known."
        return
    checked = answer.checked
    much = f"{abs(checked.error):.0%}".replace("%", " %")
    way = "more" if checked.error > 0 else "less"
    slow = f", its jobs as slow as they were (x {checked.pace:.2f})" if checked.pace < 0.97 else ""
    yield (
        f"The recorded build took {format_seconds(checked.measured)}; simulated at its setting"
        f"{slow}, it takes {format_seconds(checked.cell.seconds)}: {much} {way}."
    )
