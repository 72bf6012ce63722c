"""The two sides of a build: how many compiles elsewhere help, and from where on this machine binds.

Pure. A row is a machine, with a cell for each number of compiles that may be elsewhere at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ninjapool.report.inspection import wrap
from ninjapool.units import format_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ninjapool.whatif.model import Cell, Limit

CLOSE = 1.1
"""Numbers that are so near are not told apart."""
GAIN = 1.05
"""More compiles elsewhere help as long as all of them together are so many times as fast."""
BINDS: Mapping[Limit, str] = {
    "CPUs": "this machine is the limit: its CPUs, as each compile is preprocessed here",
    "memory": "this machine is the limit: its memory, which links and stubs share",
    "client": "the client is the limit: it preprocesses only so many at once",
    "wire": "the wire to this machine is the limit",
    "order": "the limit is what waits for what, on whatever machine",
    "too small": "it cannot be built there",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One machine."""

    name: str
    cells: tuple[Cell, ...]
    """For the numbers that were asked for, none elsewhere first."""
    between: tuple[Cell, ...] = ()
    """For numbers between them, by which it was found where another limit begins."""


def wide(row: Row) -> list[Cell]:
    """Those with any elsewhere, the fewest first."""
    both = (*row.cells, *row.between)
    return sorted((cell for cell in both if cell.remote), key=lambda cell: cell.remote)


def enough(row: Row) -> int:
    """The place among these beyond which more elsewhere hardly help."""
    cells = wide(row)
    best = min(cell.seconds for cell in cells)
    return next(at for at, cell in enumerate(cells) if cell.seconds <= GAIN * best)


def to_try(row: Row) -> int | None:
    """A number that would tell more exactly; None where it is exact enough."""
    cells, place = wide(row), enough(row)
    if cells[place].limit == "too small":
        return None
    low, high = cells[place - 1].remote if place else 1, cells[place].remote
    middle = round(math.sqrt(low * high))
    return middle if low < middle < high and high > CLOSE * low else None


def binds(row: Row) -> Limit:
    """What limits the build where more elsewhere do not help any more; `slots`: they would."""
    cells, place = wide(row), enough(row)
    if place == len(cells) - 1:
        return cells[place].limit
    return next((cell.limit for cell in cells[:place:-1] if cell.limit != "slots"), "order")


def text(rows: Sequence[Row]) -> Iterator[str]:
    if not rows:
        return
    broad = max(len(row.name) for row in rows)
    yield ""
    yield f"{'compiles elsewhere':<{broad + 2}}" + "".join(
        f"{cell.remote or 'none':>20}" for cell in rows[0].cells
    )
    for row in rows:
        yield f"{row.name:<{broad + 2}}" + "".join(f"{shown(cell):>20}" for cell in row.cells)
    yield ""
    for one in sentences(rows):
        yield from wrap(one, "")


def shown(cell: Cell) -> str:
    if cell.limit == "too small":
        return "too small"
    return f"{format_seconds(cell.seconds)} {cell.limit:>6}"


def sentences(rows: Sequence[Row]) -> Iterator[str]:
    """Where each machine becomes the limit."""
    for row in rows:
        yield f"{row.name}: {sentence(row)}."


def sentence(row: Row) -> str:
    limit, cell = binds(row), wide(row)[enough(row)]
    if limit == "slots":
        return f"more than {cell.remote} compiles elsewhere would make it faster still"
    if limit == "too small":
        return BINDS[limit]
    took = format_seconds(cell.seconds)
    return f"beyond {cell.remote} compiles elsewhere ({took}) {BINDS[limit]}{_too_few(row)}"


def _too_few(row: Row) -> str:
    """All are sent away, so few slots there can be worse than the CPUs here."""
    alone = [cell for cell in row.cells if not cell.remote and cell.limit != "too small"]
    slower = [cell.remote for cell in wide(row) if alone and cell.seconds > alone[0].seconds]
    return f"; {max(slower)} are slower than none" if slower else ""
