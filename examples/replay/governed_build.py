"""`ninjapool build` with what it knows taken from a file: the replay's way to tell it the past.

    python -m examples.replay.governed_build DIR --knows FILE [--jobs N] [--json FILE]

The file says how fast the replay runs, and may have, by output, the seconds of an earlier build
(as `.ninja_log` has them) or an earlier build's peaks and seconds (as a history has them).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from examples.replay import past
from examples.replay.simulate_policies import PRIORS
from ninjapool.errors import NinjapoolError
from ninjapool.forecast import Forecaster
from ninjapool.govern.build import Mind, build
from ninjapool.govern.contract import BuildRequest, Options
from ninjapool.govern.governor import Governor
from ninjapool.govern.senses import machine_senses
from ninjapool.govern.summary import as_json, as_text
from ninjapool.record import shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ninjapool.forecast import Prior
    from ninjapool.govern.contract import Outcome
    from ninjapool.model import Forecast, JobClass

RESERVE = 100 << 20
"""Bytes that the build leaves free."""


def at_speed(prior: Prior, scale: float) -> Prior:
    """The same prior on a machine on which everything takes `scale` of the time."""
    return replace(prior, seconds=prior.seconds * scale)


def priors(scale: float) -> dict[JobClass, Prior]:
    """What is thought of each class, in the replay's time."""
    return {job_class: at_speed(prior, scale) for job_class, prior in PRIORS.items()}


def history(known: Mapping[str, Any]) -> Callable[[str], Forecast | None]:
    forecasts = {output: past.expected(past.heard(fields)) for output, fields in known.items()}
    return forecasts.get


def mind(knows: Mapping[str, Any]) -> Mind:
    forecaster = Forecaster(
        priors(float(knows["time_scale"])),
        history=history(knows.get("history", {})),
        durations=knows.get("durations", {}),
    )
    return Mind(
        lambda cores, away: Governor(cores=cores, away=away, reserve=RESERVE),
        forecaster,
        partial(machine_senses, Path("/")),
    )


def keep_record(outcome: Outcome, folder: Path, cores: int) -> None:
    """For `ninjapool report`, where any governed build leaves it."""
    if outcome.record is not None and outcome.record.jobs:
        frame = replace(outcome.record.frame, cpus=cores, reserve=RESERVE)
        shelf.keep(shelf.names(folder, os.environ), replace(outcome.record, frame=frame))


def ran(outcome: Outcome) -> dict[str, float]:
    """Seconds in which each job that was not killed was not stopped, by output."""
    jobs = outcome.record.jobs if outcome.record else ()
    return {job.key: job.ran for job in jobs if job.killed is None}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--knows", type=Path, required=True)
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    knows = json.loads(args.knows.read_text(encoding="utf-8"))
    cores = args.jobs or len(os.sched_getaffinity(0))
    options = Options(
        environ=dict(os.environ),
        cores=cores,
        jobs=args.jobs,
        root=Path("/"),
    )
    try:
        outcome = build(BuildRequest(directory=args.folder, options=options), mind(knows))
    except NinjapoolError as problem:
        print(problem, file=sys.stderr)
        return problem.exit_code
    keep_record(outcome, args.folder, cores)
    print(as_text(outcome), file=sys.stderr)
    if args.json:
        told = json.loads(as_json(outcome)) | {"ran": ran(outcome)}
        args.json.write_text(json.dumps(told), encoding="utf-8")
    return outcome.exit_code


if __name__ == "__main__":
    sys.exit(main())
