"""Traces as files: JSON lines, gzipped. What a trace is says `ninjapool.govern.trace`."""

from __future__ import annotations

import gzip
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ninjapool.whatif.traces import load, read_lines

if TYPE_CHECKING:
    from pathlib import Path

    from ninjapool.govern.trace import Trace

__all__ = ["load", "read_lines", "save", "write_lines"]


def save(trace: Trace, path: Path) -> None:
    """Writes a head with the curves, then a job a line. The same trace, the same bytes."""
    numbers = {curve: number for number, curve in enumerate(dict.fromkeys(curves(trace)))}
    head = {"trace": trace.name, "source": trace.source, "curves": list(numbers)}
    rows = [{**asdict(job), "curve": numbers[job.curve]} for job in trace.jobs]
    write_lines(path, [head, *rows])


def curves(trace: Trace) -> list[tuple[float, ...]]:
    return [job.curve for job in trace.jobs]


def write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    """JSON lines, gzipped with neither time nor name inside, so that equal data are equal bytes."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(text.encode())
