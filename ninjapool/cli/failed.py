"""What is said after a governed build that memory has made fail."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ninjapool.doctor.after import after_build, death_of
from ninjapool.doctor.language import catalogue
from ninjapool.govern.summary import NAME
from ninjapool.size import any_project

if TYPE_CHECKING:
    from ninjapool.cli.known import Known
    from ninjapool.govern.contract import Outcome


def diagnosis(known: Known, outcome: Outcome) -> str:
    """Of the jobs that were killed and not, or not again, run after it."""
    lost = [kill for kill in outcome.kills if kill.fate != "retried"]
    told = after_build(
        [death_of(kill.name, kill.job_class, kill.peak) for kill in lost],
        alone=all(kill.fate == "too big" for kill in lost),
        machine=known.machine,
        project=None if known.project == any_project() else known.project,
    )
    speak = catalogue(os.environ).render
    return "".join(f"{NAME}: {speak(message)}\n" for message in told)
