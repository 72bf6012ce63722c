"""What a build leaves for `report` and shows to `top`, and the panel of `build --watch`."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.cli.panel import Panel
from ninjapool.record import shelf
from ninjapool.record.model import Live

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ninjapool.govern.contract import Outcome
    from ninjapool.record.model import Frame, LiveJob, Moment


class Recording:
    """Of one build, from its begin to its end."""

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        cpus: int,
        limit: int | None,
        reserve: int,
        watch: bool,
    ) -> None:
        began = dt.datetime.now(tz=dt.timezone.utc).timestamp()
        self._env, self._began = env, round(began, 1)
        self._cpus, self._limit, self._reserve = cpus, limit, reserve
        self._shown: shelf.Names | None = None
        self._panel = Panel() if watch else None

    def _whole(self, frame: Frame) -> Frame:
        """With what the loop does not know: what the user and the calendar say."""
        return replace(
            frame,
            began=self._began,
            cpus=self._cpus,
            limit=self._limit,
            reserve=self._reserve,
        )

    def close(self) -> None:
        """Whatever ended the build, nobody is shown it any more."""
        if self._shown is not None:
            shelf.hide(self._shown)
        if self._panel is not None:
            self._panel.close()

    def publish(self, frame: Frame, moment: Moment, jobs: Sequence[LiveJob], done: int) -> None:
        live = Live(frame=self._whole(frame), moment=moment, jobs=tuple(jobs), done=done)
        if self._shown is None:
            self._shown = shelf.names(Path(frame.folder), self._env)
        shelf.show(self._shown, live)
        if self._panel is not None:
            self._panel.paint(live)

    def keep(self, outcome: Outcome) -> Outcome:
        """A build that had nothing to do leaves the last record as it is."""
        if self._panel is not None:
            self._panel.close()
        if outcome.record is None or not outcome.record.jobs:
            return outcome
        record = replace(outcome.record, frame=self._whole(outcome.record.frame))
        shelf.keep(shelf.names(Path(record.frame.folder), self._env), record)
        return replace(outcome, record=record)
