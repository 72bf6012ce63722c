"""`report.html`: a build on one page that needs nothing else, not even a network. Pure.

Here are the numbers and their places; the template has the layout, the script searches and sorts.
Names come from build files, so they may hold anything: the template escapes all text, and the
data for the script are JSON in which nothing can end the script.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from jinja2 import Environment, PackageLoader, StrictUndefined

from ninjapool import __version__
from ninjapool.model import JobClass
from ninjapool.report import axes
from ninjapool.report.areas import memory_chart, slot_bands
from ninjapool.report.elsewhere import chart as chart_of
from ninjapool.report.elsewhere import sentence, sides, table
from ninjapool.report.inspection import count, percent
from ninjapool.report.verdict import binding, sentences
from ninjapool.units import format_seconds, format_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ninjapool.record.model import JobRecord, Record
    from ninjapool.report.analysis import Analysis, Slot

FIRST_ROWS = 20
MOST_STEPS, MOST_WAITED, MOST_KILLED, MOST_DOTS = 40, 30, 30, 1500
SLOTS: dict[Slot, str] = {
    "used": "busy",
    "cpus": "busy, but the job waited for a CPU",
    "memory": "empty for want of memory",
    "pool": "empty because a job pool was full",
    "nothing": "empty because nothing was ready",
}


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("ninjapool.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
    )


_ENVIRONMENT = _environment()


def render(name: str, **values: Any) -> str:
    """The text of `templates/<name>.j2`. Raises jinja2.UndefinedError for a value not given."""
    return _ENVIRONMENT.get_template(f"{name}.j2").render(values)


def script_json(value: object) -> str:
    """JSON that may stand in a script element: no `<` can open a tag or a comment in it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def page(analysis: Analysis) -> str:
    record = analysis.record
    chart = memory_chart(analysis)
    return render(
        "report.html",
        version=__version__,
        folder=readable(record.frame.folder),
        began=record.frame.began,
        limit=binding(analysis),
        sentences=[readable(sentence) for sentence in sentences(analysis)],
        figures=list(_figures(analysis)),
        chart=chart,
        labels=[
            (readable(one.text), axes.percent(one.left), axes.percent(one.bottom))
            for one in chart.labels
        ],
        classes=_classes(analysis),
        memory_marks=axes.size_marks(chart.top),
        time_marks=axes.time_marks(record.seconds),
        end=format_seconds(record.seconds),
        bands=slot_bands(analysis),
        slot_marks=axes.count_marks(record.frame.cores),
        slots=[
            (s, SLOTS[s], percent(part)) for s, part in analysis.shares.items() if part > 0.0005
        ],
        memory_alt=_memory_alt(analysis),
        slot_alt=_slot_alt(analysis),
        budget=format_size(analysis.budget),
        away=_elsewhere(analysis),
        rows=[_row(job) for job in analysis.heaviest[:FIRST_ROWS]],
        edges=len(analysis.record.jobs),
        steps=list(_steps(analysis)),
        waited=[_row(job) for job in analysis.waited[:MOST_WAITED]],
        waited_more=max(0, len(analysis.waited) - MOST_WAITED),
        killed=[_row(job) for job in analysis.killed[:MOST_KILLED]],
        fits=[
            (
                fit.job_class,
                fit.jobs,
                format_size(fit.forecast),
                format_size(fit.measured),
                fit.far,
            )
            for fit in analysis.fits
        ],
        dots=_dots(analysis),
        data=script_json(_data(record)),
    )


