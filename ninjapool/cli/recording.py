"""What a build leaves for `report` and shows to `top`, and the panel of `build --watch`."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from typing_extensions import Self

from ninjapool.cli.panel import Panel
from ninjapool.record import shelf
from ninjapool.record.model import Live

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from ninjapool.govern.contract import Outcome
    from ninjapool.record.model import Frame, LiveJob, Moment


class Recording:
    """Of one build, from its begin to its end."""

    def __init__(self, frame: Frame, folder: Path, env: Mapping[str, str], *, watch: bool) -> None:
        began = dt.datetime.now(tz=dt.timezone.utc).timestamp()
        self._frame = replace(frame, began=round(began, 1))
        self._names = shelf.names(folder, env)
        self._panel = Panel() if watch else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shelf.hide(self._names)
        if self._panel is not None:
            self._panel.close()

    def publish(self, moment: Moment, jobs: Sequence[LiveJob], done: int) -> None:
        live = Live(frame=self._frame, moment=moment, jobs=tuple(jobs), done=done)
        shelf.show(self._names, live)
        if self._panel is not None:
            self._panel.paint(live)

    def keep(self, outcome: Outcome) -> Outcome:
        """A build that had nothing to do leaves the last record as it is."""
        if self._panel is not None:
            self._panel.close()
        if outcome.record is not None and outcome.record.jobs:
            record = replace(outcome.record, frame=self._frame)
            shelf.keep(self._names, record)
            return replace(outcome, record=record)
        return outcome
