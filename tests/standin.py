"""Stands in for the governor and the command line where a test is about what is around them.

`python standin.py POLICY JSON build DIR [NATIVE...]` or `... run CMD...`: a governed build in a
process of its own, to be interrupted and killed. POLICY: `at-most:N`, `pausing:N`, `killing:MB`,
`chaos:N`. In the environment, LATE_BY: seconds after the driver's start in which nothing is done.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from unittest import mock

from ninjapool.errors import NinjapoolError
from ninjapool.govern import build as governed
from ninjapool.govern.build import Mind, build, run
from ninjapool.govern.contract import BuildRequest, Options, RunRequest
from ninjapool.govern.model import Action, Decision, Forecast
from ninjapool.govern.senses import machine_senses
from ninjapool.govern.start import spawn
from ninjapool.govern.summary import NAME, as_json, as_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import Popen

    from ninjapool.govern.contract import Outcome
    from ninjapool.govern.model import Finished, Job, Sample
    from ninjapool.model import JobClass

MIB = 1 << 20


class AtMost:
    """Runs the oldest N jobs, and a job that must be alone only alone."""

    def __init__(self, width: int) -> None:
        self.width = width

    def decide(self, sample: Sample, now: float) -> Decision:
        actions = [*self.starts(sample), *self.others(sample, now)]
        held = any(job.state == "held" for job in sample.jobs)
        return Decision(
            actions=tuple(actions),
            next_look=float(os.environ.get("NEXT_LOOK", "0.05")),
            held_for="memory" if held else "nothing",
        )

    def starts(self, sample: Sample) -> list[Action]:
        running = [job for job in sample.jobs if job.state == "running"]
        if any(job.alone for job in running):
            return []
        waiting = [job for job in sample.jobs if job.state == "held"]
        for job in waiting:
            if job.alone:
                return [] if running else [Action(verb="start", job=job.id, why="alone")]
        free = max(0, self.width - len(running))
        return [Action(verb="start", job=job.id, why="room") for job in waiting[:free]]

    def others(self, sample: Sample, now: float) -> list[Action]:  # noqa: ARG002
        return []

    def finished(self, job: Finished) -> None:
        del job


class Pausing(AtMost):
    """Stops every job but the oldest once it holds some memory, until the oldest is gone."""

    def others(self, sample: Sample, now: float) -> list[Action]:
        del now
        jobs = [job for job in sample.jobs if job.state != "held"]
        actions = [
            Action(verb="pause", job=job.id, why="near the line")
            for job in jobs[1:]
            if job.state == "running" and job.memory > 5 * MIB
        ]
        if jobs and jobs[0].state == "paused":
            actions.append(Action(verb="resume", job=jobs[0].id, why="it is the oldest"))
        return actions


class Killing(AtMost):
    """Kills the first job that holds more than so many MiB, once, or as often as KILLS says."""

    def __init__(self, megabytes: int) -> None:
        super().__init__(4)
        self.limit = megabytes * MIB
        self.left = int(os.environ.get("KILLS", "1"))
        self.killed = set[int]()
        self.told = set[int]()

    def others(self, sample: Sample, now: float) -> list[Action]:
        del now
        big: list[Job] = [job for job in sample.jobs if job.memory > self.limit]
        if not self.left or not big or big[0].alone or big[0].id in self.killed:
            return []
        self.left -= 1
        self.killed.add(big[0].id)
        return [Action(verb="kill", job=big[0].id, why="no order is left")]

    def finished(self, job: Finished) -> None:
        if job.id in self.told:
            raise AssertionError(f"told twice of the end of {job.id}")
        self.told.add(job.id)


class Chaos(AtMost):
    """Pauses, resumes and kills as chance has it, a few kills in all; one job always runs."""

    def __init__(self, width: int) -> None:
        super().__init__(width)
        self.random = Random(width)
        self.kills = 5

    def others(self, sample: Sample, now: float) -> list[Action]:
        del now
        running = [job for job in sample.jobs if job.state == "running"]
        actions = [action for job in sample.jobs if (action := self.whim(job, len(running)))]
        if not running and not actions:
            paused = [job for job in sample.jobs if job.state == "paused"]
            actions = [Action(verb="resume", job=job.id, why="one runs") for job in paused[:1]]
        return actions

    def whim(self, job: Job, running: int) -> Action | None:
        if job.state == "paused" and self.random.random() < 0.5:
            return Action(verb="resume", job=job.id, why="chance")
        if job.state == "running" and running > 1 and self.random.random() < 0.1:
            return Action(verb="pause", job=job.id, why="chance")
        if job.state != "held" and not job.alone and self.kills and self.random.random() < 0.03:
            self.kills -= 1
            return Action(verb="kill", job=job.id, why="chance")
        return None


class KnowsNothing:
    """The same forecast for every job, but for the one that LONG names."""

    def forecast(self, key: str, job_class: JobClass, size: int | None = None) -> Forecast:
        del job_class, size
        seconds = 60 if key == os.environ.get("LONG") else 1
        return Forecast(
            peak=100 * MIB, peak_spread=0.6, seconds=seconds, seconds_spread=0.6, curve=(0.2, 1.0)
        )

    def seen(self, key: str, job_class: JobClass, peak: int, seconds: float) -> None: ...

    def learn(self, key: str, job_class: JobClass, peak: int, seconds: float) -> None: ...

    def lost(self, key: str, job_class: JobClass, peak: int) -> None: ...


def decider(policy: str) -> AtMost:
    name, _, number = policy.partition(":")
    kinds: dict[str, type[AtMost]] = {
        "at-most": AtMost,
        "pausing": Pausing,
        "killing": Killing,
        "chaos": Chaos,
    }
    return kinds[name](int(number))


def govern(policy: str, words: list[str]) -> Outcome:
    cores = int(os.environ.get("CORES", "4"))
    options = Options(environ=dict(os.environ), cores=cores, root=Path("/"))
    mind = Mind(
        lambda *_: decider(policy),
        KnowsNothing(),
        partial(machine_senses, Path("/")),
        lambda text: sys.stderr.write(f"{NAME}: {text}\n"),
    )
    if words[0] == "build":
        directory, *native = words[1:]
        return build(
            BuildRequest(directory=Path(directory), native=tuple(native), options=options), mind
        )
    return run(RunRequest(command=tuple(words[1:]), folder=Path.cwd(), options=options), mind)


def late(start: Callable[..., Popen[bytes]], seconds: float) -> Callable[..., Popen[bytes]]:
    def start_and_wait(*arguments: Any) -> Popen[bytes]:
        process = start(*arguments)
        time.sleep(seconds)
        return process

    return start_and_wait


def main() -> int:
    policy, report, *words = sys.argv[1:]
    if seconds := os.environ.get("LATE_BY"):
        mock.patch.object(governed, "spawn", late(spawn, float(seconds))).start()
    try:
        outcome = govern(policy, words)
    except NinjapoolError as problem:
        sys.stderr.write(f"{problem}\n")
        return problem.exit_code
    sys.stderr.write(as_text(outcome))
    Path(report).write_text(as_json(outcome), encoding="utf-8")
    return outcome.exit_code


if __name__ == "__main__":
    sys.exit(main())
