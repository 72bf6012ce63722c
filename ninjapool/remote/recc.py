"""Recc, a client of Remote Execution services: where it is set up, and that is all it tells.

No such service tells its slots: REAPI has no call for that. So they must be said.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ninjapool.errors import RemoteError
from ninjapool.model import Remote

if TYPE_CHECKING:
    from ninjapool.model import Setting
    from ninjapool.remote.ask import Surroundings

_SERVER = re.compile(r"^\s*(?:RECC_)?server\s*=\s*(\S+)", re.MULTILINE | re.IGNORECASE)


def parse_settings(text: str) -> str | None:
    """The server that a recc.conf names, if it does."""
    found = _SERVER.search(text)
    return found[1] if found else None


def find(around: Surroundings, jobs: Setting[int] | None) -> Remote:
    """Raises RemoteError where it is not installed, has no server, or no slots were said."""
    program = around.program("recc")
    server = around.env.get("RECC_SERVER") or _filed(around)
    if server is None:
        hint = "RECC_SERVER=host:port, or server=host:port in ~/.recc/recc.conf"
        raise RemoteError("recc has no server", hint=hint)
    if jobs is None:
        hint = "say how many compiles it may take at once: --remote-jobs N"
        raise RemoteError(f"recc's server {server} does not tell its slots", hint=hint)
    return Remote(kind="recc", program=program, slots=jobs)


def _filed(around: Surroundings) -> str | None:
    """By recc's README: in the folder of the build, the user's, the system's."""
    folders = [around.source / "recc", around.home(".recc"), around.root / "etc/recc"]
    found = around.first_file([folder / "recc.conf" for folder in folders])
    return parse_settings(found[0]) if found else None
