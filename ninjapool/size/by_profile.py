"""The plan by a profile's figures: the pools that a project has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninjapool.plan import plan_build
from ninjapool.plan.figures import cpu_figure
from ninjapool.profiles import estimate
from ninjapool.profiles.tables import POOLED
from ninjapool.size.elsewhere import elsewhere

if TYPE_CHECKING:
    from ninjapool.model import Machine, Plan, Policy, Project
    from ninjapool.profiles import Profile


def plan_by_profile(machine: Machine, project: Project, policy: Policy, profile: Profile) -> Plan:
    """Raises as `plan_build`."""
    has_flang = project.flang_pool and "flang" in project.subprojects
    classes = [c for c in POOLED if c != "flang" or has_flang]
    cpus = cpu_figure(machine, policy).value
    estimates = estimate(profile, project, cpus=cpus, only=classes)
    return plan_build(machine, elsewhere(estimates, profile, project), policy)
