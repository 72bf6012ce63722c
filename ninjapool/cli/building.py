"""The commands that run a build: `build`, `run` and what the ninja shim calls."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from ninjapool import probe, project
from ninjapool.errors import NinjapoolError, UsageError
from ninjapool.files import write_if_changed
from ninjapool.forecast import Forecaster, Prior
from ninjapool.govern import build as governed
from ninjapool.govern.contract import BuildRequest, Options, RunRequest
from ninjapool.govern.governor import Governor
from ninjapool.govern.ninjalog import durations, log_of
from ninjapool.govern.senses import machine_senses
from ninjapool.govern.summary import as_json, as_text
from ninjapool.model import JobClass
from ninjapool.profiles import estimate, read_config, read_profile
from ninjapool.project.cache import read_cache
from ninjapool.size import any_project, size_build

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ninjapool.cli.args import Args
    from ninjapool.govern.contract import Outcome
    from ninjapool.model import Project
    from ninjapool.size import Sized


ALL_CLASSES: tuple[JobClass, ...] = get_args(JobClass)


def build(args: Args) -> int:
    directory = args.directory or Path()
    sized, built = _known(args, directory)
    request = BuildRequest(
        directory=directory,
        targets=tuple(args.targets),
        config=args.config,
        verbose=args.verbose,
        native=tuple(args.rest),
        options=_options(args, sized),
    )
    past = durations(log_of(directory, None))
    return _tell(args, governed.build(request, _mind(args, sized, built, past)))


def run(args: Args) -> int:
    if not args.rest:
        raise UsageError("which command? it stands after --", hint="ninjapool run -- CMD ...")
    sized, built = _known(args, None)
    options = _options(args, sized)
    request = RunRequest(command=tuple(args.rest), folder=Path.cwd(), options=options)
    return _tell(args, governed.run(request, _mind(args, sized, built, {})))


def _known(args: Args, directory: Path | None) -> tuple[Sized, Project]:
    """The static plan, for the reserve and the width without a governor; and what is built."""
    machine = probe.machine(args.root, build_dir=directory)
    found = _project(directory) if directory else None
    config = read_config(Path(found.source)) if found else None
    built = found or any_project()
    return size_build(machine, built, args.wishes, config), built


def _project(directory: Path) -> Project | None:
    """What the build directory says of its source; None where that is no CMake project now."""
    source = read_cache(directory).get("CMAKE_HOME_DIRECTORY")
    if not source:
        return None
    try:
        return project.read_project(Path(source), build=directory, env=os.environ)
    except NinjapoolError:
        return None  # a build needs its ninja files only, so a source that has moved is no error


def _options(args: Args, sized: Sized) -> Options:
    plan = sized.plan
    return Options(
        environ=dict(os.environ),
        cores=plan.cpus.value,
        jobs=args.jobs,
        fallback_jobs=plan.jobs.value,
        root=args.root,
    )


def _mind(args: Args, sized: Sized, built: Project, past: Mapping[str, float]) -> governed.Mind:
    plan = sized.plan
    known = estimate(
        read_profile(sized.profile.value), built, cpus=plan.cpus.value, only=ALL_CLASSES
    )
    priors = {one.job_class: Prior.from_estimate(one) for one in known}
    return governed.Mind(
        decider=lambda cores: Governor(cores=cores, reserve=plan.reserve.value),
        knowledge=Forecaster(priors, durations=past),
        senses=partial(machine_senses, Path("/")),
        tell=str if args.quiet else sys.stderr.write,
    )


def _tell(args: Args, outcome: Outcome) -> int:
    if args.json_file is not None:
        write_if_changed(args.json_file, as_json(outcome))
    if not args.quiet:
        sys.stderr.write(as_text(outcome))
    return outcome.exit_code
