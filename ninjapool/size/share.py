"""What a build may have of the machine, and the profile that tells what its jobs need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from ninjapool.model import Figure, Policy, Project, Setting
from ninjapool.plan.figures import cpu_figure, memory_figure, reserve_figure
from ninjapool.profiles import Config, Profile, choose, read_profile
from ninjapool.size.wishes import policy_of

if TYPE_CHECKING:
    from ninjapool.model import Machine
    from ninjapool.size.wishes import Wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a build may have, without any pools: all that is needed to govern it."""

    policy: Policy
    """What the user said."""
    memory: Figure
    reserve: Figure
    cpus: Figure
    profile: Setting[str]
    figures: Profile
    """That profile, with the user's own figures over it."""

    @property
    def budget(self) -> int:
        return self.memory.value - self.reserve.value


def share_out(
    machine: Machine, project: Project, wishes: Wishes, config: Config | None = None
) -> Share:
    """Raises UsageError, MachineError, FileError."""
    policy = policy_of(machine, project, wishes, config)
    name = _profile_name(project, wishes, config)
    profile = read_profile(name.value)
    memory = memory_figure(machine, policy)
    return Share(
        policy=policy,
        memory=memory,
        reserve=reserve_figure(machine, memory, policy),
        cpus=cpu_figure(machine, policy),
        profile=name,
        figures=config.rows.over(profile) if config is not None and config.rows else profile,
    )


def _profile_name(project: Project, wishes: Wishes, config: Config | None) -> Setting[str]:
    if wishes.profile is not None:
        return Setting(value=wishes.profile, source="--profile")
    if config is not None and config.profile is not None:
        return Setting(value=config.profile, source=config.path)
    return choose(project)


def any_project() -> Project:
    """What is assumed where no project is named: C++ by gcc, optimised, without debug info."""
    assumed = "assumed: no project was named"
    return Project(
        source=PurePath(),
        name="any C++ project",
        llvm=False,
        compiler=Setting(value="gcc", source=assumed),
        build_type=Setting(value="Release", source=assumed),
        debug_info=Setting(value="none", source=assumed),
        lto=Setting(value="off", source=assumed),
        linker=Setting(value="bfd", source=assumed),
    )
