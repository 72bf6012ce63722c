"""What `build --explain` prints: the numbers that a build is governed by, each with its reason.

Knows no terminal and starts nothing; what the driver was asked is given.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ninjapool.report.inspection import machine_lines, project_lines, row, wrap
from ninjapool.units import format_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ninjapool.model import Estimate, Figure, Machine, Project, Setting


class Share(Protocol):
    """What the build may have."""

    @property
    def memory(self) -> Figure: ...
    @property
    def reserve(self) -> Figure: ...
    @property
    def cpus(self) -> Figure: ...
    @property
    def profile(self) -> Setting[str]: ...
    @property
    def budget(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Governing:
    """How the build would be started, and what is expected of its jobs."""

    command: Sequence[str]
    width: int
    """Jobs that may run at once."""
    away: int = 0
    """Compiles that may be elsewhere beside them."""
    elsewhere: str = ""
    """Where, and who says that there are so many."""
    slots: int
    """Jobs that may be started: those that run and those that wait."""
    says: str
    logged: int
    """Outputs of which only the last duration is known, from ninja's log."""
    measured: int
    """Outputs that were measured in governed builds, each variant by itself."""
    pools: Mapping[str, int]
    """Of the build directory, with their depths."""
    estimates: Sequence[Estimate]


def explanation(machine: Machine, project: Project, share: Share, governing: Governing) -> str:
    """The whole page."""
    lines = [*machine_lines(machine), "", *project_lines(project, share.profile), ""]
    lines += [*_limits(machine, share), "", *_driver(share, governing), "", *_jobs(governing)]
    return "\n".join(lines) + "\n"


def _limits(machine: Machine, share: Share) -> Iterator[str]:
    yield "Governed by: what all jobs hold at one time stays inside the budget"
    yield row("memory", format_size(share.memory.value), share.memory.why)
    yield row("reserve", "-" + format_size(share.reserve.value), share.reserve.why)
    yield row("budget", format_size(share.budget), _budget(machine, share))


def _budget(machine: Machine, share: Share) -> str:
    limit = machine.headroom
    if limit is None or limit.headroom is None:
        return "for all jobs"
    room = max(0, min(share.budget, limit.headroom - share.reserve.value))
    return f"for all jobs; now {format_size(room)} of it, and read anew all through the build"


def _driver(share: Share, governing: Governing) -> Iterator[str]:
    waiting = governing.slots - governing.width - governing.away
    yield "Jobs at once"
    yield row("CPUs", str(share.cpus.value), share.cpus.why)
    yield row("run", str(governing.width), "at most, while memory allows")
    if governing.away:
        yield row("away", str(governing.away), governing.elsewhere)
    yield row("wait", str(waiting), "more are started and stopped at once, to choose from")
    yield from wrap(f"{shlex.join(governing.command)}", "  by       ")
    yield from wrap(governing.says, "  width    ")
    if governing.pools:
        depths = ", ".join(f"{name}={depth}" for name, depth in governing.pools.items())
        yield from wrap(f"{depths}: these of the build directory bind as well", "  pools    ")


def _jobs(governing: Governing) -> Iterator[str]:
    yield "What a job is thought to take, until this build has shown it"
    for one in governing.estimates:
        shape = one.distribution
        sizes = (
            f"{format_size(shape.median)}, one in 20 over {format_size(shape.p95)}, "
            f"at most {format_size(shape.max)} ({one.source})"
        )
        yield from wrap(sizes, f"  {one.job_class:<8}  ")
        for step in one.steps:
            yield from wrap(step, " " * 12)
    if governing.logged or governing.measured:
        past = (
            f"{governing.measured} outputs were measured in this source's builds, "
            f"{governing.logged} have a duration in ninja's log only"
        )
        yield from wrap(past, "  last time ")
