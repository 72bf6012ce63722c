"""How many jobs ninja ran at one time, by what it wrote into .ninja_log. Pure.

The log holds the last run of each output, of several builds; each build counts its time from 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADER = b"# ninja log v"


def ran_at_once(lines: Iterable[bytes]) -> int | None:
    """Of the last build; None where there is none."""
    last: dict[tuple[int, int, bytes], None] = {}
    before = 0
    for line in lines:
        cells = line.rstrip(b"\n").split(b"\t")
        if len(cells) != 5 or not (cells[0].isdigit() and cells[1].isdigit()):
            continue
        start, end = int(cells[0]), int(cells[1])
        if end < before:  # ninja writes a line when a job ends, so time has begun anew
            last.clear()
        before = end
        last[start, end, cells[4]] = None  # a job with two outputs has two lines
    return _overlap((start, end) for start, end, _ in last)


def _overlap(spans: Iterable[tuple[int, int]]) -> int | None:
    # At one moment ends go before beginnings: the job that ended has made room for the other.
    changes = sorted(change for start, end in spans for change in ((start, 1), (end, -1)))
    most = running = 0
    for _, change in changes:
        running += change
        most = max(most, running)
    return most or None
