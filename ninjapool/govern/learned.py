"""What is known of a build directory's outputs from its last builds, and what a build adds to it.

Ninja's log tells how long each took, our own history what it needed while it ran. An entry of the
history counts only as long as the log still has the row that it was made for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ninjapool import history
from ninjapool.errors import OutputError
from ninjapool.files import write_if_changed
from ninjapool.forecast import GROWING
from ninjapool.govern import ninjalog
from ninjapool.history import Past
from ninjapool.model import Forecast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ninjapool.forecast import Prior
    from ninjapool.govern.contract import Measured
    from ninjapool.model import JobClass

PEAK_SPREAD, SECONDS_SPREAD = 0.08, 0.15
"""Of ln: the last look at a job may miss a little, and the same job takes longer at other times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """The outputs of a build directory; empty where it has not been built, or is none."""

    build: Path | None = None
    file: Path | None = None
    rows: Mapping[str, history.Row] = field(default_factory=dict)
    pasts: Mapping[str, Past] = field(default_factory=dict)

    @property
    def durations(self) -> dict[str, float]:
        """Seconds by output: what it needed where that was measured, else what the log says."""
        logged = {key: max(end - start, 0) / 1000 for key, (start, end) in self.rows.items()}
        return logged | {key: past.seconds for key, past in self.pasts.items()}

    def forecast(self, key: str, priors: Mapping[JobClass, Prior]) -> Forecast | None:
        """What a job needed last, it will need again; None where its memory was not seen."""
        past = self.pasts.get(key)
        if past is None or past.peak is None:
            return None
        prior = priors.get(past.job_class)
        return Forecast(
            peak=past.peak,
            peak_spread=PEAK_SPREAD,
            seconds=max(past.seconds, 0.01),
            seconds_spread=SECONDS_SPREAD,
            curve=prior.curve if prior else GROWING,
            source="history",
        )


def recall(build: Path | None, env: Mapping[str, str]) -> Learned:
    """All that is known of a build directory."""
    if build is None:
        return Learned()
    rows = ninjalog.rows(ninjalog.log_of(build, None))
    file = history.place(build, env)
    pasts = {key: past for key, past in history.read(file).items() if rows.get(key) == past.row}
    return Learned(build=build, file=file, rows=rows, pasts=pasts)


def _past(row: history.Row, one: Measured, old: Past | None) -> Past:
    """A peak that was not seen this time may have been seen the last."""
    peak = one.peak if one.peak is not None or old is None else old.peak
    return Past(row=row, job_class=one.job_class, seconds=one.seconds, peak=peak)


def keep(before: Learned, measured: Iterable[Measured]) -> None:
    """Adds what was measured of outputs that ninja has finished since; best effort."""
    if before.build is None or before.file is None:
        return
    rows = ninjalog.rows(ninjalog.log_of(before.build, None))
    pasts = {key: past for key, past in before.pasts.items() if rows.get(key) == past.row}
    for one in measured:
        row = rows.get(one.key)
        if row is not None and row != before.rows.get(one.key):
            pasts[one.key] = _past(row, one, before.pasts.get(one.key))
    if not pasts or pasts == before.pasts:
        return
    try:
        write_if_changed(before.file, history.render(before.build, pasts))
    except OutputError:
        return  # the build was well without it
