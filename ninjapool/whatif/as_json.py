"""What `simulate` has found, for programs: all that its table says, bytes and seconds. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ninjapool.whatif.sides import binds, enough, wide
from ninjapool.whatif.table import cheapest

if TYPE_CHECKING:
    from typing import Any

    from ninjapool.whatif.model import Cell
    from ninjapool.whatif.sides import Row
    from ninjapool.whatif.table import Answer, Checked, Priced


def as_json(answer: Answer) -> str:
    """`null` for what is not known; `seconds` is null on a machine that is too small."""
    best = cheapest(answer)
    document = {
        "schema": 1,
        "name": answer.name,
        "jobs": answer.jobs,
        "cpu_seconds": answer.cpu_seconds,
        "origins": dict(answer.origins),
        "machines": [*map(_cell, answer.cells), *map(_priced, answer.priced)],
        "within": answer.within,
        "cheapest": best.offer.name if best else None,
        "elsewhere": [_row(row) for row in answer.sides],
        "checked": _checked(answer.checked) if answer.checked else None,
        "unchecked": None if answer.checked else answer.unchecked,
        "assumed": list(answer.assumed),
    }
    # In ASCII: a folder's name may hold bytes that are no text.
    return json.dumps(document, indent=2) + "\n"


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "cpus": cell.cpus,
        "memory": cell.memory,
        "seconds": None if cell.limit == "too small" else cell.seconds,
        "limit": cell.limit,
        "kills": cell.kills,
        "peak": cell.peak,
    }


def _priced(one: Priced) -> dict[str, Any]:
    offer = one.offer
    named = {"name": offer.name, "per_hour": offer.per_hour, "source": offer.source}
    return {**named, **_cell(one.cell), "cost": one.cost}


def _row(row: Row) -> dict[str, Any]:
    """`enough`: compiles elsewhere beyond which more hardly help; `then`: what limits then."""
    cells = sorted((*row.cells, *row.between), key=lambda cell: cell.remote)
    return {
        "name": row.name,
        "cells": [{"remote": cell.remote, **_cell(cell)} for cell in cells],
        "enough": wide(row)[enough(row)].remote,
        "then": binds(row),
    }


def _checked(checked: Checked) -> dict[str, float]:
    return {
        "measured": checked.measured,
        "simulated": checked.cell.seconds,
        "error": checked.error,
        "pace": checked.pace,
    }
