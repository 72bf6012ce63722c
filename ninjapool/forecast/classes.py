"""What a build has shown of one class of jobs.

A job is told from others of its folder by its source's size, its last duration, or nothing; folders
are told from each other within a sort: C is lighter than C++, and a unity source is heavier.
"""

from __future__ import annotations

import math
import posixpath
import re
from typing import TYPE_CHECKING, Literal

from ninjapool.forecast.folders import Folders
from ninjapool.forecast.lines import Line, Mean
from ninjapool.forecast.prior import FILES

if TYPE_CHECKING:
    from ninjapool.forecast.prior import Prior
    from ninjapool.model import JobClass

BY_SIZE = 0.44
"""ln(resident) per ln(bytes of the source), as a share of the spread of all (0.32 of 0.73)."""
COMPILES: tuple[JobClass, ...] = ("compile", "heavy", "flang")
UNITY = re.compile(r"(?:.*[-_])?(?:unity|jumbo|ub)_?\d*[-_.]|mocs_compilation\.")
"""CMake's unity_0_cxx.cxx, Meson's x-unity0.cpp, DuckDB's ub_x.cpp, Chromium's x_jumbo_1.cc."""
Basis = Literal["kind", "size", "log", "kin"]
"""What tells a job from others of its folder: nothing, its source's size, its last duration, or
what the same took under other flags."""
KIN_BETWEEN, KIN_WITHIN = 0.3, 0.15
"""What folders and jobs differ by in how other flags change them: LLVM's Debug takes 1.05 to 1.2
times its Release by gcc, clang half of gcc."""


class Shown:
    """What this build has shown of one class."""

    def __init__(self, prior: Prior, job_class: JobClass) -> None:
        self.prior = prior
        middle, spread = math.log(prior.peak + FILES), prior.peak_spread
        self._begin: dict[Basis, tuple[float, float, float]] = {
            "kind": (middle, 0.82 * spread, 0.57 * spread),
            "size": (middle, *self._by_size()),
            "log": (middle, 0.6 * prior.law_spread, 0.8 * prior.law_spread),
            "kin": (0.0, KIN_BETWEEN, KIN_WITHIN),
        }
        self._folders: dict[tuple[Basis, str], Folders] = {}
        self.clock = Mean(0.0, trust=8)
        """ln of measured seconds over those of an earlier build's log."""
        self.pace = Line(middle, math.log(prior.seconds), 1 / prior.power)
        """ln of seconds by ln(resident)."""
        # What is usual of a source is not of all that a link reads: there the first one tells it.
        is_usual_known = prior.own or job_class in COMPILES
        self.sizes = Mean(math.log(prior.usual_size), trust=4 if is_usual_known else 0)

    def _by_size(self) -> tuple[float, float]:
        spread = self.prior.peak_spread
        is_own = self.prior.by_size is not None
        return (0.5 * spread, 0.85 * spread) if is_own else (0.63 * spread, 0.43 * spread)

    def folders(self, basis: Basis, key: str) -> Folders:
        """Those that the job may be compared with. What tells its own past needs no sorts."""
        sort = sort_of(key) if basis in ("kind", "size") else ""
        found = self._folders.get((basis, sort))
        if found is None:
            found = self._folders[basis, sort] = Folders(*self._begin[basis])
        return found

    def explained(self, basis: Basis, value: float) -> float:
        """What a source's size, or a duration, adds to ln(resident)."""
        if basis == "size":
            own = self.prior.by_size
            slope = BY_SIZE * self.prior.peak_spread if own is None else own
            return slope * (math.log(max(value, 100.0)) - self.sizes.mean)
        if basis == "log":
            return self.prior.power * math.log(max(value, 0.01) / self.prior.seconds)
        if basis == "kin":
            return math.log(value + FILES)
        return 0.0


def sort_of(key: str) -> str:
    """C or another language, and whether it is of a unity source; nothing for what is no object.

    By its name, as CMake and Meson give it.
    """
    name = posixpath.basename(key)
    stem, _, suffix = name.rpartition(".")
    if suffix not in ("o", "obj"):
        return ""
    language = "C" if stem.endswith(".c") else "other"
    return f"{language} unity" if UNITY.match(name) else language
