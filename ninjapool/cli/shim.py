"""What `ninjapool-ninja` does when it is to build: the real ninja, governed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninjapool.cli import guarded
from ninjapool.cli.args import Args
from ninjapool.cli.building import run
from ninjapool.govern.ninjas import SHIM

if TYPE_CHECKING:
    from collections.abc import Sequence


def build(words: Sequence[str]) -> int:
    """The exit code of the ninja behind the shim; what is quiet in ninja is quiet in us."""
    args = Args(command=run, rest=[SHIM, *words], has_rest=True, quiet="--quiet" in words)
    return guarded(lambda: run(args))
