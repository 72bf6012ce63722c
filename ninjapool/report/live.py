"""A look at a build that runs, as lines of a terminal: budget, use, who runs, who waits. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninjapool.units import format_seconds, format_size

if TYPE_CHECKING:
    from ninjapool.record.model import Live, LiveJob

BAR = 24
WAITS = {"memory": "for memory", "cpus": "for a CPU", "nothing": "for their turn"}


def panel(live: Live, width: int, height: int) -> list[str]:
    """At most so many lines, none wider: the head, who runs (the largest first), who waits."""
    running = sorted(
        (job for job in live.jobs if job.state != "held"), key=lambda job: (-job.memory, job.key)
    )
    held = [job for job in live.jobs if job.state == "held"]
    lines = [_memory(live), _counts(live)]
    room = max(0, height - len(lines) - bool(held))
    shown = running[: room if len(running) <= room else room - 1]
    lines += [_job(job) for job in shown]
    if len(shown) < len(running):
        rest = running[len(shown) :]
        lines.append(f"  and {len(rest)} more with {format_size(sum(job.memory for job in rest))}")
    if held:
        lines.append(_held(held, live))
    return [line[: max(0, width - 1)] for line in lines[:height]]


def _memory(live: Live) -> str:
    use, budget = live.moment.use, live.frame.budget(live.moment)
    return (
        f"memory {bar(use, budget)} {format_size(use)} of {format_size(budget)}, "
        f"{format_size(live.moment.free)} free on the machine"
    )


def _counts(live: Live) -> str:
    moment = live.moment
    paused = f", {moment.paused} paused" if moment.paused else ""
    away = f", {moment.away} of {live.frame.away} elsewhere" if live.frame.away else ""
    return (
        f"jobs   {bar(moment.running, live.frame.cores)} {moment.running} of {live.frame.cores} "
        f"run{away}, {moment.held} held back{paused}, "
        f"{live.done} done in {format_seconds(moment.at)}"
    )


def _job(job: LiveJob) -> str:
    state = "paused " if job.state == "paused" else ""
    sizes = f"{format_size(job.memory)} of {format_size(job.forecast)}"
    return (
        f"  {bar(job.memory, job.forecast, 10)} {sizes:>20}  {format_seconds(job.seconds):>6}  "
        f"{state}{plain(job.key)}"
    )


def _held(held: list[LiveJob], live: Live) -> str:
    first = max(held, key=lambda job: job.forecast)
    others = f" and {len(held) - 1} more" if len(held) > 1 else ""
    return (
        f"  held back {WAITS[live.moment.why]}: {plain(first.key)} "
        f"({format_size(first.forecast)}){others}"
    )


def bar(part: float, whole: float, cells: int = BAR) -> str:
    """`[####....]`: plain characters, for any terminal and any log."""
    full = round(cells * min(1.0, part / whole)) if whole > 0 else 0
    return f"[{'#' * full}{'.' * (cells - full)}]"


def plain(text: str) -> str:
    """A file name that cannot move the cursor."""
    return "".join(char if char.isprintable() else "?" for char in text)
