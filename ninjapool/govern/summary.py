"""What is told after a build: a few lines for a person, or everything as JSON. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from ninjapool.govern.contract import Calibration
from ninjapool.history.calibration import Pair, errors
from ninjapool.units import MIB, format_seconds, format_size

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from ninjapool.govern.contract import Kill, Outcome
    from ninjapool.model import Forecast, JobClass

NAME = "ninjapool"
SHOWN_KILLS = 5
DRIVER_KILLED = "the kernel killed the build driver itself: started again"
UNSEEN_KILLED = "the kernel killed jobs that had no time to be seen: run again"
NOT_JOINED = (
    "a make or ninja inside this build took more jobs than it was given slots (it was told -j, or "
    "is too old for the jobserver): they were held back all the same"
)
WORTH_A_LINE = 20 * MIB
"""Jobs that took less on average are no part of anybody's trouble."""


def calibrate(jobs: Iterable[tuple[JobClass, Forecast, int]]) -> tuple[Calibration, ...]:
    """Forecast against measured peak by class, from (class, forecast, measured bytes).

    A job whose memory was never seen, because it was over too soon, says nothing.
    """
    by_class: dict[JobClass, list[Pair]] = {}
    for job_class, forecast, measured in jobs:
        if measured:
            pair = Pair(forecast=forecast.peak, spread=forecast.peak_spread, measured=measured)
            by_class.setdefault(job_class, []).append(pair)
    return tuple(
        Calibration(
            job_class=job_class,
            jobs=len(pairs),
            forecast=sum(pair.forecast for pair in pairs),
            measured=sum(pair.measured for pair in pairs),
            under=sum(pair.measured > 1.5 * pair.forecast for pair in pairs),
            errors=errors(pairs),
        )
        for job_class, pairs in by_class.items()
    )


def retry_text(kills: Sequence[Kill], alone: Collection[str]) -> str:
    """For the moment between two rounds: what the driver has called failed has not failed."""
    first = kills[0]
    others = f" and {len(kills) - 1} more" if len(kills) > 1 else ""
    beside = " with nothing beside it" if first.key in alone and not others else ""
    return (
        f"{first.name}{others} failed for want of memory only (killed at "
        f"{format_size(first.peak)}): run again{beside}"
    )


def as_json(outcome: Outcome) -> str:
    """All of it; bytes and seconds, `null` for what is not known."""
    told = asdict(replace(outcome, record=None))
    del told["record"]
    return json.dumps(told, indent=2) + "\n"


def as_text(outcome: Outcome) -> str:
    """One line where all went well and nothing was held back; each line names its number."""
    return "".join(f"{NAME}: {line}\n" for line in _lines(outcome))


def _lines(outcome: Outcome) -> Iterator[str]:
    yield from outcome.notes
    if not outcome.governed or (not outcome.jobs and not outcome.kills):
        return
    yield _headline(outcome)
    held = outcome.held_seconds.get("memory", 0.0)
    if held >= 0.5 or outcome.pauses:
        pauses = f", {_count(outcome.pauses, 'job')} paused in mid-life" if outcome.pauses else ""
        yield f"held jobs back for memory for {format_seconds(held)}{pauses}"
    if outcome.went or outcome.came_home:
        home = f", {outcome.came_home} sent there and compiled here" if outcome.came_home else ""
        yield f"{_count(outcome.went, 'job')} compiled elsewhere{home}"
    yield from _kill_lines(outcome.kills)
    yield from map(_calibration_line, filter(_weighs, outcome.calibration))
    if known := _known(outcome):
        yield f"known from earlier builds: {known}"


def _known(outcome: Outcome) -> str:
    """How many jobs had a past, and of which kind."""
    kinds = (("history", "by memory"), ("kin", "by other flags or compilers"), ("log", "by time"))
    counted = ((outcome.forecasts.get(source, 0), what) for source, what in kinds)
    return ", ".join(f"{_count(count, 'job')} {what}" for count, what in counted if count)


def _headline(outcome: Outcome) -> str:
    elsewhere = f" here, {outcome.away} elsewhere" if outcome.away else ""
    width = f"{outcome.width} run at once{elsewhere}"
    how = f" ({outcome.slots}, {width})" if outcome.width else ""
    parts = [f"{_count(outcome.jobs, 'job')} in {format_seconds(outcome.seconds)}{how}"]
    if outcome.peak is not None:
        parts.append(f"memory of all jobs at most {format_size(outcome.peak)}")
    if outcome.least_headroom is not None:
        parts.append(f"at least {format_size(outcome.least_headroom)} stayed free")
    if outcome.interrupted:
        parts.append(f"ended by {outcome.interrupted}")
    return ", ".join(parts)


def _kill_lines(kills: tuple[Kill, ...]) -> Iterator[str]:
    retried = [kill for kill in kills if kill.fate == "retried"]
    if retried:
        names = ", ".join(kill.name for kill in retried[:SHOWN_KILLS])
        more = f" and {len(retried) - SHOWN_KILLS} more" if len(retried) > SHOWN_KILLS else ""
        yield f"{_count(len(retried), 'job')} killed for memory, run again: {names}{more}"
    for kill in kills:
        if kill.fate == "too big":
            yield f"{kill.name} is too big: killed while alone, with {format_size(kill.peak)}"
        elif kill.fate == "given up":
            yield f"{kill.name} was killed for memory by the {kill.by} and not run again"


def _weighs(calibration: Calibration) -> bool:
    return calibration.measured >= WORTH_A_LINE * calibration.jobs or calibration.under > 0


def _calibration_line(calibration: Calibration) -> str:
    mean = calibration.measured // calibration.jobs
    forecast = calibration.forecast // calibration.jobs
    under = f", {calibration.under} far above theirs" if calibration.under else ""
    return (
        f"{calibration.job_class}: {_count(calibration.jobs, 'job')} took "
        f"{format_size(mean)} on average, forecast {format_size(forecast)}"
        f"{_accuracy(calibration)}{under}"
    )


def _accuracy(calibration: Calibration) -> str:
    """How near the forecasts were, and how many peaks were beyond what was promised."""
    found = calibration.errors
    if found is None:
        return ""
    several = f"half within {_percent(found.median)}, 95 % within {_percent(found.p95)}"
    near = several if found.jobs > 1 else f"{_percent(found.median)} off"
    above = f"; {found.above} above the 99 % bound" if found.above else ""
    return f" ({near}{above})"


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
