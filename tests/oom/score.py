"""How often the doctor is right, by cause: python -m tests.oom.score

Each log alone, without this machine's own. `precision`: of those that it says are of the cause, how
many are; `recall`: of those that are, how many it says so of.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.doctor.diagnosis import MEMORY, Diagnosis, diagnose
from ninjapool.doctor.findings import Around
from ninjapool.doctor.scan import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
NOW = 1_795_600_000.0
"""November 2026."""


@dataclass(frozen=True)
class Case:
    group: str
    name: str
    truth: str

    @property
    def path(self) -> Path:
        return HERE / self.group / self.name

    @property
    def is_memory(self) -> bool:
        return self.truth in MEMORY


def cases() -> list[Case]:
    table = tomllib.loads((HERE / "truth.toml").read_text(encoding="utf-8"))
    return [Case(group, name, truth) for group, row in table.items() for name, truth in row.items()]


def diagnosed(*paths: Path) -> Diagnosis:
    logs = []
    for path in paths:
        scanner = Scanner(path.name, NOW)
        scanner.feed(path.read_bytes())
        logs.append(scanner.finish())
    return diagnose(logs, Around(now=NOW))


def table() -> str:
    pairs = [(case.truth, diagnosed(case.path).cause) for case in cases()]
    return "\n".join(_rows(pairs)) + "\n"


def _rows(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield f"{'cause':<14} {'logs':>4}  precision  recall"
    causes = Counter(truth for truth, _ in pairs)
    for cause, logs in causes.most_common():
        told = sum(found == cause for _, found in pairs)
        right = sum(truth == found == cause for truth, found in pairs)
        yield _row(cause, logs, right, told)
    memory = [(truth in MEMORY, found in MEMORY) for truth, found in pairs]
    right = sum(truth and found for truth, found in memory)
    yield _row("memory at all", sum(t for t, _ in memory), right, sum(f for _, f in memory))


def _row(cause: str, logs: int, right: int, told: int) -> str:
    precision = f"{right / told:.2f}" if told else "-"
    return f"{cause:<14} {logs:>4}  {precision:>9}  {right / logs:>6.2f}"


if __name__ == "__main__":
    sys.stdout.write(table())
