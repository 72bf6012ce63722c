"""What is known before a build is governed, and the mind that is made of it.

Reads the machine, the build directory and the last builds; starts nothing and prints nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from ninjapool import probe
from ninjapool.cli.directory import project_of
from ninjapool.forecast import Forecaster, Prior
from ninjapool.govern import build as governed
from ninjapool.govern import learned, place
from ninjapool.govern.around import Ceiling, Herald
from ninjapool.govern.contract import Options
from ninjapool.govern.governor import Governor
from ninjapool.govern.senses import machine_senses
from ninjapool.model import JobClass
from ninjapool.profiles import estimate, read_config
from ninjapool.size import any_project, share_out, size_build

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ninjapool.cli.args import Args
    from ninjapool.govern.learned import Learned
    from ninjapool.govern.model import Decider
    from ninjapool.govern.recorder import Publish
    from ninjapool.model import Estimate, Machine, Project
    from ninjapool.profiles import Config
    from ninjapool.size import Share

ALL_CLASSES: tuple[JobClass, ...] = get_args(JobClass)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The machine, the project, what they may have, and the last builds."""

    machine: Machine
    project: Project
    config: Config | None
    share: Share
    estimates: tuple[Estimate, ...]
    past: Learned
    pools: Mapping[str, int]
    """Those of the build directory, which bind a governed build as well."""

    @property
    def heaviest(self) -> int:
        """Bytes that hardly any job exceeds."""
        return max((one.distribution.p99 for one in self.estimates), default=0)

    def is_memory_plentiful(self) -> bool:
        """Even if all jobs that run at once were heavy ones, so that nobody will have to wait."""
        jobs = self.share.policy.jobs or self.share.cpus
        return jobs.value * self.heaviest <= self.share.budget

    def narrow_pools(self, width: int) -> tuple[str, ...]:
        """The pools that keep the governor from letting so many compile, if any does."""
        narrow = tuple(f"{name}={depth}" for name, depth in self.pools.items() if depth < width)
        return narrow if any("compile" in pool for pool in narrow) else ()


def look(args: Args, directory: Path | None) -> Known:
    machine = probe.machine(args.root, build_dir=directory)
    found = project_of(directory) if directory else None
    built = found or any_project()
    config = _config(found)
    share = share_out(machine, built, args.wishes, config)
    cpus = share.cpus.value
    return Known(
        machine=machine,
        project=built,
        config=config,
        share=share,
        estimates=estimate(share.figures, built, cpus=cpus, only=ALL_CLASSES),
        past=learned.recall(directory, os.environ),
        pools=place.pools(directory) if directory else {},
    )


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
        root=args.root,
    )
    if governed.cannot_govern(plain) is None:
        return plain
    sized = size_build(known.machine, known.project, args.wishes, known.config)
    return replace(plain, fallback_jobs=sized.plan.jobs.value)


def mind(
    args: Args, known: Known, say: Callable[[str], None], publish: Publish | None = None
) -> governed.Mind:
    """`say` tells the user something in mid-build, `publish` shows how it goes."""
    priors = {one.job_class: Prior.from_estimate(one) for one in known.estimates}
    past = known.past
    return governed.Mind(
        decider=partial(_decider, known, say),
        knowledge=Forecaster(
            priors,
            history=lambda key: past.forecast(key, priors),
            durations=past.durations,
        ),
        senses=partial(machine_senses, args.root),
        publish=publish,
        say=say,
    )


def _decider(known: Known, say: Callable[[str], None], cores: int) -> Decider:
    governor = Governor(
        cores=cores,
        reserve=known.share.reserve.value,
        heaviest=known.heaviest if known.is_memory_plentiful() else None,
    )
    herald, memory = Herald(governor, say), known.share.policy.memory
    return herald if memory is None else Ceiling(herald, memory.value)
