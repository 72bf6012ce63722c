"""Records of builds for tests, by a few numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ninjapool.record.model import Frame, JobRecord, Moment, Pause, Record
from ninjapool.units import GIB, MIB

if TYPE_CHECKING:
    from collections.abc import Iterable

HOSTILE = (
    "</script><script>alert(1)</script>.o",
    '"><img src=x onerror=alert(2)>.o',
    "{{ 7 * 7 }} & <!-- ]]> '.o",
    "\u202egnp.exe\u2028\u0007\x1b[2J\ud800.o",
)
"""File names that somebody could make."""


def job(
    key: str, begun: float, ended: float, peak: int | None = 100 * MIB, **others: Any
) -> JobRecord:
    """Grows evenly to its peak, was born when it began and had a CPU all the time."""
    held = peak or 0
    return JobRecord(
        key=key,
        born=others.pop("born", begun),
        begun=begun,
        ended=ended,
        peak=peak,
        **{
            "job_class": "compile",
            "source": "history",
            "seconds": ended - begun,
            "forecast": peak or MIB,
            "times": tuple(begun + (ended - begun) * step / 8 for step in range(9)),
            "memory": tuple(held * step // 8 for step in range(9)),
            **others,
        },
    )


def moment(at: float, running: int, **others: Any) -> Moment:
    usual = {"use": 0, "free": 4 * GIB, "held": 0, "paused": 0, "why": "nothing"}
    return Moment(at=at, running=running, **{**usual, **others})


def record(jobs: Iterable[JobRecord], timeline: Iterable[Moment] = (), **others: Any) -> Record:
    """`used` and `unused` follow from the timeline unless they are given."""
    jobs, timeline = tuple(jobs), tuple(timeline)
    seconds = others.pop("seconds", max((one.ended for one in jobs), default=0.0))
    cores = others.pop("cores", 2)
    frame = Frame(folder="/src/build", began=1_790_000_000.0, cores=cores, slots="ninja -j5",
                  reserve=others.pop("reserve", GIB), limit=others.pop("limit", None),
                  away=others.pop("away", 0))  # fmt: skip
    ends = [one.at for one in timeline[1:]] + [seconds]
    used, unused = 0.0, dict[Any, float]()
    for one, end in zip(timeline, ends, strict=bool(timeline)) if timeline else ():
        used += one.running * (end - one.at)
        why = "memory" if one.why == "memory" else "nothing"
        unused[why] = unused.get(why, 0.0) + (cores - one.running) * (end - one.at)
    return Record(
        frame=frame,
        seconds=seconds,
        jobs=jobs,
        timeline=timeline,
        **{"used": used, "unused": unused, **others},
    )


def usual() -> Record:
    """Three compiles and a link; memory kept one back, and one was killed and run again."""
    jobs = [
        job("lib/a.cpp.o", 0.0, 10.0, 900 * MIB),
        job("lib/b.cpp.o", 10.0, 16.0, 700 * MIB, born=0.0, forecast=300 * MIB),
        job("lib/c.cpp.o", 2.0, 4.0, 400 * MIB, killed="governor"),
        job(
            "lib/c.cpp.o", 10.0, 18.0, 600 * MIB, again=True,
            pauses=(Pause(begin=12.0, end=14.0, why="memory runs short, others go first"),),
        ),
        job("bin/program", 18.0, 20.0, 300 * MIB, job_class="link"),
    ]  # fmt: skip
    timeline = [
        moment(0.0, 1, held=2, why="memory", use=300 * MIB, free=900 * MIB),
        moment(5.0, 1, held=1, why="memory", use=900 * MIB, free=300 * MIB),
        moment(10.0, 2, use=1000 * MIB, free=200 * MIB, pace=0.5),
        moment(18.0, 1, use=300 * MIB, free=900 * MIB),
    ]
    return record(jobs, timeline, reserve=100 * MIB)


def two_sides() -> Record:
    """Six compiles elsewhere, in four slots, one that came home, and two links here."""
    stubs: Any = {"job_class": "remote", "forecast": 16 * MIB}
    jobs = [
        *[job(f"lib/r{n}.cpp.o", 0.0, 6.0 + n, (10 + n) * MIB, **stubs) for n in range(3)],
        *[job(f"lib/s{n}.cpp.o", 8.0, 14.0 + n, 12 * MIB, **stubs) for n in range(3)],
        job("lib/h.cpp.o", 3.0, 12.0, 500 * MIB, born=0.0, home=3.0),
        job("bin/one", 16.0, 19.0, 700 * MIB, job_class="link"),
        job("bin/two", 17.0, 20.0, 300 * MIB, job_class="link"),
    ]
    timeline = [
        moment(0.0, 0, away=3, use=12 * MIB, free=1500 * MIB),
        moment(3.0, 1, away=3, use=300 * MIB, free=1200 * MIB),
        moment(8.0, 1, away=3, use=520 * MIB, free=980 * MIB),
        moment(16.0, 2, use=900 * MIB, free=600 * MIB),
    ]
    return record(jobs, timeline, reserve=100 * MIB, away=4)


NEEDS = {
    "lib/a.cpp.o": (),
    "lib/b.cpp.o": (),
    "lib/c.cpp.o": (),
    "bin/program": ("lib/a.cpp.o", "lib/b.cpp.o", "lib/c.cpp.o"),
}
"""What waits for what in the usual one."""
