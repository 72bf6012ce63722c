"""Machine, estimates and policy into a Plan: `sizing` does the sums, `pools` explains them."""

from ninjapool.plan.pools import plan_build

__all__ = ["plan_build"]
