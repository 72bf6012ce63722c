"""What each output of a build directory took when ninjapool built it last, kept between builds.

One JSON file per build directory, in the user's state folder, so that the build directory stays as
ninja left it. Each entry names the row of ninja's log that it belongs to: what was built without
ninjapool since has another row, and the entry is no longer used. The log alone would not do, for
it counts the time in which a job was held back as its own. Knows no forecasts.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, get_args

from ninjapool import state
from ninjapool.model import JobClass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA = 1
Row = tuple[int, int]
"""When the output was begun and done, in milliseconds, as ninja's log has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One output's last build."""

    row: Row
    job_class: JobClass
    seconds: float
    """That the job could use: neither held back nor waiting for a CPU."""
    peak: int | None = None
    """None where the job was over too soon to be seen."""


def place(build: Path, env: Mapping[str, str]) -> Path:
    """The file for a build directory."""
    name = hashlib.blake2b(str(build.resolve()).encode("utf-8", "surrogateescape"), digest_size=8)
    return state.folder(env) / f"{build.resolve().name}-{name.hexdigest()}.json"


def read(file: Path) -> dict[str, Past]:
    """Nothing where there is no such file, or none that can be understood."""
    try:
        return parse(file.read_text(encoding="utf-8", errors="surrogateescape"))
    except OSError:
        return {}


def parse(text: str) -> dict[str, Past]:
    try:
        document = json.loads(text)
        if document["schema"] != SCHEMA:
            return {}
        return {key: _past(entry) for key, entry in document["outputs"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return {}


def _past(entry: list[Any]) -> Past:
    start, end, job_class, seconds, peak = entry
    if job_class not in get_args(JobClass):
        raise ValueError(job_class)
    return Past(
        row=(int(start), int(end)),
        job_class=cast("JobClass", job_class),
        seconds=float(seconds),
        peak=None if peak is None else int(peak),
    )


def render(build: Path, outputs: Mapping[str, Past]) -> str:
    entries = {
        key: [*past.row, past.job_class, round(past.seconds, 3), past.peak]
        for key, past in outputs.items()
    }
    document = {"schema": SCHEMA, "build": str(build.resolve()), "outputs": entries}
    return json.dumps(document, separators=(",", ":")) + "\n"
