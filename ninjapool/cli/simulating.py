"""The command `simulate`: what the build of a directory would take on other machines."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.cli.args import Args
from ninjapool.cli.known import look
from ninjapool.cli.reporting import printable
from ninjapool.cli.streams import tell
from ninjapool.errors import FileError, NinjapoolError, UsageError
from ninjapool.files import write_if_changed
from ninjapool.forecast import Forecaster, Prior
from ninjapool.govern import place
from ninjapool.govern.driver import ninjas_own_width
from ninjapool.model import CpuLimit, Machine, MemoryLimit
from ninjapool.paths import is_file
from ninjapool.plan.figures import reserve_figure
from ninjapool.project.graph import read_graph
from ninjapool.record import shelf
from ninjapool.units import LEAST_SIZE, parse_seconds, parse_size
from ninjapool.whatif import cells, machines, picture, table, traces
from ninjapool.whatif.figures import Figured, Sources, as_slow, figured, of_record
from ninjapool.whatif.model import Setting, Took

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ninjapool.cli.known import Known
    from ninjapool.model import JobClass
    from ninjapool.record.model import Record
    from ninjapool.whatif.model import Cell, Offer

MANY = 2000
"""Jobs times settings from which on it is worth to use all CPUs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is built, and all that settings have in common."""

    known: Known
    figured: Figured
    pools: Mapping[str, int]
    priors: Mapping[JobClass, Prior]
    record: Record | None = None


def simulate(args: Args) -> int:
    _refuse_what_means_nothing(args)
    subject = _subject(args)
    grid, offers = _grid(args, subject), _offers(args)
    recorded = _recorded(subject)
    settings = [*grid, *[_setting(subject, one.cpus, one.memory, args) for one in offers]]
    done = _run(subject, settings)
    priced = zip(offers, done[len(grid) :], strict=True)
    answer = table.Answer(
        name=subject.figured.trace.name,
        jobs=len(subject.figured.trace.jobs),
        cpu_seconds=sum(job.seconds for job in subject.figured.trace.jobs),
        origins=tuple(subject.figured.origins.items()),
        cells=done[: len(grid)],
        priced=[table.Priced(offer=offer, cell=cell) for offer, cell in priced],
        within=_seconds(args.within),
        checked=_checked(subject, recorded) if recorded else None,
    )
    sys.stdout.write(printable(table.text(answer)))
    if args.output is not None:
        write_if_changed(args.output, picture.page(answer))
        tell(f"Wrote {args.output}\n")
    return 0


def _refuse_what_means_nothing(args: Args) -> None:
    if args.jobs is not None and args.jobs < 1:
        raise UsageError(f"--jobs: a number of at least 1 is needed, not {args.jobs}")
    if args.within is not None and not (args.prices or args.on):
        hint = "--prices FILE, or --on NAMES"
        raise UsageError("--within chooses among machines with a price: name some", hint=hint)


# ---------------------------------------------------------------- what is built


def _subject(args: Args) -> Subject:
    where = args.directory or place.usual(Path())
    if is_file(where):
        return _from_file(where)
    known = look(Args(command=args.command, profile=args.profile), where)
    record = shelf.read(shelf.names(where, os.environ).last)
    graph = read_graph(where)
    if not graph.nodes:
        raise _nothing_to_build(where)
    priors = {one.job_class: Prior.from_estimate(one) for one in known.estimates}
    fresh = Forecaster(priors)
    history, durations = _past(known)
    sources = Sources(
        record=of_record(record.jobs) if record else {},
        history=history,
        durations=durations,
        forecast=fresh.forecast,
    )
    made = figured(str(where), graph.nodes, sources)
    return Subject(known=known, figured=made, pools=graph.depths, priors=priors, record=record)


def _nothing_to_build(where: Path) -> NinjapoolError:
    file = where / "build.ninja"
    if not is_file(file):
        return place.not_configured(where, f"{where} has no build.ninja")
    return FileError(file, "there is nothing to build in it", hint=f"ninja -C {where} -n says more")


def _past(known: Known) -> tuple[dict[str, Took], dict[str, float]]:
    """What earlier builds have shown of each output, and its seconds in ninja's log."""
    pasts = known.chronicle.past.latest().items()
    took = {key: Took(seconds=one.seconds, peak=one.peak) for key, one in pasts}
    return took, dict(known.durations)


def _from_file(file: Path) -> Subject:
    try:
        trace = traces.load(file)
    except ValueError as problem:
        raise FileError(file, "not a trace") from problem
    known = look(Args(command=_nothing), None)
    took = {job.name: Took(seconds=job.seconds, peak=job.peak) for job in trace.jobs}
    made = Figured(trace=trace, origins={"history": len(trace.jobs)}, known=took)
    priors = {one.job_class: Prior.from_estimate(one) for one in known.estimates}
    return Subject(known=known, figured=made, pools={}, priors=priors)


