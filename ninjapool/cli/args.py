"""The command line as typed values. Knows neither the parser nor the commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.size import Wishes

if TYPE_CHECKING:
    from collections.abc import Callable

    from ninjapool.emit.env import Form
    from ninjapool.model import JobClass


@dataclass
class Args:
    """What argparse fills in; each command reads its own. No slots: argparse adds fields."""

    command: Callable[[Args], int]
    source: Path | None = None
    build: Path | None = None
    root: Path = Path("/")
    preset: str | None = None
    presets: bool = True
    govern: bool | None = None
    json: bool = False
    form: Form = "sh"
    memory: str | None = None
    reserve: str | None = None
    cpus: int | None = None
    jobs: int | None = None
    compile_jobs: int | None = None
    link_jobs: int | None = None
    tablegen_jobs: int | None = None
    compile_memory: str | None = None
    link_memory: str | None = None
    profile: str | None = None
    available: bool = False
    remote: str | None = None
    remote_jobs: int | None = None
    directory: Path | None = None
    targets: list[str] = field(default_factory=list)
    config: str | None = None
    clean_first: bool = False
    verbose: bool = False
    quiet: bool = False
    explain: bool = False
    watch: bool = False
    output: Path | None = None
    text: bool = False
    trace: Path | None = None
    previous: bool = False
    once: bool = False
    cpu_list: str | None = None
    memory_list: str | None = None
    on: str | None = None
    prices: Path | None = None
    within: str | None = None
    remote_list: str | None = None
    wire: float = 1.0
    json_file: Path | None = None
    action: str = "show"
    file: str | None = None
    top: int = 10
    days: int = 180
    logs: list[Path] = field(default_factory=list)
    since: str | None = None
    logs_only: bool = False
    rest: list[str] = field(default_factory=list)
    """What stands after `--`."""
    has_rest: bool = False
    """Whether there was a `--`, if only with nothing after it."""

    @property
    def wishes(self) -> Wishes:
        """The figures that were asked for, as they were written."""
        jobs: dict[JobClass, int | None] = {
            "compile": self.compile_jobs,
            "link": self.link_jobs,
            "tablegen": self.tablegen_jobs,
        }
        memory: dict[JobClass, str | None] = {
            "compile": self.compile_memory,
            "link": self.link_memory,
        }
        return Wishes(
            memory=self.memory,
            reserve=self.reserve,
            cpus=self.cpus,
            jobs=self.jobs,
            pool_jobs={key: value for key, value in jobs.items() if value is not None},
            pool_memory={key: value for key, value in memory.items() if value is not None},
            profile=self.profile,
            available=self.available,
        )
