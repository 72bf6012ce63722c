"""The results as a table for people and as JSON for programs. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING

from examples.replay.bench import best_static

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from examples.replay.bench import Result

HEAD = (
    "policy",
    "wall s",
    "x bound",
    "less drag",
    "x best -jK",
    "kernel kills",
    "finished",
    "own CPU",
    "own RSS",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One policy over all seeds of a trace: medians of the runs that finished."""

    policy: str
    seconds: float | None
    to_bound: float | None
    less_drag: float | None
    """The same of a bound whose jobs run as long as they really ran here, which no policy can help:
    this machine may be slow to hand out memory, and has fewer cores than the replayed one."""
    to_best: float | None
    kills: int | None
    finished: int
    runs: int
    cut: int
    own_cpu: float | None
    """Share of one core, 0 to 1."""
    own_memory: int | None


def rows(results: Sequence[Result]) -> list[Row]:
    """One row a policy, in the order of their first run; the best -jK of each seed is a row too."""
    best = {seed: best_static(own) for seed, own in by_seed(results).items()}
    names = dict.fromkeys(result.policy.name for result in results)
    made = [row(name, [r for r in results if r.policy.name == name], best) for name in names]
    survivors = [
        r for r in results if r.policy.sweep and r.survived and r.outcome.seconds == best[r.seed]
    ]
    if survivors:
        widths = "/".join(str(result.policy.jobs) for result in survivors)
        made.append(row(f"best surviving (-j{widths})", survivors, best))
    return made


def by_seed(results: Iterable[Result]) -> dict[int, list[Result]]:
    seeds: dict[int, list[Result]] = {}
    for result in results:
        seeds.setdefault(result.seed, []).append(result)
    return seeds


def row(name: str, results: Sequence[Result], best: dict[int, float | None]) -> Row:
    done = [result for result in results if result.outcome.finished]
    governed = [result for result in done if result.policy.governed]
    counted = [r.outcome.kills for r in results if r.outcome.kills is not None]
    ratios = [r.outcome.seconds / (best[r.seed] or 0) for r in done if best[r.seed]]
    return Row(
        policy=name,
        seconds=median_or_none([r.outcome.seconds for r in done]),
        to_bound=median_or_none([r.outcome.seconds / r.bound.seconds for r in done]),
        less_drag=median_or_none(
            [r.outcome.seconds / r.bound.seconds / r.drag for r in done if r.drag]
        ),
        to_best=median_or_none(ratios),
        kills=sum(counted) if counted else None,
        finished=len(done),
        runs=len(results),
        cut=sum(result.outcome.cut for result in results),
        own_cpu=median_or_none([r.outcome.own_cpu / r.outcome.seconds for r in governed]),
        own_memory=max((r.outcome.own_memory for r in governed), default=None),
    )


def median_or_none(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def text(made: Sequence[Row]) -> str:
    """A Markdown table."""
    cells = [HEAD, tuple("-" * len(name) for name in HEAD), *map(row_cells, made)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    return "\n".join(
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in cells
    )


def row_cells(made: Row) -> tuple[str, ...]:
    slow = f", {made.cut} cut" if made.cut else ""
    return (
        made.policy,
        figure(made.seconds, ".1f"),
        figure(made.to_bound, ".2f"),
        figure(made.less_drag, ".2f"),
        figure(made.to_best, ".2f"),
        "?" if made.kills is None else str(made.kills),
        f"{made.finished}/{made.runs}{slow}",
        figure(made.own_cpu, ".1%"),
        "" if made.own_memory is None else f"{made.own_memory / (1 << 20):.0f} MiB",
    )


def figure(value: float | None, style: str) -> str:
    return "-" if value is None else format(value, style)


def as_json(results: Iterable[Result]) -> list[dict[str, object]]:
    """One object a run, all that was seen but the build's output."""
    runs = []
    for result in results:
        outcome = {k: v for k, v in asdict(result.outcome).items() if k != "output"}
        runs.append(
            {
                "trace": result.trace,
                "seed": result.seed,
                "policy": result.policy.name,
                "jobs": result.policy.jobs,
                "pools": dict(result.policy.pools),
                "bound": asdict(result.bound),
                **outcome,
                "drag": result.drag,
                "summary": result.known,
            }
        )
    return runs