def _nothing(_: Args) -> int:
    return 0


# ---------------------------------------------------------------- on which machines


def _grid(args: Args, subject: Subject) -> list[Setting]:
    """Each number of CPUs with each size; this machine and its double where none is named."""
    if (args.prices or args.on) and not (args.cpu_list or args.memory_list):
        return []
    share = subject.known.share
    cpus = _numbers(args.cpu_list) or [share.cpus.value, 2 * share.cpus.value]
    own = share.memory.value
    memories = _sizes(args.memory_list, own) or [own // 2, own, 2 * own]
    return [_setting(subject, number, memory, args) for number in cpus for memory in memories]


def _offers(args: Args) -> tuple[Offer, ...]:
    listed = machines.read(args.prices) if args.prices else machines.named()
    if args.on:
        return machines.chosen(listed, _words(args.on))
    return listed if args.prices else ()


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def _numbers(text: str | None) -> list[int]:
    words = _words(text)
    if any(not word.isdecimal() or int(word) < 1 for word in words):
        raise UsageError(f"--cpus: {text} is no list of numbers", hint="--cpus 4,8,16")
    return [int(word) for word in words]


def _sizes(text: str | None, whole: int) -> list[int]:
    try:
        sizes = [parse_size(word, whole=whole) for word in _words(text)]
    except ValueError as problem:
        raise UsageError(f"--memory: {problem}", hint="--memory 4G,8G,16G") from problem
    if any(size < LEAST_SIZE for size in sizes):
        raise UsageError(f"--memory: {text} is no size to work with", hint="--memory 4G,8G,16G")
    return sizes


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else parse_seconds(text)
    except ValueError as problem:
        raise UsageError(f"--within: {problem}") from problem


def _setting(subject: Subject, cpus: int, memory: int, args: Args) -> Setting:
    """As `ninjapool build` would run on such a machine."""
    machine = Machine(
        platform="linux",
        memory_limits=(MemoryLimit(name="RAM", source="simulate", bytes=memory),),
        cpu_limits=(CpuLimit(name="CPUs", source="simulate", cpus=cpus),),
    )
    policy = replace(subject.known.share.policy, memory=None, cpus=None, reserve=None)
    figure = replace(subject.known.share.memory, value=memory)
    width = args.jobs or ninjas_own_width(cpus)
    heaviest = max((one.distribution.p99 for one in subject.known.estimates), default=0)
    reserve = reserve_figure(machine, figure, policy).value
    plentiful = cpus * heaviest <= memory - reserve
    return Setting(
        cpus=cpus,
        memory=memory,
        reserve=reserve,
        width=width,
        window=0 if plentiful or width == 1 else width * 3 // 2,
        pools=subject.pools,
    )


def _recorded(subject: Subject) -> Setting | None:
    """That of the recorded build, if it built all that would be built now."""
    record = subject.record
    if record is None or not record.timeline:
        return None
    if len(of_record(record.jobs)) < 0.9 * len(subject.figured.trace.jobs):
        return None
    frame, first = record.frame, record.timeline[0]
    memory = frame.budget(first) + frame.reserve
    return Setting(
        cpus=frame.cores,
        memory=memory,
        reserve=frame.reserve,
        width=frame.cores,
        window=frame.cores * 3 // 2,
        pools=subject.pools,
    )


def _checked(subject: Subject, setting: Setting) -> table.Checked:
    """The recorded build once more, knowing as little, its jobs as slow beside other work."""
    assert subject.record is not None
    record = subject.record
    jobs = of_record(record.jobs)
    trace = as_slow(subject.figured.trace, jobs)
    cell = cells.run(trace, setting, cells.as_it_was(jobs, subject.priors))
    return table.Checked(cell=cell, measured=record.seconds, pace=record.pace)


# ---------------------------------------------------------------- the work


def _run(subject: Subject, settings: Sequence[Setting]) -> list[Cell]:
    """Side by side where it takes long."""
    runner = _Runner(subject.figured, subject.priors)
    if len(settings) > 1 and len(settings) * len(subject.figured.trace.jobs) > MANY:
        with ProcessPoolExecutor(min(len(settings), os.cpu_count() or 1)) as pool:
            return list(pool.map(runner, settings))
    return list(map(runner, settings))


@dataclass(frozen=True, slots=True)
class _Runner:
    """One setting after the other, in a process of its own or here."""

    figured: Figured
    priors: Mapping[JobClass, Prior]

    def __call__(self, setting: Setting) -> Cell:
        forecaster = cells.knowledge(self.figured.known, self.priors)
        return cells.run(self.figured.trace, setting, forecaster)
