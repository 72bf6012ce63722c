"""The plan: by what the project's own builds have shown, else by a profile, with advice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ninjapool.history.estimates import of_project
from ninjapool.model import Plan, Setting
from ninjapool.size.by_profile import plan_by_profile
from ninjapool.size.elsewhere import not_compiled
from ninjapool.size.heavy import plan_by_history
from ninjapool.size.remedies import remedies, remedies_of_machine
from ninjapool.size.share import share_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ninjapool.history.entry import Entry
    from ninjapool.model import Machine, Policy, Project
    from ninjapool.profiles import Config
    from ninjapool.size.wishes import Wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """The plan, and the profile that stands behind it with the reason for its choice."""

    plan: Plan
    profile: Setting[str]


def size_build(
    machine: Machine,
    project: Project,
    wishes: Wishes,
    config: Config | None = None,
    past: Sequence[Entry] = (),
) -> Sized:
    """The plan for this build. Raises UsageError, ExcessError, MachineError, FileError.

    `past`: what is known of the source's edges; it goes before the profile.
    """
    share = share_out(machine, project, wishes, config)
    policy, profile = share.policy, share.figures
    plan = plan_by_profile(machine, project, policy, profile)
    known = of_project(past, project) if _asks_nothing_else(policy, wishes, config) else []
    if project.remote is not None:
        known = not_compiled(known)
    if known:
        plan = plan_by_history(machine, policy, known, [pool.estimate for pool in plan.pools])
        plan = replace(plan, advice=tuple(remedies_of_machine(machine)))
        told = f"{len(known)} edges measured in this project's builds"
        return Sized(plan=plan, profile=Setting(value="history", source=told))
    advice = (*remedies(machine, project, policy, profile, plan), *remedies_of_machine(machine))
    return Sized(plan=replace(plan, advice=tuple(advice)), profile=share.profile)


def _asks_nothing_else(policy: Policy, wishes: Wishes, config: Config | None) -> bool:
    """Whether the user has named no figures of his own: those go before what was measured."""
    own = config is not None and config.rows is not None
    return not own and wishes.profile is None and "compile" not in policy.job_memory
