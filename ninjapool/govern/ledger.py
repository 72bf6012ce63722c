"""The sums of one look: what those who may run will hold, instant by instant, against a level.

Whoever is not taken in stands still at what he holds. Knows amounts, no jobs' states and no policy.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from ninjapool.govern.banker import Claim, is_safe
from ninjapool.govern.grid import GRID

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


OVERRUN = 0.03
"""Share of what a job holds that it may yet need beyond what it is counted on to need."""

STILL = 0.002
"""Share of what a job holds by which it may grow in the next moments and be at rest."""


NOTHING = (0.0,) * len(GRID)


class Stake(NamedTuple):
    """One job's part in the sums."""

    job: int
    holds: float
    need: float
    """Bytes from what it holds to the peak that it is counted on to reach."""
    soon: float
    """Bytes that it may take in the next moments, if it runs."""
    gain: tuple[float, ...]
    """Expected bytes at each instant less what it holds: negative once it will have ended."""
    variance: tuple[float, ...]
    common: tuple[float, ...]
    folder: str = ""
    alike: float = 0.0
    """The part of `common` (as of a deviation) that is off by only for those of its folder."""
    away: bool = False
    """Its work is done elsewhere: it takes none of the cores here."""
    waits: bool = False
    """Whoever compiles for it has not begun."""

    @property
    def by_all(self) -> float:
        """The part of `common` that all jobs share."""
        return math.sqrt(1 - self.alike * self.alike) if self.alike else 1.0

    @property
    def is_settled(self) -> bool:
        """It is not expected to grow: it would hold as much if it stood still."""
        return self.need <= OVERRUN * self.holds and self.soon <= STILL * self.holds

    @property
    def claim(self) -> Claim:
        return Claim(self.need, self.holds, self.job)

    @property
    def grown(self) -> Claim:
        """After the next moments."""
        return Claim(max(0.0, self.need - self.soon), self.holds + self.soon, self.job)


