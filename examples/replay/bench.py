"""Replays traces under policies, seed by seed, and gathers what came of each run.

Knows how a run is prepared (build file, knowledge of the governor, limit), not how it is printed.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from examples.replay import governed, policies
from examples.replay.manifest import PROGRAMS, ninja_text, write_sources
from examples.replay.runner import Command, Outcome, run
from ninjapool.govern.trace import lower_bound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from examples.replay.policies import Policy
    from ninjapool.govern.trace import Bound, Trace

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What holds for all runs."""

    slots: int
    memory: int
    """Of the cgroup, in bytes, already scaled."""
    limited: bool
    """False where no cgroup can be had: nothing is killed then, and every -j survives."""
    time_scale: float
    ninja: Path
    scratch: Path
    patience: float = 6.0
    """A run is cut after so many times the lower bound."""
    full_sweep: bool = False
    """Run every -jK; else stop at the widest that survives, as narrower ones are slower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run of one policy."""

    trace: str
    seed: int
    policy: Policy
    bound: Bound
    outcome: Outcome
    drag: float | None = None
    """How much longer jobs ran than recorded, for want of this machine's cores."""
    known: dict[str, object] = field(default_factory=dict)
    """What ninjapool itself reported (its --json)."""

    @property
    def survived(self) -> bool:
        return self.outcome.finished and not self.outcome.kills


def make_programs(folder: Path) -> Path:
    """The replayed job by the C compiler at hand, under all its names; a folder of them."""
    folder.mkdir(exist_ok=True)
    hold = folder / "hold"
    if not hold.exists():
        command = ["cc", "-O2", "-o", str(hold), str(HERE / "hold.c"), "-lm"]
        subprocess.run(command, check=True)
        for name in PROGRAMS:
            (folder / name).symlink_to("hold")
    return folder


def replay(
    setup: Setup, trace: Trace, seed: int, chosen: Iterable[Policy], say: Callable[[Result], None]
) -> list[Result]:
    """All policies over one trace, which is already scaled. `say` hears of each run as it ends."""
    programs = make_programs(setup.scratch / "programs")
    results: list[Result] = []
    for policy in skipping(chosen, results, full=setup.full_sweep):
        result = replay_one(setup, trace, seed, policy, programs)
        results.append(result)
        say(result)
    return results


def skipping(chosen: Iterable[Policy], results: list[Result], *, full: bool) -> Iterator[Policy]:
    """Leaves out the -jK below the first that survived, unless all are wanted."""
    for policy in chosen:
        found = any(done.policy.sweep and done.survived for done in results)
        if full or not (policy.sweep and found):
            yield policy


def warm(programs: Path, memory: int) -> None:
    """Touches as much memory as the run may, and gives it back.

    The host of a virtual machine may have taken free memory away: its first touch then costs ten
    times what the later ones do, and would be paid by whichever policy comes first.
    """
    command = [str(programs / "hold"), "-m", str(memory), "-s", "0.001", "-r", "1,1"]
    subprocess.run(command, check=True)


def replay_one(setup: Setup, trace: Trace, seed: int, policy: Policy, programs: Path) -> Result:
    folder = setup.scratch / "build"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    text = ninja_text(trace, programs=programs, pools=policy.pools)
    (folder / "build.ninja").write_text(text, encoding="utf-8")
    write_sources(trace, folder)
    if policy.known:
        knows = governed.Knows(
            known=policy.known, trace=trace, seed=seed, time_scale=setup.time_scale
        )
        governed.write_knowledge(folder, knows)
    bound = lower_bound(trace, cores=setup.slots, limit=setup.memory)
    command = Command(
        argv=argv(setup, policy, folder),
        folder=folder,
        environment=governed.surroundings(setup.ninja) if policy.known else {},
        memory=setup.memory if setup.limited else None,
        patience=setup.patience * bound.seconds + 5,
        end_at_kill=not policy.governed,
    )
    warm(programs, setup.memory)
    outcome = run(command)
    known = governed.report(folder) if policy.governed else {}
    ran = known.pop("ran", {}) if policy.governed else by_ninja(folder / ".ninja_log")
    return Result(
        trace=trace.name,
        seed=seed,
        policy=policy,
        bound=bound,
        outcome=outcome,
        drag=drag(trace, ran),
        known=known,
    )


def drag(trace: Trace, ran: Mapping[str, float]) -> float | None:
    """Seconds in which the jobs ran, by output, over those that were recorded of them."""
    recorded = {job.name: job.seconds for job in trace.jobs}
    planned = sum(recorded[output] for output in ran)
    return sum(ran.values()) / planned if planned else None


def by_ninja(log: Path) -> dict[str, float]:
    """Seconds that ninja measured, of all edges that it finished."""
    if not log.exists():
        return {}
    fields = (line.split("\t") for line in log.read_text(encoding="ascii").splitlines()[1:])
    return {line[3]: (int(line[1]) - int(line[0])) / 1000 for line in fields}


def argv(setup: Setup, policy: Policy, folder: Path) -> tuple[str, ...]:
    if policy.governed:
        return governed.argv(folder, jobs=policy.jobs)
    return (str(setup.ninja), "-C", str(folder), f"-j{policy.jobs}")


def best_static(results: Iterable[Result]) -> float | None:
    """Seconds of the fastest -jK that survived; None where none did or none was tried."""
    times = [r.outcome.seconds for r in results if r.policy.sweep and r.survived]
    return min(times, default=None)


def default_policies(setup: Setup) -> list[Policy]:
    """Everything that is compared, in the order of the table."""
    chosen = [policies.plain(setup.slots), *policies.sweep(setup.slots)]
    chosen.append(policies.ram_per(setup.slots, setup.memory))
    pools = governed.planned_pools(slots=setup.slots, memory=setup.memory)
    chosen.append(policies.configured(setup.slots, pools))
    return chosen + policies.governed(setup.slots)
