"""Sccache's distributed mode: its hosts' CPUs, by `sccache --dist-status` (sccache 0.16).

Without that mode sccache is a cache and compiles here. Does not know which scheduler it has.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ninjapool.errors import RemoteError
from ninjapool.model import Remote, Setting

if TYPE_CHECKING:
    from ninjapool.remote.ask import Surroundings

_HINT = "[dist] in sccache's configuration names a scheduler; or say --remote-jobs N"


def parse_status(text: str) -> int | str:
    """The CPUs of all servers; where there are none, why.

    `{"SchedulerStatus":["http://...",{"num_servers":2,"num_cpus":32,"in_progress":0}]}`,
    `{"Disabled":"disabled"}`, `{"NotConnected":["http://...","reason"]}`.
    """
    try:
        status = json.loads(text)
    except ValueError:
        return "no answer"
    if not isinstance(status, dict) or "SchedulerStatus" not in status:
        return _reason(status)
    parts = status["SchedulerStatus"]
    last = parts[-1] if isinstance(parts, list) and parts else None
    cpus = last.get("num_cpus") if isinstance(last, dict) else None
    return cpus if isinstance(cpus, int) and cpus > 0 else "its scheduler has no servers"


def _reason(status: object) -> str:
    if not isinstance(status, dict) or not status:
        return "no answer"
    kind, more = next(iter(status.items()))
    last = more[-1] if isinstance(more, list) and more else more
    return f"{kind}: {last}"


def find(around: Surroundings, jobs: Setting[int] | None) -> Remote:
    """Raises RemoteError where it is not installed, or is no distributed one."""
    program = around.program("sccache")
    return Remote(
        kind="sccache",
        program=program,
        slots=jobs or _slots(around.ask(program, "--dist-status")),
    )


def start_server(around: Surroundings, program: str) -> None:
    """So that the build's first client does not: it would live in the build, and outlive it."""
    around.ask(program, "--start-server")


def _slots(answer: str) -> Setting[int]:
    found = parse_status(answer)
    if isinstance(found, str):
        raise RemoteError(f"sccache does not distribute ({found})", hint=_HINT)
    return Setting(value=found, source="the servers' CPUs, by sccache --dist-status")
