"""What `history show` prints: what is known of a source tree, and how good its forecasts were.

Knows no terminal and no file.
"""

from __future__ import annotations

from datetime import datetime, timezone
from statistics import median
from typing import TYPE_CHECKING

from ninjapool.history.calibration import by_class
from ninjapool.report.live import plain
from ninjapool.units import format_seconds, format_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ninjapool.history.calibration import Errors
    from ninjapool.history.entry import Entry

BASES = {
    "history": "its own past",
    "kin": "other flags or compilers",
    "log": "ninja's log",
    "class": "its class",
    "profile": "a profile",
}


def known(entries: Sequence[Entry], source: str, file: str, size: int, *, top: int) -> str:
    """The whole page. `size`: bytes of the file."""
    lines = [*_head(entries, source, file, size), ""]
    lines += [*_kinds(entries), "", *_heaviest(entries, top), "", *_calibration(entries)]
    return "".join(f"{plain(line)}\n" for line in lines)


def _head(entries: Sequence[Entry], source: str, file: str, size: int) -> Iterator[str]:
    last = datetime.fromtimestamp(max(entry.at for entry in entries), tz=timezone.utc)
    yield f"{source}: {len(entries)} edges, last built {last:%Y-%m-%d}"
    yield f"  in {file} ({format_size(size)})"


def _kinds(entries: Sequence[Entry]) -> Iterator[str]:
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.job_class, entry.variant), []).append(entry)
    yield "What is known"
    yield f"  {'class':<9} {'edges':>6} {'median':>9} {'largest':>9} {'seconds':>8}  built by"
    for (job_class, variant), group in sorted(groups.items()):
        peaks = [entry.peak for entry in group if entry.peak is not None]
        middle = format_size(int(median(peaks))) if peaks else "-"
        most = format_size(max(peaks)) if peaks else "-"
        seconds = format_seconds(sum(entry.seconds for entry in group))
        yield f"  {job_class:<9} {len(group):>6} {middle:>9} {most:>9} {seconds:>8}  {variant}"


def _heaviest(entries: Sequence[Entry], top: int) -> Iterator[str]:
    yield "The heaviest"
    heavy = sorted(entries, key=lambda entry: (-(entry.peak or 0), entry.key))[:top]
    for entry in heavy:
        least = f", killed at {format_size(entry.at_least)}" if entry.at_least else ""
        peak = format_size(entry.peak) if entry.peak is not None else "-"
        yield f"  {peak:>9} {format_seconds(entry.seconds):>8}  {entry.output}{least}"


def _calibration(entries: Sequence[Entry]) -> Iterator[str]:
    found = by_class(entries)
    if not found:
        yield "No forecast has been held against a build yet"
        return
    yield "Forecasts of the last builds, held against what was measured"
    columns = f"{'bias':>6} {'half within':>11} {'95 % within':>11} {'above bound':>12}"
    yield f"  {'class':<9} {'edges':>6} {columns}  forecast by"
    for (job_class, basis), one in found.items():
        yield f"  {job_class:<9} {one.jobs:>6} {_errors(one)}  {BASES.get(basis, basis)}"


def _errors(one: Errors) -> str:
    above = f"{one.above} ({one.above / one.jobs:.1%})"
    bias = f"{one.bias - 1:+.1%}"
    return f"{bias:>6} {one.median:>11.1%} {one.p95:>11.1%} {above:>12}"