def readable(text: str) -> str:
    """With what cannot be encoded, or would turn the text around, replaced."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


# ---------------------------------------------------------------- the head


def _figures(analysis: Analysis) -> Iterator[tuple[str, str]]:
    record, peak = analysis.record, analysis.peak
    yield "took", format_seconds(record.seconds)
    yield "jobs", str(len(analysis.jobs))
    yield "slots here" if record.frame.away else "slots", str(record.frame.cores)
    if record.frame.away:
        yield "slots elsewhere", str(record.frame.away)
    yield "most memory", format_size(peak.use) if peak else "not seen"
    yield "budget", format_size(analysis.budget)
    yield "held back", str(sum(job.held >= 1.0 for job in record.jobs))
    yield "run again", str(len(analysis.killed))
    if record.exit_code:
        yield "exit code", str(record.exit_code)


def _memory_alt(analysis: Analysis) -> str:
    peak = analysis.peak
    if peak is None:
        return "Memory was not seen."
    return (
        f"Memory of all jobs over {format_seconds(analysis.record.seconds)}: at most "
        f"{format_size(peak.use)}, {format_seconds(peak.at)} after the begin; the budget was "
        f"{format_size(analysis.budget)}."
    )


def _slot_alt(analysis: Analysis) -> str:
    parts = [f"{percent(part)} {SLOTS[slot]}" for slot, part in analysis.shares.items() if part]
    return f"The {count(analysis.record.frame.cores, 'slot')} over time: {', '.join(parts)}."


def _classes(analysis: Analysis) -> list[tuple[JobClass, int]]:
    counts: dict[JobClass, int] = dict.fromkeys(get_args(JobClass), 0)
    for job in analysis.jobs:
        counts[job.job_class] += 1
    return [(kind, number) for kind, number in counts.items() if number]


def _elsewhere(analysis: Analysis) -> dict[str, Any] | None:
    """The other side, where there is one."""
    both = sides(analysis)
    if both is None:
        return None
    drawn = chart_of(both, analysis.record.seconds)
    heaviest = sorted(both.home.jobs, key=lambda job: (-(job.peak or 0), job.key))
    return {
        "sentence": sentence(both),
        "chart": drawn,
        "marks": axes.count_marks(drawn.top),
        "table": table(both),
        "home": [_row(job) for job in heaviest[:MOST_WAITED]],
        "home_more": max(0, len(heaviest) - MOST_WAITED),
    }


# ---------------------------------------------------------------- the jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A job as text."""

    name: str
    folder: str
    kind: JobClass
    peak: str
    forecast: str
    ran: str
    waited: str
    why: str


def _row(job: JobRecord) -> Row:
    whys = dict.fromkeys(readable(pause.why) for pause in job.pauses)
    held = "held back at birth" if job.held >= 1.0 else ""
    folder, slash, name = job.key.rpartition("/")
    return Row(
        name=readable(name),
        folder=readable(folder + slash),
        kind=job.job_class,
        peak="-" if job.peak is None else format_size(job.peak),
        forecast=format_size(job.forecast),
        ran=format_seconds(job.ran),
        waited=format_seconds(job.held + job.paused),
        why="; ".join(filter(None, [held, *(f"paused: {why}" for why in whys)])),
    )


def _steps(analysis: Analysis) -> Iterator[dict[str, str]]:
    """The chain, its longest jobs only where it is long."""
    chain = analysis.chain
    slowest = sorted(chain, key=lambda step: -(step.job.ran + step.waited))[:MOST_STEPS]
    longest = max((step.job.ran + step.waited for step in chain), default=0.0) or 1.0
    for step in chain:
        if step in slowest:
            yield {
                "name": readable(step.job.key),
                "kind": step.job.job_class,
                "ran": format_seconds(step.job.ran),
                "waited": format_seconds(step.waited) if step.waited >= 0.1 else "",
                "ran_part": axes.percent(step.job.ran / longest),
                "waited_part": axes.percent(step.waited / longest),
            }


def _dots(analysis: Analysis) -> list[tuple[JobClass, str, str]]:
    """Forecast and peak on logarithmic scales from 4 MiB to 16 GiB, in a box of 100 x 100."""
    known = [job for job in analysis.heaviest if job.peak]
    every = math.ceil(len(known) / MOST_DOTS) if known else 1
    return [
        (job.job_class, f"{_log(job.forecast):.1f}", f"{100 - _log(job.peak or 1):.1f}")
        for job in known[::every]
    ]


def _log(size: int) -> float:
    """0 at 4 MiB, 100 at 16 GiB: twelve doublings."""
    return min(100.0, max(0.0, (math.log2(max(size, 1)) - 22) / 12 * 100))


def _data(record: Record) -> dict[str, Any]:
    return {
        "seconds": round(record.seconds, 2),
        "jobs": [_job_data(job) for job in record.jobs],
        "moments": _moments(record),
    }


def _job_data(job: JobRecord) -> list[Any]:
    return [
        readable(job.key),
        job.job_class,
        job.peak,
        job.forecast,
        round(job.ran, 2),
        round(job.held + job.paused, 2),
        round(job.ended if job.begun is None else job.begun, 2),
        round(job.ended, 2),
        f"killed by the {job.killed}"
        if job.killed
        else "came home"
        if job.home is not None
        else "",
    ]


def _moments(record: Record, most: int = 1000) -> Sequence[list[Any]]:
    every = math.ceil(len(record.timeline) / most) if record.timeline else 1
    return [
        [round(m.at, 2), m.use, record.frame.budget(m), m.running, m.held, m.paused, m.why, m.away]
        for m in record.timeline[::every]
    ]
