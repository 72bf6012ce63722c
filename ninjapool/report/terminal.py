"""`ninjapool report --text`: a build on one page of plain text, for CI logs. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninjapool.report.elsewhere import sentence, sides
from ninjapool.report.inspection import count, percent, wrap
from ninjapool.report.live import bar, plain
from ninjapool.report.verdict import sentences
from ninjapool.units import format_seconds, format_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ninjapool.record.model import JobRecord
    from ninjapool.report.analysis import Analysis, Slot

COLUMNS, ROWS, NAME = 64, 8, 52
SHOWN = 8
SLOT_WORDS: dict[Slot, str] = {
    "used": "busy",
    "cpus": "busy, waiting for a CPU",
    "memory": "empty for want of memory",
    "pool": "empty, a pool was full",
    "nothing": "empty, nothing was ready",
}


def page(analysis: Analysis) -> str:
    parts = [
        _head(analysis),
        *[wrap(plain(sentence), "  ") for sentence in sentences(analysis)],
        _memory(analysis),
        _slots(analysis),
        _elsewhere(analysis),
        _edges("Heaviest", analysis.heaviest),
        _edges("Longest", analysis.longest),
        _waited(analysis),
        _chain(analysis),
        _calibration(analysis),
    ]
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(analysis: Analysis) -> Iterator[str]:
    record = analysis.record
    state = "" if record.exit_code == 0 else f", exit code {record.exit_code}"
    away = f" here, {record.frame.away} elsewhere" if record.frame.away else ""
    yield (
        f"{plain(record.frame.folder)}: {count(len(analysis.jobs), 'job')} in "
        f"{format_seconds(record.seconds)} ({record.frame.slots}, {record.frame.cores} at once"
        f"{away}){state}"
    )


# ---------------------------------------------------------------- memory over time


def columns(analysis: Analysis, number: int) -> list[tuple[int, int]]:
    """The highest use and the lowest budget in each of so many equal parts of the build."""
    record = analysis.record
    width = max(record.seconds, 0.001) / number
    found: list[tuple[int, int]] = []
    moments = iter(record.timeline)
    moment = next(moments, None)
    use, budget = 0, analysis.budget
    for part in range(number):
        end, uses, budgets = (part + 1) * width, [use], [budget]
        while moment is not None and moment.at < end:
            use, budget = moment.use, record.frame.budget(moment)
            uses.append(use)
            budgets.append(budget)
            moment = next(moments, None)
        found.append((max(uses[1:], default=use), min(budgets[1:], default=budget)))
    return found


def _memory(analysis: Analysis) -> Iterator[str]:
    cells = columns(analysis, COLUMNS)
    most = max((use for use, _ in cells), default=0)
    yield ""
    yield (
        f"Memory of all jobs: at most {format_size(most)}, budget {format_size(analysis.budget)}"
        " (# use, - budget)"
    )
    top = max(most, min(analysis.budget, int(1.5 * most))) or 1
    for row in range(ROWS, 0, -1):
        low, label = top * (row - 1) / ROWS, format_size(int(top * row / ROWS))
        drawn = "".join(_cell(use, budget, low, top / ROWS) for use, budget in cells)
        yield f"  {label if row % 2 == 0 else '':>9} |{drawn.rstrip()}"
    yield f"  {'':>9} +{'-' * COLUMNS}"
    yield f"  {'':>9}  0{format_seconds(analysis.record.seconds):>{COLUMNS - 1}}"


def _cell(use: int, budget: int, low: float, step: float) -> str:
    if use > low + step / 2:
        return "#"
    return "-" if low < budget <= low + step else " "


# ---------------------------------------------------------------- slots and jobs


def _slots(analysis: Analysis) -> Iterator[str]:
    yield ""
    yield f"Slot time: {analysis.record.frame.cores} x {format_seconds(analysis.record.seconds)}"
    for slot, share in analysis.shares.items():
        if share >= 0.001:
            yield f"  {bar(share, 1.0, 40)} {percent(share):>9}  {SLOT_WORDS[slot]}"


def _elsewhere(analysis: Analysis) -> Iterator[str]:
    both = sides(analysis)
    if both is None:
        return
    yield ""
    yield from wrap(sentence(both), "")
    if both.busy is not None:
        yield f"  {bar(both.busy, 1.0, 40)} {percent(both.busy):>9}  of the slots elsewhere busy"
    heaviest = sorted(both.home.jobs, key=lambda job: (-(job.peak or 0), job.key))
    yield from _edges("Came home, and compiled here", heaviest)


def _edges(title: str, jobs: Sequence[JobRecord]) -> Iterator[str]:
    if not jobs:
        return
    yield ""
    yield f"{title:<{NAME}}    memory  forecast        ran     waited"
    for job in jobs[:SHOWN]:
        yield _edge(job)


def _edge(job: JobRecord) -> str:
    peak = "-" if job.peak is None else format_size(job.peak)
    waited = job.held + job.paused
    return (
        f"  {shortened(job.key, NAME - 2):<{NAME - 2}} {peak:>9} {format_size(job.forecast):>9} "
        f"{format_seconds(job.ran):>10} {format_seconds(waited) if waited >= 0.1 else '-':>10}"
    )


def shortened(name: str, width: int) -> str:
    """Its end tells most."""
    name = plain(name)
    return name if len(name) <= width else f"...{name[3 - width :]}"


def _waited(analysis: Analysis) -> Iterator[str]:
    waited, killed = analysis.waited, analysis.killed
    if waited:
        seconds = sum(job.held + job.paused for job in waited)
        paused = sum(bool(job.pauses) for job in waited)
        pauses = f", {paused} of them paused in mid-life" if paused else ""
        yield ""
        yield f"{count(len(waited), 'job')} waited {format_seconds(seconds)} in all{pauses}"
    for job in killed[:SHOWN]:
        yield (
            f"  killed by the {job.killed} at {format_size(job.peak or 0)} after "
            f"{format_seconds(job.ran)}: {plain(job.key)}"
        )
    if len(killed) > SHOWN:
        yield f"  and {len(killed) - SHOWN} more killed"


def _chain(analysis: Analysis) -> Iterator[str]:
    if not analysis.chain:
        return
    yield ""
    yield f"What the end waited for ({count(len(analysis.chain), 'job')} one after the other)"
    slowest = sorted(analysis.chain, key=lambda step: step.job.ran + step.waited)[-SHOWN:]
    for step in analysis.chain:
        if step in slowest:
            waited = f", after waiting {format_seconds(step.waited)}" if step.waited >= 0.5 else ""
            yield (
                f"  {shortened(step.job.key, NAME - 2):<{NAME - 2}} "
                f"{format_seconds(step.job.ran):>9}{waited}"
            )


def _calibration(analysis: Analysis) -> Iterator[str]:
    if not analysis.fits:
        return
    yield ""
    yield "Forecast and measured, on average"
    for fit in analysis.fits:
        far = f", {fit.far} far above theirs" if fit.far else ""
        yield (
            f"  {fit.job_class:<8} {count(fit.jobs, 'job'):>9}  forecast "
            f"{format_size(fit.forecast)}, measured {format_size(fit.measured)}{far}"
        )
