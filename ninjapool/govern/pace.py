"""How long to wait for the next look: hardly at all while jobs are being born, else much longer.

Time is an argument; nothing is looked at here.
"""

from __future__ import annotations

from dataclasses import dataclass

BIRTH_TICK = 0.0005
"""Seconds between two looks for a birth: a shell has started its compiler after two or three
thousandths."""
BIRTH_WATCH = 0.015
"""Seconds after a birth or an end in which the next birth is most likely, however many drivers."""
BIRTH_GRACE = 0.006
"""Seconds for which a decision waits, after an end, for the birth that follows it: deciding takes
longer than a shell needs to become a compiler, and whoever is stopped sooner holds less."""
LATE_PART, LATE_WATCH = 0.25, 0.1
"""A driver with a large graph takes its time to start the next job: up to so many seconds after an
event it is looked for again after this part of what has passed."""
FIRST_TICK = 0.002
"""While a driver has no job at all: then many are born at once."""
CALM_TICK = 0.05
"""Where any job may run: who lives no longer need not be seen at all. With 0.02, 2000 compiles of
some 25 ms on two CPUs took us 4.4 s of CPU time, not 2.7."""
NEW_TICK = 0.02
"""Seconds after which somebody new is measured, elsewhere."""
SHORT_TICK = 0.01
NEST_TICK = 0.02
SLOWEST_TICK = 0.5
"""Seconds between two looks at all processes."""
ALONE = 2.0
"""Seconds that a decider is left alone at most, whatever it asked for."""
SHARE = 0.01
"""Of a CPU, for looking at all processes, and as much for looking below scripts: a machine that
has thousands of them is looked at less often."""
BUSY_SHARE = 0.05
"""The same while jobs may end unseen, and for reading those that grow."""
DECIDE_SHARE = 0.2
"""The same for decisions that events call for: many jobs may end together."""
MANY_DRIVERS = 4
"""From here on they are looked at less often: of many makes most wait for slots."""
REFORECAST = 0.3
"""Seconds between two forecasts of the same job: each that ends teaches something, but little."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What may happen soon."""

    births: bool
    """A driver could start a job any moment."""
    first: bool
    """A driver has no job yet."""
    drivers: int = 1
    nests: bool = False
    """There are scripts that could start a driver."""
    unseen_ends: bool = False
    """Jobs are about to end, or may without our being told."""
    returns: bool = False
    """Jobs that were sent elsewhere could be compiled here any moment."""
    calm: bool = False
    """Jobs that are born need not be stopped."""


class Pace:
    """When what is due."""

    def __init__(self, now: float) -> None:
        self.event_at = now
        """The last birth or end."""
        self.decide_at = self.look_at = self.nest_at = self.measure_at = 0.0
        self._quick_at = 0.0
        """Where any job may run: when newborns are looked for again."""
        self._decide_again = 0.0
        """When the next event may call for a decision: what happens together is met together."""
        self._awaited = 0
        """Births that ends have made room for, and that the next decision waits for."""
        self._cost = 0.0
        """CPU seconds that a look at all processes takes."""

    def seconds(self, expected: Expected, now: float) -> float:
        """Until the next thing is due."""
        since = now - self.event_at
        due = min(self.decide_at, self.look_at, self.measure_at)
        if expected.nests:
            due = min(due, self.nest_at)
        wait = max(0.0, due - now)
        if expected.calm and expected.births:
            wait = min(wait, max(0.0, self._quick_at - now))
        elif self.is_birth_near(expected, now):
            tick = max(BIRTH_TICK, LATE_PART * since)
            if expected.first and since >= BIRTH_WATCH:
                tick = FIRST_TICK
            crowd = max(1.0, expected.drivers / MANY_DRIVERS) if since >= BIRTH_WATCH else 1.0
            wait = min(wait, tick * crowd)
        return wait

    def is_birth_near(self, expected: Expected, now: float) -> bool:
        if expected.calm:
            return expected.births and now >= self._quick_at
        return expected.first or (expected.births and now - self.event_at < LATE_WATCH)

    def happened(self, now: float, *, calm: bool) -> None:
        """A birth or an end; who is new is to be measured soon."""
        self.event_at = now
        self.measure_at = min(self.measure_at, now + (CALM_TICK if calm else NEW_TICK))

    def decide_now(self, now: float) -> None:
        self.decide_at = now

    def decide_soon(self, now: float) -> None:
        """Something has happened, perhaps one of many things."""
        self.decide_at = min(self.decide_at, max(now, self._decide_again))

    def ended(self, jobs: int, now: float) -> None:
        """So many, and others wait for what they held; but first, births are to be met."""
        self._awaited += jobs
        self.decide_at = min(self.decide_at, max(now + BIRTH_GRACE, self._decide_again))

    def born(self, jobs: int, now: float) -> None:
        """So many, and with the last that was waited for a decision need wait no more."""
        if 0 < self._awaited <= jobs:
            self.decide_soon(now)
        self._awaited = max(0, self._awaited - jobs)

    def looked(self, expected: Expected, cost: float, now: float) -> None:
        """At all processes, which took so many CPU seconds."""
        self._cost += 0.2 * (cost - self._cost)
        soon = expected.unseen_ends or expected.returns
        shortest, share = (SHORT_TICK, BUSY_SHARE) if soon else (SLOWEST_TICK, SHARE)
        self.look_at = now + max(shortest, self._cost / share)

    def looked_quickly(self, now: float) -> None:
        self._quick_at = now + CALM_TICK

    def looked_down(self, cost: float, now: float) -> None:
        self.nest_at = now + max(NEST_TICK, cost / SHARE)

    def measured(self, due: float, cost: float, now: float) -> None:
        self.measure_at = max(due, now + cost / BUSY_SHARE)

    def decided(self, next_look: float, cost: float, now: float) -> None:
        """Which took so many CPU seconds."""
        self._decide_again, self._awaited = now + cost / DECIDE_SHARE, 0
        self.decide_at = now + min(next_look, ALONE)
