"""What `configure` prints: the pools in short, what was written, what to do next."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ninjapool.report.inspection import conclusion, machine_summary, pool_lines, wrap
from ninjapool.units import format_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import PurePath

    from ninjapool.model import Machine, Plan, Project

_GOVERNED = (
    "Governed: as many jobs run as the CPUs and the free memory bear, which is read all through "
    "the build. Job pools of a fixed depth are left out; they would only bind more."
)
Commands = tuple[str, "Sequence[Sequence[str]]", "PurePath | None"]
"""What they are for, the commands, and the folder to run them in where it is not this one."""


def plan_in_short(machine: Machine, project: Project, plan: Plan, *, governed: bool = False) -> str:
    """Half a dozen lines; `inspect` has the reasons in full."""
    share = f"{format_size(plan.budget)} for jobs ({plan.memory.why}, less the reserve)"
    lines = [f"{project.name} on {machine_summary(machine)}; {share}"]
    if governed:
        lines += wrap(_GOVERNED, "")
    else:
        lines += [*pool_lines(plan), *conclusion(plan)]
    return "\n".join(lines) + "\n"


def written(paths: Sequence[PurePath], notices: Iterable[str]) -> str:
    """Which files have changed, and what the user should know."""
    folders: dict[str, list[str]] = {}
    for path in paths:
        folders.setdefault(str(path.parent), []).append(path.name)
    places = [f"{folder}/ ({', '.join(names)})" for folder, names in folders.items()]
    lines = wrap(", ".join(places), "Wrote ") if paths else ["Nothing to write: all is as it was."]
    for notice in notices:
        lines += wrap(notice, "Note: ")
    return "\n".join(lines) + "\n"


def next_steps(steps: Sequence[Commands]) -> str:
    """Commands ready to be copied."""
    return "".join(f"{line}\n" for step in steps for line in _step(step))


def _step(step: Commands) -> Iterator[str]:
    what, commands, folder = step
    yield f"{what}, in {folder}:" if folder is not None else f"{what}:"
    for command in commands:
        yield f"  {shlex.join(command)}"
