"""A build whose compiles are elsewhere, in virtual time, and what limits it from moment to moment.

Pure. Of a compile that was sent, first the preprocessor takes a CPU here, then its bytes take the
wire, which all share, and the rest passes elsewhere at the speed of this machine. No host fails.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from ninjapool.govern.simulate import NEVER, Here, Simulation
from ninjapool.size.elsewhere import STUB
from ninjapool.whatif import cells
from ninjapool.whatif.model import Cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ninjapool.forecast import Forecaster
    from ninjapool.govern.model import Decision, Sample
    from ninjapool.govern.simulate import Live, World
    from ninjapool.whatif.model import Limit, Setting
    from ninjapool.whatif.sent import Sent

Part = Literal["here", "reads", "wire", "away"]
"""Of a life: a job of this machine; a compile that is preprocessed, under way, elsewhere."""
CLOSE = 1e-9
"""Seconds by which the end of a part may be missed."""
QUEUE = 2
"""So many on the wire wait for each other."""


def run(build: Sent, setting: Setting, forecaster: Forecaster) -> Cell:
    """The whole build on that machine, with so many compiles elsewhere."""
    world, governor = cells.world(setting), cells.governor(build.trace, setting)
    passage = Afar(build, setting, world)
    simulation = Simulation(build.trace, world, governor, forecaster, passage.note)
    simulation.passage = passage
    done = simulation.run()
    return Cell(
        cpus=setting.cpus,
        memory=setting.memory,
        remote=setting.remote,
        seconds=done.seconds,
        limit=passage.limit if done.finished else "too small",
        kills=done.kills + done.kernel_kills,
        peak=done.peak,
    )


class Afar:
    """How jobs get on where compiles are elsewhere."""

    def __init__(self, build: Sent, setting: Setting, world: World) -> None:
        self._loads, self._slots, self._cores = build.loads, setting.remote, world.cores
        self._readers = setting.preprocessors or setting.cpus
        self._here = Here(world)
        self._speeds: list[float] = []
        """Progress per second of each that runs, until the next event."""
        self._short = False
        self._why: Limit = "order"
        self.spent: dict[Limit, float] = {}
        """Seconds by what limited the build in them."""

    @property
    def limit(self) -> Limit:
        """What limited it for longest."""
        return max(self.spent, key=lambda why: self.spent[why], default="order")

    def note(self, sample: Sample, decision: Decision, now: float) -> None:
        """What the governor says of the time to come."""
        del sample, now
        self._short = decision.held_for == "memory"

    def next_change(self, running: Sequence[Live]) -> float:
        """The end of a part of a life, too."""
        parts = [self._part(live) for live in running]
        counts = Counter(part for part, _ in parts)
        self._speeds = self._get_on([part for part, _ in parts], counts)
        self._why = self._limit_now(counts)
        ends = [left / speed for (_, left), speed in zip(parts, self._speeds, strict=True) if speed]
        return max(0.0, min(ends, default=NEVER))

    def go_on(self, running: Sequence[Live], seconds: float) -> None:
        self.spent[self._why] = self.spent.get(self._why, 0.0) + seconds
        for live, speed in zip(running, self._speeds, strict=True):
            live.progress += seconds * speed
            if live.progress > 0:
                live.memory = self._memory(live)
                live.peak = max(live.peak, live.memory)

    def _memory(self, live: Live) -> float:
        """A preprocessor that has ended holds nothing, however long its text is under way."""
        load = self._loads.get(live.job.name)
        if load is None or live.progress < load.here - CLOSE:
            return live.job.memory(live.progress)
        return float(min(STUB, live.job.peak))

    def _part(self, live: Live) -> tuple[Part, float]:
        """Where it is, and seconds of progress until it is somewhere else."""
        load, at = self._loads.get(live.job.name), live.progress
        if load is None:
            return "here", live.job.seconds - at
        if at < load.here - CLOSE:
            return "reads", load.here - at
        if at < load.here + load.wire - CLOSE:
            return "wire", load.here + load.wire - at
        return "away", live.job.seconds - at

    def _get_on(self, parts: Sequence[Part], counts: Counter[Part]) -> list[float]:
        """The client lets so many preprocess at once; who comes later stands still."""
        readers = min(counts["reads"], self._readers)
        here = self._here.rate(counts["here"] + readers)
        speed = {"here": here, "wire": 1.0 / max(1, counts["wire"]), "away": 1.0}
        found = []
        for part in parts:
            found.append(speed.get(part) or (here if readers > 0 else 0.0))
            readers -= part == "reads"
        return found

    def _limit_now(self, counts: Counter[Part]) -> Limit:
        """What would have to be more for the build to get on faster."""
        if counts["here"] + min(counts["reads"], self._readers) >= self._cores:
            return "CPUs"
        if counts["reads"] > self._readers:
            return "client"
        if counts["wire"] >= QUEUE:
            return "wire"
        if self._short:
            return "memory"
        sent = counts["reads"] + counts["wire"] + counts["away"]
        return "slots" if sent >= self._slots else "order"
