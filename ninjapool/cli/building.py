"""The commands that run a build: `build`, `run` and what the ninja shim calls."""

from __future__ import annotations

import os
import posixpath
import sys
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.cli import streams, unforeseen
from ninjapool.cli.known import Known, look, mind, options
from ninjapool.cli.recording import Recording
from ninjapool.cli.remote import start_server
from ninjapool.cli.telling import say
from ninjapool.errors import NinjapoolError, OutputError, UsageError, WrapperError
from ninjapool.files import write_if_changed
from ninjapool.govern import build as governed
from ninjapool.govern import driver, place
from ninjapool.govern.contract import BuildRequest, RunRequest
from ninjapool.govern.ninjas import SHIM
from ninjapool.govern.summary import as_json, as_text
from ninjapool.report.governing import Governing, explanation
from ninjapool.report.live import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from ninjapool.cli.args import Args
    from ninjapool.govern.contract import Outcome

_DRIVERS = ("ninja", SHIM, "cmake", "make", "gmake")


def build(args: Args) -> int:
    return as_timeout_does(partial(_build if args.preset is None else _build_preset, args))


def run(args: Args) -> int:
    return as_timeout_does(partial(_run, args))


def as_timeout_does(command: Callable[[], int]) -> int:
    """Its exit code; our own errors are 125, as the build may end with any other."""
    try:
        return command()
    except (WrapperError, BrokenPipeError):
        raise
    except NinjapoolError as error:
        raise WrapperError(str(error), hint=error.hint) from error
    except OSError as error:
        problem = unforeseen.told(error)
        raise WrapperError(str(problem), hint=problem.hint) from error


# ---------------------------------------------------------------- build


def _build(args: Args) -> int:
    directory = args.directory or place.usual(Path())
    known = look(args, directory)
    request = _request(args, directory, known)
    if args.explain:
        return _explain(known, driver.for_build(request))
    if args.directory is None and directory != Path():
        say(args, f"building {directory}")
    if args.clean_first and (code := _clean(args, request, known)) != 0:
        return code
    start_server(directory)
    with closing(_recording(args, known)) as recording:
        thinks = mind(args, known, recording.publish)
        return _tell(args, known, _kept(args, recording, governed.build(request, thinks)))


def _request(args: Args, directory: Path, known: Known) -> BuildRequest:
    return BuildRequest(
        directory=directory,
        targets=tuple(args.targets),
        config=args.config,
        verbose=args.verbose,
        native=tuple(args.rest),
        options=options(args, known),
    )


def _clean(args: Args, request: BuildRequest, known: Known) -> int:
    """As cmake does it: the target `clean`, before the others."""
    cleaning = replace(request, targets=("clean",))
    return governed.build(cleaning, mind(args, known)).exit_code


def _build_preset(args: Args) -> int:
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


# ---------------------------------------------------------------- run


def _run(args: Args) -> int:
    if not args.rest:
        raise UsageError("which command? it stands after --", hint="ninjapool run -- CMD ...")
    here = Path.cwd()
    folder = place.of_command(args.rest, here, os.environ).folder
    known = look(args, folder)
    request = RunRequest(command=tuple(args.rest), folder=here, options=options(args, known))
    if args.explain:
        return _explain(known, driver.for_run(request))
    start_server(folder)
    with closing(_recording(args, known)) as recording:
        thinks = mind(args, known, recording.publish)
        return _tell(args, known, _kept(args, recording, governed.run(request, thinks)))


# ---------------------------------------------------------------- what is said


def _recording(args: Args, known: Known) -> Recording:
    limit = known.share.policy.memory
    return Recording(
        os.environ,
        cpus=known.share.cpus.value,
        limit=limit.value if limit else None,
        reserve=known.share.reserve.value,
        watch=args.watch and not args.quiet,
    )


def _kept(args: Args, recording: Recording, outcome: Outcome) -> Outcome:
    """A build that only cleaned leaves the record of what was made."""
    if _only_cleans(args):
        recording.close()
        return outcome
    return recording.keep(outcome)


def _only_cleans(args: Args) -> bool:
    """Of a script nobody knows what else it does when it is told to clean."""
    asked = args.targets or args.rest[-1:]
    is_driver = posixpath.basename(next(iter(args.rest), "")) in _DRIVERS
    return asked == ["clean"] and (is_driver or len(args.rest) <= 1)


def _explain(known: Known, launch: driver.Launch) -> int:
    governing = Governing(
        command=launch.command,
        width=launch.cores,
        away=launch.away,
        elsewhere=f"{known.remote.kind}: {known.remote.slots.source}" if known.remote else "",
        slots=launch.slots,
        says=launch.says,
        logged=len(known.durations),
        measured=len(known.chronicle.past),
        pools=known.pools,
        estimates=known.estimates,
    )
    sys.stdout.write(explanation(known.machine, known.project, known.share, governing))
    return 0


def _tell(args: Args, known: Known, outcome: Outcome) -> int:
    """Its exit code, after the summary, and after what was measured is kept for the next build."""
    known.chronicle.close(outcome.kills)
    if pools := known.narrow_pools(outcome.width or 0) if outcome.jobs > 1 else ():
        note = (
            f"job pools bind as well: {', '.join(pools)}; `ninjapool configure --govern` has none"
        )
        outcome = replace(outcome, notes=(*outcome.notes, note))
    if not args.quiet:
        summary = "".join(f"{plain(line)}\n" for line in as_text(outcome).splitlines())
        streams.tell(summary + _diagnosis(known, outcome))
    if args.json_file is not None:
        _write_json(args, outcome)
    return outcome.exit_code


def _diagnosis(known: Known, outcome: Outcome) -> str:
    """Where memory is why it failed."""
    if outcome.exit_code == 0 or all(kill.fate == "retried" for kill in outcome.kills):
        return ""
    # Takes 15 ms, which no other build needs to wait for.
    from ninjapool.cli.failed import diagnosis  # noqa: PLC0415

    return diagnosis(known, outcome)


def _write_json(args: Args, outcome: Outcome) -> None:
    """Where it cannot be written, a build that failed has its own exit code all the same."""
    assert args.json_file is not None
    try:
        write_if_changed(args.json_file, as_json(outcome))
    except OutputError as error:
        if outcome.exit_code == 0:
            raise
        say(args, str(error))
