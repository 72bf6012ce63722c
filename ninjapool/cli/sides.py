"""`simulate --remote-jobs`: the same build with so many compiles elsewhere, on each machine.

Knows what is asked and which settings to run; not how one is run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ninjapool.errors import UsageError
from ninjapool.forecast import Prior
from ninjapool.size.elsewhere import assumptions, stub
from ninjapool.whatif.sent import sent
from ninjapool.whatif.sides import Row, to_try

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ninjapool.cli.args import Args
    from ninjapool.cli.known import Known
    from ninjapool.model import Estimate
    from ninjapool.whatif.figures import Figured
    from ninjapool.whatif.model import Cell, Setting
    from ninjapool.whatif.sent import Sent

ROUNDS = 6
"""Times that a number between two others is tried on a machine, to find where its limit begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A machine, with a setting for each number of compiles elsewhere."""

    name: str
    setting: Callable[[int], Setting]


def refuse_nonsense(args: Args) -> None:
    if args.prices is not None or args.within is not None:
        hint = "--on NAMES, or --cpus and --memory"
        raise UsageError("no list of prices has those of the machines elsewhere", hint=hint)
    if not 0 < args.wire < float("inf"):
        raise UsageError(f"--wire: {args.wire} Gbit/s carry nothing", hint="--wire 10")


def rows(
    places: Sequence[Place],
    counts: Sequence[int],
    run: Callable[[Sequence[Setting]], Sequence[Cell]],
) -> list[Row]:
    """With none elsewhere, with each number, and with those by which the turn is found."""
    numbers = (0, *sorted(set(counts)))
    done = iter(run([place.setting(number) for place in places for number in numbers]))
    found = [Row(name=place.name, cells=tuple(next(done) for _ in numbers)) for place in places]
    for _ in range(ROUNDS):
        asked = [(at, number) for at, row in enumerate(found) if (number := to_try(row))]
        cells = run([places[at].setting(number) for at, number in asked])
        for (at, _number), cell in zip(asked, cells, strict=True):
            found[at] = replace(found[at], between=(*found[at].between, cell))
    return found


def left_here(known: Known) -> Estimate:
    """What a compile that is elsewhere takes of this machine's memory."""
    return stub(known.share.figures, known.project)


def sent_away(args: Args, known: Known, made: Figured, stubs: Mapping[str, int]) -> Sent:
    return sent(made, Prior.from_estimate(left_here(known)), stubs, args.wire)


def assumed(args: Args, known: Known) -> list[str]:
    preprocessors = known.remote.preprocessors if known.remote else None
    return assumptions(left_here(known), preprocessors, args.wire)
