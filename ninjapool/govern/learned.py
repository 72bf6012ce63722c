"""From what earlier builds have shown to what is expected of a job, and of a class. Pure.

The deviations are those of ln(peak). Does not know how the past was found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import fmean, pstdev
from typing import TYPE_CHECKING

from ninjapool.forecast import FILES, GROWING, Prior
from ninjapool.govern.trace import share
from ninjapool.model import CURVE_SPREAD, Forecast
from ninjapool.units import MIB

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ninjapool.govern.trace import Curve
    from ninjapool.history.entry import Entry
    from ninjapool.history.past import Found
    from ninjapool.model import JobClass

OTHER_COMMAND, OTHER_OUTPUT = 0.06, 0.08
"""What a changed flag and another target may add."""
SECONDS_SPREAD = 0.15
"""The same job takes longer at other times."""
FINER = 4
"""Points for each that the history keeps."""
OWN_CURVE = 0.1
"""Deviation of ln(memory) around the curve that the job itself has shown (71 compiles of LLVM 19,
built twice: 0.1 to 0.15 in the first quarter of a life, 0.02 to 0.08 after)."""
BLIND = 300 * MIB
"""Bytes a second: who was over before he was looked at can hardly have touched more."""
BLIND_SPREAD = 0.7
ENOUGH = 5
"""Jobs of a class from which on the project's own figures go before a profile's."""
LINK_SLOPE = 0.8
"""ln(peak) per ln(bytes read) of a link, where a project's links do not tell: bfd, gold and lld
take 1.6 to 2.1 times the bytes of their input with debug info, and somewhat less without."""
SLOPE_TRUST = 1.0
"""How many squared units of ln(bytes) it weighs as much as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """What is known of a job as it begins."""

    command: str
    size: int | None


def forecast(found: Found, now: Now, slope: float, prior: Prior | None) -> Forecast | None:
    """What a job needed last, it will need again; None for one under other flags or compilers.

    `slope`: how its peak goes with its size; 0 where it does not.
    """
    entry = found.entry
    if found.nearness == "kin":
        return None
    if entry.peak is None:
        return _unseen(entry)
    spread = math.hypot(
        entry.spread,
        OTHER_COMMAND if now.command != entry.command and found.nearness == "own" else 0.0,
        OTHER_OUTPUT if found.nearness == "twin" else 0.0,
    )
    grown = growth(slope, entry.size, now.size)
    usual = prior.curve if prior else GROWING
    own = curve(entry, usual)
    return Forecast(
        peak=round(entry.peak * math.exp(grown)),
        peak_spread=math.hypot(spread, grown / 2),
        seconds=max(entry.seconds, 0.01),
        seconds_spread=SECONDS_SPREAD,
        curve=own or usual,
        curve_spread=OWN_CURVE if own else CURVE_SPREAD,
        at_least=entry.at_least,
        source="history",
    )


def growth(slope: float, before: int | None, now: int | None) -> float:
    """What is to be added to ln(peak)."""
    return slope * math.log(now / before) if now and before else 0.0


def _unseen(entry: Entry) -> Forecast:
    """It was always killed, or always over too soon."""
    brief = max(4 * MIB, round(entry.seconds * BLIND))
    return Forecast(
        peak=round(entry.at_least * 1.3) or brief,
        peak_spread=0.4 if entry.at_least else BLIND_SPREAD,
        seconds=max(entry.seconds, 0.01),
        seconds_spread=0.5,
        curve=GROWING,
        at_least=entry.at_least,
        source="history",
    )


def curve(entry: Entry, usual: Curve = GROWING) -> Curve | None:
    """As shares of the peak; None where it was not seen."""
    if not entry.curve:
        return None
    told = tuple([max(point, 1) / 255 for point in entry.curve])
    steps = FINER * (len(told) - 1)
    return tuple([_between(told, usual, step / max(1, steps)) for step in range(steps + 1)])


def _between(told: Curve, usual: Curve, place: float) -> float:
    """Before its first border it rises as is usual.

    A young job is judged by that, and a straight line would be off by half.
    """
    border = 1 / max(1, len(told) - 1)
    least, most = share(usual, 0), share(usual, border)
    if place >= border or least >= most:
        return share(told, place)
    return told[0] + (told[1] - told[0]) * (share(usual, place) - least) / (most - least)


# ---------------------------------------------------------------- classes


def priors(
    entries: Iterable[Entry], given: Mapping[JobClass, Prior]
) -> tuple[dict[JobClass, Prior], dict[JobClass, int]]:
    """The given ones, where this project has shown its own; and how many jobs stand behind each."""
    by_class: dict[JobClass, list[Entry]] = {}
    for entry in entries:
        if entry.peak is not None:
            by_class.setdefault(entry.job_class, []).append(entry)
    known = {kind: of for kind, of in by_class.items() if len(of) >= ENOUGH}
    own = {kind: _prior(of, given.get(kind, Prior()), kind) for kind, of in known.items()}
    return {**given, **own}, {kind: len(of) for kind, of in known.items()}


def _prior(entries: list[Entry], given: Prior, job_class: JobClass) -> Prior:
    lines = [math.log((entry.peak or 1) + FILES) for entry in entries]
    middle = fmean(lines)
    prior = replace(
        given,
        own=True,
        peak=max(math.exp(middle) - FILES, 1.0),
        peak_spread=min(1.0, max(0.25, pstdev(lines))),
        seconds=math.exp(fmean(math.log(max(entry.seconds, 0.02)) for entry in entries)),
    )
    sized = [entry for entry in entries if entry.size]
    if job_class != "link" or len(sized) < ENOUGH:
        return prior
    law = link_law(sized)
    return replace(prior, by_size=law.slope, usual_size=law.size, peak_spread=law.spread)


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """The line through ln(bytes read) and ln(peak) of a project's links."""

    slope: float
    size: float
    """The middle of the sizes."""
    spread: float
    """What is left around the line."""


def link_law(entries: Iterable[Entry]) -> Law:
    """Least squares, drawn to LINK_SLOPE where the sizes are too alike to tell."""
    pairs = [
        (math.log(one.size), math.log(one.peak + FILES)) for one in entries if one.size and one.peak
    ]
    if not pairs:
        return Law(slope=LINK_SLOPE, size=MIB, spread=0.6)
    x, y = fmean(a for a, _ in pairs), fmean(b for _, b in pairs)
    across = sum((a - x) ** 2 for a, _ in pairs) + SLOPE_TRUST
    along = sum((a - x) * (b - y) for a, b in pairs) + SLOPE_TRUST * LINK_SLOPE
    slope = min(1.5, max(0.0, along / across))
    rest = [b - y - slope * (a - x) for a, b in pairs]
    return Law(
        slope=slope, size=math.exp(x), spread=max(0.15, math.sqrt(fmean(r * r for r in rest)))
    )
