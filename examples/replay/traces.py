"""Traces as files: JSON lines, gzipped. What a trace is says `ninjapool.govern.trace`."""

from __future__ import annotations

import gzip
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ninjapool.govern.trace import Trace, TraceJob

if TYPE_CHECKING:
    from pathlib import Path


def save(trace: Trace, path: Path) -> None:
    """Writes a head with the curves, then a job a line. The same trace, the same bytes."""
    numbers = {curve: number for number, curve in enumerate(dict.fromkeys(curves(trace)))}
    head = {"trace": trace.name, "source": trace.source, "curves": list(numbers)}
    rows = [{**asdict(job), "curve": numbers[job.curve]} for job in trace.jobs]
    write_lines(path, [head, *rows])


def curves(trace: Trace) -> list[tuple[float, ...]]:
    return [job.curve for job in trace.jobs]


def load(path: Path) -> Trace:
    """Reads what `save` wrote; ValueError where it is something else."""
    head, *lines = read_lines(path)
    try:
        return Trace(
            name=head["trace"],
            source=head["source"],
            jobs=tuple(_job(line, head["curves"]) for line in lines),
        )
    except (KeyError, TypeError, IndexError) as error:
        msg = f"{path}: not a trace: {error}"
        raise ValueError(msg) from error


def _job(line: dict[str, Any], known: list[list[float]]) -> TraceJob:
    curve, needs = tuple(known[line["curve"]]), tuple(line["needs"])
    return TraceJob(**{**line, "curve": curve, "needs": needs})


def write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    """JSON lines, gzipped with neither time nor name inside, so that equal data are equal bytes."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(text.encode())


def read_lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
