"""What stands around a governor: the user's own limit, and a word when jobs are held back."""

from dataclasses import dataclass, field
from typing import Literal

from ninjapool.govern.around import WORTH_A_WORD, Ceiling, Herald
from ninjapool.govern.model import Decision, Finished, Job, Sample, State
from ninjapool.model import Forecast
from ninjapool.units import GIB, MIB

EXPECTED = Forecast(
    peak=MIB, peak_spread=0.1, seconds=1.0, seconds_spread=0.1, curve=(1.0,), source="log"
)


@dataclass
class Recording:
    """Notes what it was asked, and holds for what it is told."""

    held: Literal["memory", "cpus", "nothing"] = "nothing"
    seen: list[Sample] = field(default_factory=list)
    ended: list[Finished] = field(default_factory=list)

    def decide(self, sample: Sample, now: float) -> Decision:
        del now
        self.seen.append(sample)
        return Decision(actions=(), next_look=0.1, held_for=self.held)

    def finished(self, job: Finished) -> None:
        self.ended.append(job)


def a_job(number: int, memory: int, state: State = "running") -> Job:
    return Job(
        id=number,
        job_class="compile",
        state=state,
        memory=memory,
        peak=memory,
        cpu_seconds=1.0,
        forecast=EXPECTED,
    )


def a_sample(headroom: int = 10 * GIB) -> Sample:
    return Sample(jobs=(a_job(1, GIB), a_job(2, MIB, "held")), headroom=headroom)


def test_the_users_memory_is_all_that_the_governor_sees() -> None:
    inner = Recording()
    Ceiling(inner, 3 * GIB).decide(a_sample(), 0.0)
    assert inner.seen[0].headroom == 3 * GIB - GIB - MIB


def test_what_is_really_free_goes_before_a_higher_limit_of_the_user() -> None:
    inner = Recording()
    Ceiling(inner, 30 * GIB).decide(a_sample(headroom=GIB), 0.0)
    assert inner.seen[0].headroom == GIB


def test_over_the_limit_the_room_is_below_zero() -> None:
    inner = Recording()
    Ceiling(inner, GIB // 2).decide(a_sample(), 0.0)
    assert inner.seen[0].headroom < 0


def test_the_end_of_a_job_is_handed_on() -> None:
    inner = Recording()
    job = Finished(id=1, job_class="link", peak=1, cpu_seconds=1.0, forecast=EXPECTED)
    Ceiling(Herald(inner, print), GIB).finished(job)
    assert inner.ended == [job]


def test_jobs_held_for_memory_are_told_once() -> None:
    said: list[str] = []
    herald = Herald(Recording(held="memory"), said.append)
    for tenth in range(100):
        herald.decide(a_sample(headroom=300 * MIB), tenth / 10)
    assert said == ["holding jobs back for memory: 1 run, 1 wait, 300 MiB free"]


def test_a_short_wait_and_one_for_the_cpus_are_not_told() -> None:
    said: list[str] = []
    inner = Recording(held="memory")
    herald = Herald(inner, said.append)
    herald.decide(a_sample(), 0.0)
    inner.held = "cpus"
    herald.decide(a_sample(), WORTH_A_WORD - 0.1)
    for second in range(2, 20):
        herald.decide(a_sample(), float(second))
    assert said == []
