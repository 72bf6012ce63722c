"""What a compile takes here when it is done elsewhere: the CPU time of its preprocessor, its bytes.

    python -m examples.remote SOURCES... -- FLAGS...

Compiles each source and preprocesses it, by gcc or whatever `CXX` names; prints CPU seconds of both
and the bytes that a distributed compiler sends (preprocessed text) and gets back (the object).
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source, compiled and preprocessed."""

    name: str
    compiled: float
    """CPU seconds."""
    preprocessed: float
    sent: int
    """Bytes of preprocessed text."""
    returned: int
    """Bytes of the object."""

    @property
    def share(self) -> float:
        return self.preprocessed / self.compiled


def measure(source: str, flags: Sequence[str]) -> Source:
    with tempfile.TemporaryDirectory() as folder:
        text, made = Path(folder) / "text.ii", Path(folder) / "made.o"
        preprocessed = cpu_seconds("-E", source, "-o", str(text), *flags)
        compiled = cpu_seconds("-c", source, "-o", str(made), *flags)
        return Source(
            name=source,
            compiled=compiled,
            preprocessed=preprocessed,
            sent=text.stat().st_size,
            returned=made.stat().st_size,
        )


def cpu_seconds(*words: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([os.environ.get("CXX", "g++"), *words], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def told(sources: Sequence[Source]) -> str:
    """The lines of all, and what a compile takes on the whole."""
    rows = [
        f"{one.compiled:7.2f} s {one.preprocessed:6.2f} s {one.share:6.1%} "
        f"{one.sent / 1e6:6.2f} MB {one.returned / 1e6:6.2f} MB  {one.name}"
        for one in sources
    ]
    compiled = sum(one.compiled for one in sources)
    share = sum(one.preprocessed for one in sources) / compiled
    moved = sum(one.sent + one.returned for one in sources)
    whole = (
        f"{len(sources)} sources: preprocessing {share:.1%} of the CPU time of all "
        f"(median {median(one.share for one in sources):.1%}), "
        f"{moved / compiled / share / 1e6:.1f} MB over the wire for a CPU second of it"
    )
    return "\n".join([*rows, whole])


def main(words: Sequence[str]) -> None:
    sources, _, flags = " ".join(words).partition(" -- ")
    print(told([measure(source, flags.split()) for source in sources.split()]))


if __name__ == "__main__":
    main(sys.argv[1:])