class Ledger:
    """Sums over those who run, and the claims of all who hold memory."""

    def __init__(self, used: float, stakes: Iterable[Stake]) -> None:
        """`used`: what the build holds now in all; `stakes`: of all who hold memory."""
        self.used = used
        self.running = self.away = self.working = self.growing = 0
        """Jobs taken in: all, those elsewhere, those that do not wait, those of these that grow."""
        self.growth = 0.0
        self._mean: list[float] = [used] * len(GRID)
        self._variance: list[float] = [0.0] * len(GRID)
        self._common: list[float] = [0.0] * len(GRID)
        self._folders: dict[str, list[float]] = {}
        """What those of a folder have in common; it is in the variance already."""
        self._claims = {stake.job: stake.claim for stake in stakes}
        self._tightest = 0
        """Where in the grid the last one did not fit: most others do not fit there either."""

    @property
    def here(self) -> int:
        """Those who run and take a core of this machine."""
        return self.running - self.away

    def is_idle(self, stake: Stake) -> bool:
        """Whether nobody gets on unless this job does: who waits may be waiting for it."""
        return not self.running or not (self.working or stake.waits)

    def take(self, *stakes: Stake) -> None:
        """These jobs run from now on; the claims are those after the next moments."""
        self.running += len(stakes)
        self.away += sum(stake.away for stake in stakes)
        self.working += sum(not stake.waits for stake in stakes)
        self.growing += sum(not (stake.waits or stake.is_settled) for stake in stakes)
        self.growth += sum(stake.soon for stake in stakes)
        self._mean = _added(self._mean, [stake.gain for stake in stakes])
        self._variance = _added(self._variance, [stake.variance for stake in stakes])
        self._common = _added(self._common, [_part(stake.common, stake.by_all) for stake in stakes])
        for stake in stakes:
            if stake.alike:
                self._join_folder(stake)
        self._claims.update({stake.job: stake.grown for stake in stakes})

    def _join_folder(self, stake: Stake) -> None:
        """Folders are off independently of each other; the jobs of one are off together."""
        beside, more = self._beside(stake), _part(stake.common, stake.alike)
        self._variance = [
            variance + (2 * had + one) * one
            for variance, had, one in zip(self._variance, beside, more, strict=True)
        ]
        self._folders[stake.folder] = [had + one for had, one in zip(beside, more, strict=True)]

    def _beside(self, stake: Stake) -> Sequence[float]:
        """What those of its folder have in common who are taken in."""
        return self._folders.get(stake.folder, NOTHING)

    def holds(self, level: float) -> bool:
        """Whether those taken in stay below the level in the next moments, and could all end."""
        free = level - self.used - self.growth
        return free >= 0 and _safe(self._claims.values(), free)

    def exceeds(self, budget: float, risk: float) -> bool:
        """Whether those taken in are expected to meet the budget at some instant."""
        sums = zip(self._mean, self._variance, self._common, strict=True)
        return any(
            mean + risk * math.sqrt(own + shared * shared) > budget for mean, own, shared in sums
        )

    def fits(self, stake: Stake, line: float, budget: float, risk: float) -> bool:
        """Whether the job may run beside those taken in.

        In the next moments all must stay below the line, and be safe there; later, `risk`
        deviations below the budget. Who will not grow may: the sooner it ends, the better.
        """
        if stake.is_settled:
            return True
        if self.used + self.growth + stake.soon > line:
            return False
        by_all, alike, beside = stake.by_all, stake.alike, self._beside(stake)
        for index in (self._tightest, *range(len(GRID))):
            common = stake.common[index]
            own = self._variance[index] + stake.variance[index]
            if alike:
                own += (2 * beside[index] + alike * common) * alike * common
            shared = self._common[index] + by_all * common
            mean = self._mean[index] + stake.gain[index]
            if mean + risk * math.sqrt(own + shared * shared) > budget:
                self._tightest = index
                return False
        return self.safe_with(stake, line)

    def safe_with(self, stake: Stake, line: float) -> bool:
        """The banker's rule, after the next moments with this job running as well."""
        claims = {**self._claims, stake.job: stake.grown}
        return _safe(claims.values(), line - self.used - self.growth - stake.soon)

    def book(self, stake: Stake, budget: float) -> None:
        """Keeps room for a job that does not fit yet, from the instant on at which it will.

        Whoever is taken in after it must leave that room, or be gone by then.
        """
        top = min(max(stake.gain), budget - max(0.0, min(self._mean)))
        full = [index for index, mean in enumerate(self._mean) if mean + top > budget]
        first = min(full[-1] + 1, len(GRID) - 1) if full else 0
        times = (0.0, *GRID)
        for index in range(first, len(GRID)):
            since, until = (times[at] - times[first] for at in (index, index + 1))
            self._mean[index] += min(top, _most(stake.gain, since, until))


def _part(values: tuple[float, ...], part: float) -> tuple[float, ...]:
    return values if part == 1.0 else tuple([part * value for value in values])


def _added(sums: list[float], parts: Sequence[tuple[float, ...]]) -> list[float]:
    if len(parts) == 1:
        return [had + more for had, more in zip(sums, parts[0], strict=True)]
    return [sum(column) for column in zip(sums, *parts, strict=True)]


def _most(gain: Sequence[float], since: float, until: float) -> float:
    """The highest in this time: a brief job lies between two instants that are far apart."""
    befores = zip((0.0, *GRID), GRID, gain, strict=False)
    return max((g for before, at, g in befores if since < at and before < until), default=gain[-1])


def _safe(claims: Iterable[Claim], free: float) -> bool:
    """The banker's rule, where nobody needs more than there is once all the others have ended.

    A forecast that says so is wrong, or the job is lost anyway: it must not bar the others' way.
    """
    claims = sorted(claims)
    if is_safe(claims, free):
        return True
    most = free + sum(claim.holds for claim in claims)
    capped = [Claim(min(need, most - holds), holds, job) for need, holds, job in claims]
    return is_safe(sorted(capped), free)
