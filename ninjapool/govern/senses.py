"""What the loop asks the machine again and again, read by the probe's quick readers.

Knows no process of the build.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninjapool.govern.loop import Senses
from ninjapool.probe import HeadroomReader, OomReader

if TYPE_CHECKING:
    from pathlib import Path

    from ninjapool.govern.loop import Counted


def machine_senses(root: Path, counted: Counted) -> Senses:
    """`counted`: whose kernel kills count; the machine's in any case where the cgroup has none."""
    kills = OomReader(root)
    by_cgroup = counted == "cgroup" and kills.cgroup() is not None
    return Senses(HeadroomReader(root).read, kills.cgroup if by_cgroup else kills.machine)
