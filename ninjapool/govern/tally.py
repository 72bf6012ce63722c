"""What is counted over a whole build, however often its driver is started. Counts only."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """What is counted over a whole build."""

    peak: int = 0
    least_headroom: int | None = None
    held: dict[str, float] = field(default_factory=dict)
    pauses: int = 0
    notes: list[str] = field(default_factory=list)

    def look(self, total: int, headroom: int | None) -> None:
        self.peak = max(self.peak, total)
        if headroom is not None:
            least = self.least_headroom
            self.least_headroom = headroom if least is None else min(headroom, least)
