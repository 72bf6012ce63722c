"""The command `simulate`: what the build of a directory would take on other machines."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.cli import sides
from ninjapool.cli.reporting import printable
from ninjapool.cli.streams import tell
from ninjapool.cli.subject import Subject, subject_of
from ninjapool.errors import UsageError
from ninjapool.files import write_if_changed
from ninjapool.govern import place
from ninjapool.govern.driver import ninjas_own_width, waiting
from ninjapool.model import CpuLimit, Machine, MemoryLimit
from ninjapool.plan.figures import reserve_figure
from ninjapool.report.inspection import count
from ninjapool.units import LEAST_SIZE, format_size, parse_seconds, parse_size
from ninjapool.whatif import afar, cells, machines, picture, table
from ninjapool.whatif.as_json import as_json
from ninjapool.whatif.figures import Figured, as_slow, of_record
from ninjapool.whatif.model import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ninjapool.cli.args import Args
    from ninjapool.cli.known import Known
    from ninjapool.forecast import Prior
    from ninjapool.model import JobClass
    from ninjapool.record.model import Record
    from ninjapool.whatif.model import Cell, Offer
    from ninjapool.whatif.sent import Sent

MANY = 2000
"""Jobs times settings from which on it is worth to use all CPUs."""


def simulate(args: Args) -> int:
    _refuse_what_means_nothing(args)
    subject = subject_of(args.directory or place.usual(Path()), args.profile)
    recorded = _recorded(subject)
    answer = table.Answer(
        name=subject.figured.trace.name,
        jobs=len(subject.figured.trace.jobs),
        cpu_seconds=sum(job.seconds for job in subject.figured.trace.jobs),
        origins=tuple(subject.figured.origins.items()),
        checked=_checked(subject, recorded) if recorded else None,
        unchecked=_unchecked(subject.record),
    )
    answer = (_here if args.remote_list is None else _two_sides)(args, subject, answer)
    sys.stdout.write(as_json(answer) if args.json else printable(table.text(answer)))
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


def _here(args: Args, subject: Subject, answer: table.Answer) -> table.Answer:
    """All is built on the machines themselves."""
    grid, offers = _grid(args, subject), _offers(args)
    machines_asked = [*grid, *[(one.cpus, one.memory) for one in offers]]
    done = _run(subject, [_setting(subject, *machine, args) for machine in machines_asked])
    priced = zip(offers, done[len(grid) :], strict=True)
    return replace(
        answer,
        cells=done[: len(grid)],
        priced=[table.Priced(offer=offer, cell=cell) for offer, cell in priced],
        within=_seconds(args.within),
        assumed=_other_side(subject.known),
    )


def _other_side(known: Known) -> tuple[str, ...]:
    if known.remote is None:
        return ()
    kind, slots = known.remote.kind, known.remote.slots.value
    return (f"All is compiled here; with the slots of {kind}: --remote-jobs {slots}.",)


def _two_sides(args: Args, subject: Subject, answer: table.Answer) -> table.Answer:
    """Compiles are elsewhere, all else is built on the machines themselves."""
    sides.refuse_nonsense(args)
    counts = _numbers("--remote-jobs", args.remote_list)
    if not counts:
        raise UsageError("--remote-jobs: no number", hint="--remote-jobs 50,200,1000")
    away = sides.sent_away(args, subject.known, subject.figured, subject.stubs)
    named = [
        (f"{count(cpus, 'CPU')}, {format_size(size)}", cpus, size)
        for cpus, size in _grid(args, subject)
    ]
    named += [(one.name, one.cpus, one.memory) for one in _offers(args)]
    places = [
        sides.Place(name=name, setting=partial(_setting, subject, cpus, memory, args))
        for name, cpus, memory in named
    ]
    return replace(
        answer,
        sides=sides.rows(places, counts, partial(_run, subject, away=away)),
        assumed=sides.assumed(args, subject.known),
    )


# ---------------------------------------------------------------- on which machines


def _grid(args: Args, subject: Subject) -> list[tuple[int, int]]:
    """Each number of CPUs with each size; where none is named, this machine and its double."""
    if (args.prices or args.on) and not (args.cpu_list or args.memory_list):
        return []
    share, alone = subject.known.share, args.remote_list is not None
    cpus, own = share.cpus.value, share.memory.value
    counts = _numbers("--cpus", args.cpu_list) or ([cpus] if alone else [cpus, 2 * cpus])
    sizes = _sizes(args.memory_list, own) or ([own] if alone else [own // 2, own, 2 * own])
    return [(number, memory) for number in counts for memory in sizes]


def _offers(args: Args) -> tuple[Offer, ...]:
    listed = machines.read(args.prices) if args.prices else machines.named()
    if args.on:
        return machines.chosen(listed, _words(args.on))
    return listed if args.prices else ()


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def _numbers(flag: str, text: str | None) -> list[int]:
    words = _words(text)
    if any(not word.isdecimal() or int(word) < 1 for word in words):
        message = f"{flag}: {text} is no list of numbers from 1 on"
        raise UsageError(message, hint=f"{flag} 4,8,16")
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


def _setting(subject: Subject, cpus: int, memory: int, args: Args, remote: int = 0) -> Setting:
    """As `ninjapool build` would run on such a machine, with so many compiles elsewhere."""
    machine = Machine(
        platform="linux",
        memory_limits=(MemoryLimit(name="RAM", source="simulate", bytes=memory),),
        cpu_limits=(CpuLimit(name="CPUs", source="simulate", cpus=cpus),),
    )
    policy = replace(subject.known.share.policy, memory=None, cpus=None, reserve=None)
    figure = replace(subject.known.share.memory, value=memory)
    usual = ninjas_own_width(cpus)
    width = min(args.jobs or usual, usual) if remote else args.jobs or usual
    heaviest = max((one.distribution.p99 for one in subject.known.estimates), default=0)
    reserve = reserve_figure(machine, figure, policy).value
    plentiful = (cpus + remote) * heaviest <= memory - reserve
    found = subject.known.remote.preprocessors if subject.known.remote else None
    return Setting(
        cpus=cpus,
        memory=memory,
        reserve=reserve,
        width=width,
        window=0 if plentiful else waiting(width),
        pools=subject.pools,
        remote=remote,
        preprocessors=found.value if found else None,
    )


def _recorded(subject: Subject) -> Setting | None:
    """That of the recorded build, if it built all that would be built now."""
    record = subject.record
    if record is None or not record.timeline or _went_elsewhere(record):
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
        window=waiting(frame.cores),
        pools=subject.pools,
    )


def _unchecked(record: Record | None) -> str:
    if record is None:
        return "No build was recorded here"
    where = "had compiles elsewhere" if _went_elsewhere(record) else "built only a part"
    return f"The build that was recorded here {where}"


def _went_elsewhere(record: Record) -> bool:
    """What it took is not to be had by building all here."""
    return any(job.job_class == "remote" for job in record.jobs)


def _checked(subject: Subject, setting: Setting) -> table.Checked:
    """The recorded build once more, knowing as little, its jobs as slow beside other work."""
    assert subject.record is not None
    record = subject.record
    jobs = of_record(record.jobs)
    trace = as_slow(subject.figured.trace, jobs)
    cell = cells.run(trace, setting, cells.as_it_was(jobs, subject.priors))
    return table.Checked(cell=cell, measured=record.seconds, pace=record.pace)


# ---------------------------------------------------------------- the work


def _run(subject: Subject, settings: Sequence[Setting], away: Sent | None = None) -> list[Cell]:
    """Side by side where it takes long."""
    runner = _Runner(subject.figured, subject.priors, away)
    if len(settings) > 1 and len(settings) * len(subject.figured.trace.jobs) > MANY:
        with ProcessPoolExecutor(min(len(settings), os.cpu_count() or 1)) as pool:
            return list(pool.map(runner, settings))
    return list(map(runner, settings))


@dataclass(frozen=True, slots=True)
class _Runner:
    """One setting after the other, in a process of its own or here."""

    figured: Figured
    priors: Mapping[JobClass, Prior]
    away: Sent | None = None
    """The same build with its compiles elsewhere."""

    def __call__(self, setting: Setting) -> Cell:
        if setting.remote and self.away is not None:
            return afar.run(self.away, setting, cells.knowledge(self.away.known, self.priors))
        forecaster = cells.knowledge(self.figured.known, self.priors)
        return cells.run(self.figured.trace, setting, forecaster)
