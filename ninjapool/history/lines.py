"""The history as text for a team: a line for each edge, in one order, so that git merges it.

Two people who measured the same edge make a conflict, or two lines where git is told to keep both
(`merge=union`): either may be imported as it is, the newer account wins. Figures are rounded, so
that a build that changed nothing changes few lines. Left out is what only calibration needs.
Knows no files. Pure.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, cast, get_args

from ninjapool.history.entry import LEAST_SPREAD, MOST_SPREAD, NOISE, Entry, newer
from ninjapool.model import JobClass

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA = 1
HEAD = json.dumps({"ninjapool-history": SCHEMA})
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_FINE = 1 << 16
"""Bytes to which peaks are rounded."""
_EPOCH = date(1970, 1, 1)
_LARGEST = 1 << 53
"""Bytes; JSON of other programs is exact up to there."""


class LineError(ValueError):
    """A line that is none of ours."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(why)
        self.number = number


def render(entries: Iterable[Entry]) -> str:
    lines = sorted(_line(entry) for entry in entries)
    return "\n".join([HEAD, *lines]) + "\n"


def _line(entry: Entry) -> str:
    told: dict[str, object] = {
        "output": entry.output,
        "variant": entry.variant,
        "class": entry.job_class,
        "source": entry.source or None,
        "command": entry.command,
        "compiler": entry.compiler,
        "size": entry.size,
        "peak": None if entry.peak is None else max(_FINE, round(entry.peak / _FINE) * _FINE),
        "spread": round(entry.spread, 3),
        "seconds": float(f"{entry.seconds:.2g}"),
        "curve": entry.curve.hex() if entry.curve else None,
        "at_least": entry.at_least or None,
        "builds": entry.builds,
        "day": (_EPOCH + timedelta(seconds=entry.at)).isoformat(),
    }
    return json.dumps({key: value for key, value in told.items() if value is not None})


def parse(text: str) -> dict[tuple[str, str], Entry]:
    """By output and variant. Raises LineError for what is no history, or a newer one."""
    found: dict[tuple[str, str], Entry] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith(_CONFLICT):
            continue
        entry = _entry(number, line)
        if entry is not None:
            key = entry.output, entry.variant
            found[key] = newer(found[key], entry) if key in found else entry
    return found


def _entry(number: int, line: str) -> Entry | None:
    """None for the head."""
    try:
        told = json.loads(line)
        if "ninjapool-history" not in told:
            return _read(told)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise LineError(number, f"not an edge of a history: {_reason(error)}") from error
    _check(number, told["ninjapool-history"])
    return None


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return "no JSON"
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)


def _check(number: int, schema: Any) -> None:
    if not isinstance(schema, int) or schema > SCHEMA:
        raise LineError(number, f"a history of form {schema}, newer than this ninjapool knows")


def _read(told: dict[str, Any]) -> Entry:
    job_class = told["class"]
    if job_class not in get_args(JobClass):
        raise ValueError(f"class {job_class}")
    curve = bytes.fromhex(told["curve"]) if "curve" in told else None
    day = datetime.strptime(told["day"], "%Y-%m-%d").replace(tzinfo=timezone.utc)
    return Entry(
        output=_text(told["output"]),
        variant=_text(told["variant"]),
        job_class=cast("JobClass", job_class),
        source=_text(told.get("source", "")),
        command=_text(told["command"]),
        compiler=_text(told["compiler"]),
        size=_bytes(told.get("size")),
        peak=_bytes(told.get("peak")),
        spread=min(MOST_SPREAD, max(LEAST_SPREAD, float(told.get("spread", NOISE)))),
        seconds=_seconds(told["seconds"]),
        curve=curve if curve and len(curve) > 1 else None,
        at_least=_bytes(told.get("at_least")) or 0,
        builds=int(told["builds"]),
        at=int(day.timestamp()),
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError(value)
    return value


def _bytes(value: Any) -> int | None:
    if value is None:
        return None
    if not 0 < int(value) < _LARGEST:
        raise ValueError(value)
    return int(value)


def _seconds(value: Any) -> float:
    if not 0 <= float(value) < 1e9:
        raise ValueError(value)
    return float(value)
