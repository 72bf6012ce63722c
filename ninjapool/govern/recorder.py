"""Remembers a build while it is governed: shown every look, it keeps a few points of each job.

Bounded, whatever the build's length: where there are too many points, every second one goes, and
the next come at twice the distance. Knows neither processes nor files; the simulator's builds are
recorded by it as well. A pause that lies between two points of a job is kept, but not its memory.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ninjapool.record.model import LiveJob, Moment, Pause

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Protocol

    from ninjapool.govern.model import Decision, Job, Sample
    from ninjapool.model import JobClass
    from ninjapool.record.model import Frame, Why

    class Publish(Protocol):
        """Is told what there is, and how many jobs have ended."""

        def __call__(
            self, frame: Frame, moment: Moment, jobs: Sequence[LiveJob], done: int
        ) -> object: ...


POINT = 0.1
"""Seconds between two points of a job, and of the whole build, while they are few."""
MOST_POINTS, MOST_MOMENTS = 24, 2000
PUBLISH = 1.0
"""Seconds between two looks for others."""


@dataclass(slots=True)
class Trail:
    """What a job held, at some times."""

    key: str
    job_class: JobClass
    born: float
    times: array[float] = field(default_factory=lambda: array("d"))
    memory: array[int] = field(default_factory=lambda: array("q"))
    next: float = 0.0
    apart: float = POINT
    progress: float = 0.0
    paused: float | None = None
    reason: str = ""
    pauses: list[Pause] = field(default_factory=list)

    def add(self, now: float, memory: int) -> None:
        self.times.append(now)
        self.memory.append(memory)
        if len(self.times) >= MOST_POINTS:
            self.apart *= 2
            del self.times[1::2], self.memory[1::2]
        self.next = now + self.apart

    def go_on(self, now: float) -> None:
        if self.paused is not None:
            self.pauses.append(Pause(begin=self.paused, end=now, why=self.reason))
            self.paused = None


class Recorder:
    """Of one build, over all its rounds. Times are those of the clock that it is given."""

    def __init__(self, frame: Frame, publish: Publish | None = None) -> None:
        """`publish` is told every second."""
        self.frame, self._cores, self._publish = frame, frame.cores, publish
        self.began: float | None = None
        self.trails: dict[int, Trail] = {}
        self.timeline: list[Moment] = []
        self.used = 0.0
        self.unused: dict[Why, float] = {}
        self._at = 0.0
        self._why: Why = "nothing"
        self._moment_at = self._point_at = self._publish_at = 0.0
        self._apart = POINT
        self._glance_at = 0.0
        self._sample: Sample | None = None
        """As it was at the last look."""
        self._pace = 1.0
        self._points_at: float | None = None

    def meet(self, number: int, key: str, job_class: JobClass, now: float) -> None:
        """A job was born."""
        self._begin(now)
        self.trails[number] = Trail(key=key, job_class=job_class, born=now)

    def becomes(self, number: int, job_class: JobClass) -> None:
        """A job is another than it was taken for."""
        self.trails[number].job_class = job_class

    def look(self, sample: Sample, decision: Decision, now: float) -> None:
        """A look, and what was decided on it."""
        running = sum(job.state == "running" and job.job_class != "remote" for job in sample.jobs)
        self._count(running, now)
        self._why, self._sample = decision.held_for, sample
        for action in decision.actions:
            trail = self.trails.get(action.job)
            if trail is not None and action.verb == "pause":
                trail.paused, trail.reason = now, action.why
            elif trail is not None:
                trail.go_on(now)
        if now >= self._point_at:
            self._take_points(sample.jobs, now)
        if now >= self._moment_at:
            self._take_moment(self._moment(sample, decision.held_for, running, now))
        if self._publish is not None and now >= self._publish_at:
            self._publish_at = now + PUBLISH
            self._tell(self._moment(sample, decision.held_for, running, now), sample.jobs, now)

    def glance(self, running: Iterable[tuple[int, int]], use: int, now: float) -> None:
        """Between two looks, which may be a second apart: who runs, with his bytes.

        `use`: what all jobs hold.
        """
        if self._sample is None or now < self._glance_at:
            return
        self._glance_at = now + POINT
        met = [(self.trails[number], held) for number, held in running if number in self.trails]
        here = sum(trail.job_class != "remote" for trail, _ in met)
        self._count(here, now)
        for trail, held in met:
            if now >= trail.next:
                trail.add(now, held)
        if now >= self._moment_at:
            then = self._moment(self._sample, self._why, here, now)
            self._take_moment(replace(then, use=use, free=then.free + then.use - use))

    def _begin(self, now: float) -> None:
        if self.began is None:
            self.began = self._at = now

    def _count(self, running: int, now: float) -> None:
        """The slots of this machine since the last look, as they are now."""
        self._begin(now)
        span, self._at = now - self._at, now
        self.used += span * min(running, self._cores)
        idle = self._cores - running
        if idle > 0 and span > 0:
            why: Why = "memory" if self._why == "memory" else "nothing"
            self.unused[why] = self.unused.get(why, 0.0) + span * idle

    def _take_points(self, jobs: Sequence[Job], now: float) -> None:
        self._point_at = now + POINT
        gained, ran = 0.0, 0
        for job in jobs:
            trail = self.trails.get(job.id)
            if trail is None or job.state == "held":
                continue
            if trail.progress and job.state == "running" and job.job_class != "remote":
                gained, ran = gained + job.cpu_seconds - trail.progress, ran + 1
            trail.progress = job.cpu_seconds
            if now >= trail.next:
                trail.add(now, job.memory)
        if ran and self._points_at is not None and now > self._points_at:
            pace = gained / ran / (now - self._points_at)
            self._pace += (min(1.0, max(0.0, pace)) - self._pace) * 0.3
        self._points_at = now

    def _moment(self, sample: Sample, why: Why, running: int, now: float) -> Moment:
        paused = sum(job.state == "paused" for job in sample.jobs)
        held = sum(job.state == "held" for job in sample.jobs)
        return Moment(
            at=now - (self.began or 0.0),
            use=sum(job.memory for job in sample.jobs),
            free=sample.headroom,
            running=running,
            held=held,
            paused=paused,
            why=why,
            pace=round(self._pace, 2),
            away=len(sample.jobs) - running - held - paused,
        )

    def _take_moment(self, moment: Moment) -> None:
        self.timeline.append(moment)
        if len(self.timeline) >= MOST_MOMENTS:
            self._apart *= 2
            del self.timeline[1::2]
        self._moment_at = (self.began or 0.0) + moment.at + self._apart

    def _tell(self, moment: Moment, jobs: Sequence[Job], now: float) -> None:
        assert self._publish is not None
        known = [(job, self.trails[job.id]) for job in jobs if job.id in self.trails]
        told = [
            LiveJob(
                key=trail.key,
                job_class=trail.job_class,
                state=job.state,
                memory=job.memory,
                forecast=job.forecast.peak,
                seconds=now - trail.born,
            )
            for job, trail in known
        ]
        self._publish(self.frame, moment, told, len(self.trails) - len(known))


def pauses(trail: Trail, begun: float | None, ended: float, began: float) -> tuple[Pause, ...]:
    """Those in mid-life: to be held at birth is none."""
    trail.go_on(ended)
    return tuple(
        Pause(begin=pause.begin - began, end=min(pause.end, ended) - began, why=pause.why)
        for pause in trail.pauses
        if begun is not None and pause.begin >= begun
    )
