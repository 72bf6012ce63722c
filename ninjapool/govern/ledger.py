"""The sums of one look: what those who may run will hold, instant by instant, against a level.

Whoever is not taken in stands still at what he holds. Knows amounts, no jobs' states and no policy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ninjapool.govern.banker import Claim, is_safe
from ninjapool.govern.grid import GRID

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TOGETHER = 0.03
"""Error that all forecasts share, as a share of the growth: it does not shrink in the sum."""


@dataclass(frozen=True, slots=True)
class Stake:
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

    @property
    def claim(self) -> Claim:
        return Claim(self.need, self.holds, self.job)

    @property
    def thrift(self) -> float:
        """Need against what it gives back: the smaller, the sooner it should run."""
        return self.need / (self.holds + 20 * 2**20)


class Ledger:
    """Sums over those who run, and the claims of all who hold memory."""

    def __init__(self, used: float, claims: Iterable[Claim]) -> None:
        """`used`: what the build holds now in all, whoever runs."""
        self.used = used
        self.running = 0
        self.growth = 0.0
        self.mean = [used] * len(GRID)
        self.variance = [0.0] * len(GRID)
        self._claims = {claim.job: claim for claim in claims}

    def take(self, stake: Stake) -> None:
        """The job runs from now on; the claims are those after the next moments."""
        self.running += 1
        self.growth += stake.soon
        self.mean = [a + b for a, b in zip(self.mean, stake.gain, strict=True)]
        self.variance = [a + b for a, b in zip(self.variance, stake.variance, strict=True)]
        self._claims[stake.job] = _grown(stake)

    def take_all(self, stakes: Sequence[Stake]) -> None:
        """The same for many at once: one sum an instant."""
        if not stakes:
            return
        self.running += len(stakes)
        self.growth += sum(stake.soon for stake in stakes)
        gains = zip(self.mean, *[stake.gain for stake in stakes], strict=True)
        self.mean = [sum(column) for column in gains]
        variances = zip(self.variance, *[stake.variance for stake in stakes], strict=True)
        self.variance = [sum(column) for column in variances]
        self._claims.update({stake.job: _grown(stake) for stake in stakes})

    def holds(self, level: float) -> bool:
        """Whether those taken in stay below the level as expected, and could all end."""
        if self.used + self.growth > level or max(self.mean) > level:
            return False
        return _safe(self._claims.values(), level - self.used - self.growth)

    def fits(self, stake: Stake, level: float, risk: float, booked: Sequence[float] = ()) -> bool:
        """Whether the job may run beside those taken in, `risk` deviations below the level.

        `booked` is what somebody else has been promised at each instant.
        """
        if self.used + self.growth + stake.soon > level:
            return False
        promised = booked or _NOTHING
        sums = zip(self.mean, stake.gain, self.variance, stake.variance, promised, strict=True)
        for mean, gain, variance, more, other in sums:
            total = mean + gain
            margin = risk * math.sqrt(variance + more) + TOGETHER * max(0.0, total - self.used)
            if total + margin + other > level:
                return False
        return self.safe_with(stake, level)

    def safe_with(self, stake: Stake, level: float) -> bool:
        """The banker's rule, after the next moments with this job running as well."""
        claims = {**self._claims, stake.job: _grown(stake)}
        return _safe(claims.values(), level - self.used - self.growth - stake.soon)

    def promise(self, stake: Stake, level: float) -> list[float]:
        """What a job that does not fit yet is booked for, from the instant at which it will."""
        top = min(max(stake.gain), level - max(0.0, min(self.mean)))
        first = next((i for i, mean in enumerate(self.mean) if mean + top <= level), len(GRID) - 1)
        return [top if index >= first else 0.0 for index in range(len(GRID))]


_NOTHING = (0.0,) * len(GRID)


def _safe(claims: Iterable[Claim], free: float) -> bool:
    """The banker's rule, where nobody needs more than there is once all the others have ended.

    A forecast that says so is wrong, or the job is lost anyway: it must not bar the others' way.
    """
    claims = list(claims)
    most = free + sum(claim.holds for claim in claims)
    capped = [Claim(min(need, most - holds), holds, job) for need, holds, job in claims]
    return is_safe(sorted(capped), free)


def _grown(stake: Stake) -> Claim:
    return Claim(max(0.0, stake.need - stake.soon), stake.holds + stake.soon, stake.job)
