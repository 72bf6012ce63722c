"""What is thought of a class before the build: its usual job, and how that grows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ninjapool.units import KIB, MIB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ninjapool.model import Estimate, JobClass

GROWING = (0.01, 0.24, 0.36, 0.44, 0.54, 0.59, 0.67, 0.74, 0.79, 0.83, 0.85, 0.88, 0.91, 0.92, 0.94,
           0.95, 0.97, 0.97, 0.98, 0.99, 1.0)  # fmt: skip
"""The mean curve of ten heavy LLVM sources under gcc 12, Release: what a job does by default."""

LINKING = (0.0, 0.1, 0.22, 0.33, 0.43, 0.49, 0.53, 0.59, 0.68, 0.79, 0.87, 0.91, 0.95, 0.96, 0.96,
           0.96, 0.96, 0.96, 0.97, 0.99, 1.0)  # fmt: skip
"""Mean of bfd 2.40, gold 1.16 and lld 14 that link all static libraries of LLVM 19, 0.2 to 0.9
GiB: much of what a link needs comes late, so one that is young and small is not a light one."""
GENERATING = (0.0, 0.16, 0.36, 0.53, 0.62, 0.68, 0.73, 0.78, 0.8, 0.83, 0.86, 0.87, 0.88, 0.89, 0.9,
              0.91, 0.94, 0.95, 0.98, 0.99, 1.0)  # fmt: skip
"""Mean of eight runs of llvm-tblgen 19 over X86.td and AMDGPU.td, 0.5 to 1.3 GiB."""
CURVES: Mapping[JobClass, tuple[float, ...]] = {
    "compile": GROWING,
    "heavy": GROWING,
    "flang": GROWING,
    "link": LINKING,
    "tablegen": GENERATING,
    "archive": GROWING,
}
"""What is usual where a profile has no curve: a plan takes such jobs to be always at their peak."""

FILES = 27.0 * MIB
"""Pages of its own program that a compiler has resident (gcc 25 to 29, clang 80). Log-normal, and
on a straight line with the duration, is all that is resident; a job's own is the rest."""
POWER = 0.57
"""What a compile has resident grows as its seconds to this power (683 LLVM sources)."""
USUAL_SIZE = 12.0 * KIB
"""Of a source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What is thought of a class before the build. The defaults are those of an unknown C++ job.

    Through the two medians goes the law by which a duration tells a peak.
    """

    peak: float = 280.0 * MIB
    """Median, in bytes."""
    peak_spread: float = 0.6
    seconds: float = 3.5
    """Median, in CPU seconds."""
    power: float = POWER
    law_spread: float = 0.16
    """Standard deviation of ln(resident) around the law: 0.14 measured for compiles."""
    by_size: float | None = None
    """ln(resident) per ln(bytes), where this project has shown it; `peak_spread` is the rest."""
    usual_size: float = USUAL_SIZE
    own: bool = False
    """Of this project's earlier builds."""
    curve: tuple[float, ...] = GROWING

    @classmethod
    def from_estimate(cls, estimate: Estimate) -> Prior:
        """The log-normal through the median and the 95th percentile of a profile."""
        shape = estimate.distribution
        spread = max(0.2, math.log(max(shape.p95, 1) / max(shape.median, 1)) / 1.645)
        power = 1 / estimate.duration_exponent if estimate.duration_exponent > 0 else POWER
        return cls(
            peak=float(max(shape.median, 1)),
            peak_spread=spread,
            seconds=((shape.median + FILES) / (153 * MIB)) ** (1 / POWER),
            power=power,
            curve=_curve(estimate),
            law_spread=0.16 if estimate.job_class == "compile" else 0.35,
        )


def _curve(estimate: Estimate) -> tuple[float, ...]:
    own = estimate.curve
    return own if len(own) > 1 else CURVES.get(estimate.job_class, own or GROWING)
