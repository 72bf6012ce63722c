"""The commands that run a build: `build`, `run` and what the ninja shim calls."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from ninjapool import probe, project
from ninjapool.errors import NinjapoolError, OutputError, UsageError, WrapperError
from ninjapool.files import write_if_changed
from ninjapool.forecast import Forecaster, Prior
from ninjapool.govern import build as governed
from ninjapool.govern import driver, learned, place
from ninjapool.govern.around import Ceiling, Herald
from ninjapool.govern.contract import BuildRequest, Options, RunRequest
from ninjapool.govern.governor import Governor
from ninjapool.govern.senses import machine_senses
from ninjapool.govern.summary import NAME, as_json, as_text
from ninjapool.model import JobClass
from ninjapool.profiles import estimate, read_config
from ninjapool.project.cache import read_cache
from ninjapool.report.governing import Governing, explanation
from ninjapool.size import any_project, share_out, size_build

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ninjapool.cli.args import Args
    from ninjapool.govern.contract import Outcome
    from ninjapool.govern.learned import Learned
    from ninjapool.govern.loop import Decider
    from ninjapool.model import Estimate, Machine, Project
    from ninjapool.profiles import Config
    from ninjapool.size import Share


ALL_CLASSES: tuple[JobClass, ...] = get_args(JobClass)
LINE_START = "\r\x1b[K"
"""Takes ninja's status line away on a terminal; ninja draws it again below ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known before the build: the machine, the project, their share, the last builds."""

    machine: Machine
    project: Project
    config: Config | None
    share: Share
    estimates: tuple[Estimate, ...]
    past: Learned
    pools: Mapping[str, int]
    """Those of the build directory, which bind a governed build as well."""


def build(args: Args) -> int:
    return as_timeout_does(partial(_build, args))


def run(args: Args) -> int:
    return as_timeout_does(partial(_run, args))


def as_timeout_does(command: Callable[[], int]) -> int:
    """Its exit code; our own errors are 125, as the build may end with any other."""
    try:
        return command()
    except WrapperError:
        raise
    except NinjapoolError as error:
        raise WrapperError(str(error), hint=error.hint) from error


def _build(args: Args) -> int:
    if args.preset is not None:
        return _run_preset(args)
    directory = args.directory or place.usual(Path())
    known = _look(args, directory)
    request = BuildRequest(
        directory=directory,
        targets=tuple(args.targets),
        config=args.config,
        verbose=args.verbose,
        native=tuple(args.rest),
        options=_options(args, known),
    )
    if args.explain:
        return _explain(known, driver.for_build(request))
    if args.directory is None and directory != Path():
        _say(args, f"building {directory}")
    if args.clean_first:
        cleaned = governed.build(replace(request, targets=("clean",)), _mind(args, known))
        if cleaned.exit_code != 0:
            return _tell(args, cleaned)
    return _tell(args, _keep(known, governed.build(request, _mind(args, known))))


def _run_preset(args: Args) -> int:
    """A preset's targets, environment and options are for cmake itself to read."""
    if args.directory is not None:
        raise UsageError("a directory and a preset are both given", hint="leave one of them out")
    words = ["cmake", "--build", "--preset", args.preset or ""]
    words += ["--target", *args.targets] if args.targets else []
    words += ["--config", args.config] if args.config else []
    words += ["--clean-first"] * args.clean_first + ["--verbose"] * args.verbose
    words += ["--", *args.rest] if args.rest else []
    args.rest = words
    return _run(args)


def _run(args: Args) -> int:
    if not args.rest:
        raise UsageError("which command? it stands after --", hint="ninjapool run -- CMD ...")
    where = place.of_command(args.rest, Path.cwd(), os.environ)
    known = _look(args, where.folder)
    options = _options(args, known)
    request = RunRequest(command=tuple(args.rest), folder=Path.cwd(), options=options)
    if args.explain:
        return _explain(known, driver.for_run(request))
    return _tell(args, _keep(known, governed.run(request, _mind(args, known))))


def _keep(known: Known, outcome: Outcome) -> Outcome:
    """What was measured, for the next build, whether this one went well or not."""
    learned.keep(known.past, outcome.measured)
    width = outcome.width if outcome.jobs > 1 else None
    narrow = [f"{name}={depth}" for name, depth in known.pools.items() if depth < (width or 0)]
    if not any("compile" in pool for pool in narrow):
        return outcome
    note = f"job pools bind as well: {', '.join(narrow)}; `ninjapool configure --govern` needs none"
    return replace(outcome, notes=(*outcome.notes, note))


# ---------------------------------------------------------------- what is known


def _look(args: Args, directory: Path | None) -> Known:
    machine = probe.machine(args.root, build_dir=directory)
    found = _project(directory) if directory else None
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


def _project(directory: Path) -> Project | None:
    """What the build directory says of its source; None where that is no CMake project now."""
    source = read_cache(directory).get("CMAKE_HOME_DIRECTORY")
    if not source:
        return None
    try:
        return project.read_built(Path(source), directory, os.environ)
    except NinjapoolError:
        return None  # a build needs its ninja files only, so a source that has moved is no error


def _config(found: Project | None) -> Config | None:
    """The ninjapool.toml of the source, or that of this folder where no source is known."""
    return read_config(Path(found.source) if found else Path())


def _options(args: Args, known: Known) -> Options:
    jobs = known.share.policy.jobs
    options = Options(
        environ=dict(os.environ),
        cores=known.share.cpus.value,
        jobs=jobs.value if jobs else None,
        root=args.root,
    )
    if governed.cannot_govern(options) is None:
        return options
    sized = size_build(known.machine, known.project, args.wishes, known.config)
    return replace(options, fallback_jobs=sized.plan.jobs.value)


def _mind(args: Args, known: Known) -> governed.Mind:
    priors = {one.job_class: Prior.from_estimate(one) for one in known.estimates}
    past = known.past
    return governed.Mind(
        decider=partial(_decider, args, known.share),
        knowledge=Forecaster(
            priors,
            history=lambda key: past.forecast(key, priors),
            durations=past.durations,
        ),
        senses=partial(machine_senses, args.root),
        say=partial(_say, args),
    )


def _decider(args: Args, share: Share, cores: int) -> Decider:
    governor = Governor(cores=cores, window=cores, reserve=share.reserve.value)
    herald = Herald(governor, partial(_say, args))
    memory = share.policy.memory
    return herald if memory is None else Ceiling(herald, memory.value)


# ---------------------------------------------------------------- what is said


def _explain(known: Known, launch: driver.Launch) -> int:
    governing = Governing(
        command=launch.command,
        width=launch.cores,
        slots=launch.slots,
        says=launch.says,
        logged=len(known.past.rows),
        measured=len(known.past.pasts),
        pools=known.pools,
        estimates=known.estimates,
    )
    sys.stdout.write(explanation(known.machine, known.project, known.share, governing))
    return 0


def _say(args: Args, text: str) -> None:
    if not args.quiet:
        start = LINE_START if sys.stderr.isatty() else ""
        sys.stderr.write(f"{start}{NAME}: {text}\n")
        sys.stderr.flush()


def _tell(args: Args, outcome: Outcome) -> int:
    if not args.quiet:
        sys.stderr.write(as_text(outcome))
    if args.json_file is not None:
        try:
            write_if_changed(args.json_file, as_json(outcome))
        except OutputError as error:
            if outcome.exit_code == 0:
                raise
            _say(args, str(error))
    return outcome.exit_code
