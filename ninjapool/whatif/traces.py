"""Reads a trace from a file: JSON lines, gzipped, as `examples/replay` writes them."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any

from ninjapool.govern.trace import Trace, TraceJob

if TYPE_CHECKING:
    from pathlib import Path


def load(path: Path) -> Trace:
    """ValueError where it is something else."""
    try:
        head, *lines = read_lines(path)
        return Trace(
            name=head["trace"],
            source=head["source"],
            jobs=tuple(_job(line, head["curves"]) for line in lines),
        )
    except (ValueError, KeyError, TypeError, IndexError, OSError, EOFError, zlib.error) as error:
        msg = f"{path}: not a trace: {error}"
        raise ValueError(msg) from error


def _job(line: dict[str, Any], known: list[list[float]]) -> TraceJob:
    curve, needs = tuple(known[line["curve"]]), tuple(line["needs"])
    return TraceJob(**{**line, "curve": curve, "needs": needs})


def read_lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
