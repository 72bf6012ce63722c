"""One edge's past, and what another build adds to it. Pure: the time is given.

What is believed follows the last build quickly, for a source that grew stays grown; only what
repeats within its usual noise is averaged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ninjapool.model import JobClass

NOISE = 0.06
"""Deviation of ln(peak) between two builds of an edge of one second, before it has shown its own.
It falls as one over its seconds: a job is looked at in steps of its age, and what it adds after the
last look is not seen. abseil, 120 compiles: 0.06 below a second, 0.02 below two, 0.006 above;
LLVM 19, 71 compiles: 0.023 below two, 0.011 below four, 0.009 above;
where memory is plentiful and looks are rare, an `ar` of a tenth of a second is off by half."""
LEAST_SPREAD, MOST_SPREAD = 0.015, 0.4
OUTLIER = 3.0
"""So many deviations off is no noise: the source has changed."""
UNSEEN = 0.6
"""What a whole life unseen adds to the deviation: on a busy machine a look may come too late."""
UP, DOWN = 0.8, 0.3
"""The weight of a last build that agrees with those before: what it missed, it missed downwards."""


class Key(NamedTuple):
    """What is kept apart: Debug from Release, and gcc from clang."""

    output: str
    """Relative to the build directory."""
    variant: str
    """The flags that change memory by factors: `gcc -O3`."""


class Entry(NamedTuple):
    """A row of the history: a tuple, since ten thousand are read before a build begins."""

    output: str
    variant: str
    job_class: JobClass
    source: str
    """Relative to the source tree; empty where the command names none."""
    command: str
    """Hash of the command without what varies."""
    compiler: str
    """Which build of it: `x86_64-linux-gnu-g++-12 1254600`."""
    size: int | None
    """Bytes of the source, or of all that a link reads."""
    peak: int | None
    """What is believed; None where it was over too soon to be seen, or always killed."""
    spread: float
    """Deviation of ln(peak) from one build to the next."""
    seconds: float
    """That it could use: neither held back nor waiting for a CPU."""
    curve: bytes | None
    """Memory in 255ths of the peak, at equal steps of its life."""
    at_least: int
    """It was killed with so much since it last ended well."""
    builds: int
    at: int
    """Seconds since 1970 when it was last built."""
    last: int | None = None
    """The peak that the last build measured."""
    expected: int | None = None
    """The peak that was forecast for that build."""
    doubt: float | None = None
    """The deviation of ln(peak) that was stated with it."""
    basis: str = ""
    """What that forecast was made from."""

    @property
    def key(self) -> Key:
        return Key(self.output, self.variant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one build has shown of one edge."""

    key: Key
    job_class: JobClass
    source: str
    command: str
    compiler: str
    size: int | None
    peak: int | None
    seconds: float
    curve: bytes | None
    expected: int | None
    doubt: float | None
    basis: str
    at: int
    unseen: float = 0.0
    """The part of its life after the last look at it."""


def believed(old: Entry | None, seen: Seen) -> Entry:
    """What is known of the edge after this build."""
    peak, spread = _peak(old, seen)
    return Entry(
        output=seen.key.output,
        variant=seen.key.variant,
        job_class=seen.job_class,
        source=seen.source,
        command=seen.command,
        compiler=seen.compiler,
        size=seen.size,
        peak=peak,
        spread=spread,
        seconds=_seconds(old, seen),
        curve=seen.curve or (old.curve if old else None),
        at_least=0 if seen.peak is not None or old is None else old.at_least,
        builds=1 + (old.builds if old else 0),
        at=seen.at,
        last=seen.peak,
        expected=seen.expected if seen.peak is not None else None,
        doubt=seen.doubt if seen.peak is not None else None,
        basis=seen.basis,
    )


def killed(old: Entry | None, seen: Seen) -> Entry:
    """It needs more than it had; the rest stays as it was known."""
    at_least = seen.peak or 0
    if old is None:
        return believed(None, seen)._replace(
            peak=None, last=None, curve=None, expected=None, doubt=None, at_least=at_least, builds=0
        )
    return old._replace(at_least=max(at_least, old.at_least), at=seen.at)


def _peak(old: Entry | None, seen: Seen) -> tuple[int | None, float]:
    """A peak that was not seen this time may have been seen the last."""
    if seen.peak is None:
        return (old.peak, old.spread) if old else (None, noise(seen.seconds))
    usual = _within(noise(seen.seconds) + UNSEEN * seen.unseen, LEAST_SPREAD)
    if old is None or old.peak is None or not _is_same(old, seen):
        return seen.peak, usual
    off = math.log(seen.peak / old.peak)
    if abs(off) > OUTLIER * max(old.spread, usual):
        return seen.peak, min(MOST_SPREAD, max(usual, abs(off) / 2))
    weight = UP if off > 0 else DOWN
    shown = math.sqrt((old.spread**2 + off * off) / 2)
    return round(old.peak * math.exp(weight * off)), _within(shown, usual / 2)


def noise(seconds: float) -> float:
    """What two builds of an edge differ by, as far as its length tells."""
    return _within(NOISE / max(seconds, 0.01), LEAST_SPREAD)


def _within(value: float, least: float, most: float = MOST_SPREAD) -> float:
    return min(most, max(LEAST_SPREAD, least, value))


def _is_same(old: Entry, seen: Seen) -> bool:
    return (old.command, old.compiler) == (seen.command, seen.compiler)


def _seconds(old: Entry | None, seen: Seen) -> float:
    """Halfway to the last build's, as other work on the machine stretches them."""
    if old is None or not _is_same(old, seen) or not old.seconds:
        return seen.seconds
    if not 0.5 < seen.seconds / old.seconds < 2:
        return seen.seconds
    return (old.seconds + seen.seconds) / 2


def newer(one: Entry, other: Entry) -> Entry:
    """Of two accounts of one edge, in any order: what was built later tells more."""
    return max(one, other, key=_age)


def _age(entry: Entry) -> tuple[int, int, str]:
    return entry.at, entry.builds, repr(entry)
