"""What `ninjapool-ninja` does when it is to build: the real ninja, governed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninjapool.cli import guarded
from ninjapool.cli.args import Args
from ninjapool.cli.building import run

if TYPE_CHECKING:
    from collections.abc import Sequence


def build(ninja: str, words: Sequence[str]) -> int:
    """The exit code of that ninja with those words."""
    args = Args(command=run, rest=[ninja, *words], has_rest=True)
    return guarded(lambda: run(args))
