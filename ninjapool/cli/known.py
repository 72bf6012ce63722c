"""What is known before a build is governed, and the mind that is made of it.

Reads the machine, the build directory and the last builds; starts nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from ninjapool import probe
from ninjapool.cli.directory import project_of
from ninjapool.cli.remote import launchers, of_build
from ninjapool.cli.telling import say, source_of
from ninjapool.errors import NinjapoolError
from ninjapool.forecast import Forecaster, Prior
from ninjapool.govern import build as governed
from ninjapool.govern import ninjalog, place
from ninjapool.govern.around import Ceiling, Herald
from ninjapool.govern.chronicle import Chronicle
from ninjapool.govern.contract import Options
from ninjapool.govern.governor import Governor
from ninjapool.govern.senses import machine_senses
from ninjapool.history import exchange, store
from ninjapool.history.book import Book
from ninjapool.history.signature import Roots
from ninjapool.model import JobClass
from ninjapool.paths import is_file, real
from ninjapool.profiles import estimate, read_config
from ninjapool.size import any_project, share_out, size_build

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

    from ninjapool.cli.args import Args
    from ninjapool.govern.model import Decider
    from ninjapool.govern.recorder import Publish
    from ninjapool.history.entry import Entry
    from ninjapool.model import Estimate, Machine, Project, Remote
    from ninjapool.profiles import Config
    from ninjapool.size import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The machine, the project, what they may have, and the last builds."""

    machine: Machine
    project: Project
    config: Config | None
    share: Share
    estimates: tuple[Estimate, ...]
    remote: Remote | None
    """Where its compiles go, if they go anywhere."""
    chronicle: Chronicle
    durations: Mapping[str, float]
    """Seconds by output, as ninja's log has them, for outputs of which nothing better is known:
    it counts the time in which a job was held back."""
    pools: Mapping[str, int]
    """Those of the build directory, which bind a governed build as well."""

    @property
    def heaviest(self) -> int:
        """Bytes that hardly any job exceeds."""
        return max((one.distribution.p99 for one in self.estimates), default=0)

    def is_memory_plentiful(self) -> bool:
        """Even if all jobs that run at once were heavy ones, so that nobody will have to wait."""
        jobs = self.share.policy.jobs or self.share.cpus
        most = jobs.value + (self.remote.slots.value if self.remote else 0)
        return most * self.heaviest <= self.share.budget

    def narrow_pools(self, width: int) -> tuple[str, ...]:
        """The pools that keep the governor from letting so many compile, if any does."""
        narrow = tuple(f"{name}={depth}" for name, depth in self.pools.items() if depth < width)
        return narrow if any("compile" in pool for pool in narrow) else ()


def look(args: Args, directory: Path | None) -> Known:
    """`directory`: the build directory; None where a command builds somewhere below here."""
    machine = probe.machine(args.root, build_dir=directory)
    found = project_of(directory) if directory else None
    built = found or any_project()
    config = _config(found)
    share = share_out(machine, built, args.wishes, config)
    cpus = share.cpus.value
    chronicle = _chronicle(args, directory or Path(), found)
    remote = of_build(args, directory)
    return Known(
        machine=machine,
        project=built,
        config=config,
        share=share,
        remote=remote,
        estimates=estimate(share.figures, built, cpus=cpus, only=_classes(remote)),
        chronicle=chronicle,
        durations=_durations(directory, chronicle.past.outputs()),
        pools=place.pools(directory) if directory else {},
    )


def _classes(remote: Remote | None) -> list[JobClass]:
    """Those that the build can have."""
    return [one for one in get_args(JobClass) if remote is not None or one != "remote"]


def _chronicle(args: Args, build: Path, found: Project | None) -> Chronicle:
    """What is known of the source tree; of the folder itself where no source is named."""
    source = Path(found.source) if found else source_of(build)
    book = Book(store.place(source, os.environ), partial(say, args))
    if not book.entries:
        book.take(_shared(args, source / exchange.SHARED))
    roots = Roots(build=str(real(build)), source=str(real(source)))
    return Chronicle(book, roots, lambda: round(datetime.now(tz=timezone.utc).timestamp()))


def _shared(args: Args, path: Path) -> Iterable[Entry]:
    """What the team shares, for who has built nothing here yet."""
    if not is_file(path):
        return ()
    try:
        found = exchange.read(path).values()
    except NinjapoolError as error:
        say(args, f"the shared history is left out: {error}")
        return ()
    say(args, f"begins with the {len(found)} edges of {path}")
    return found


def _durations(directory: Path | None, known: Container[str]) -> dict[str, float]:
    rows = ninjalog.rows(ninjalog.log_of(directory, None)) if directory else {}
    return {
        output: max(end - start, 0) / 1000
        for output, (start, end) in rows.items()
        if output not in known
    }


def _config(found: Project | None) -> Config | None:
    """The ninjapool.toml of the source, or that of this folder where no source is known."""
    return read_config(Path(found.source) if found else Path())


def options(args: Args, known: Known) -> Options:
    jobs = known.share.policy.jobs
    plain = Options(
        environ=dict(os.environ),
        cores=known.share.cpus.value,
        jobs=jobs.value if jobs else None,
        window=0 if known.is_memory_plentiful() else None,
        away=known.remote.slots.value if known.remote else 0,
        launchers=launchers(known.remote, os.environ),
        root=args.root,
    )
    if governed.cannot_govern(plain) is None:
        return plain
    sized = size_build(known.machine, known.project, args.wishes, known.config)
    return replace(plain, fallback_jobs=sized.plan.jobs.value)


def mind(args: Args, known: Known, publish: Publish | None = None) -> governed.Mind:
    """`publish` shows others how it goes."""
    chronicle = known.chronicle
    priors = chronicle.priors({one.job_class: Prior.from_estimate(one) for one in known.estimates})
    return governed.Mind(
        decider=partial(_decider, known, partial(say, args)),
        knowledge=Forecaster(
            priors,
            history=chronicle.forecast,
            kin=chronicle.kin,
            durations=known.durations,
        ),
        senses=partial(machine_senses, args.root),
        publish=publish,
        say=partial(say, args),
        witness=chronicle,
    )


def _decider(known: Known, say: Callable[[str], None], cores: int, away: int) -> Decider:
    """Asked for when a build is about to begin: what builds nothing leaves no history's file."""
    known.chronicle.open()
    governor = Governor(
        cores=cores,
        away=away,
        reserve=known.share.reserve.value,
        heaviest=known.heaviest if known.is_memory_plentiful() else None,
    )
    herald, memory = Herald(governor, say), known.share.policy.memory
    return herald if memory is None else Ceiling(herald, memory.value)
