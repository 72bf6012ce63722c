"""Icecream: the slots of its hosts, as its scheduler's text port tells them (icecream 1.4).

Takes the scheduler to be where the environment or the settings of the daemon say, else here;
one that is only found by broadcast is not asked, and its slots must be said.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ninjapool.errors import RemoteError
from ninjapool.model import Remote, Setting
from ninjapool.remote.ask import talk

if TYPE_CHECKING:
    from ninjapool.remote.ask import Surroundings

PORT = 8765
"""Of the scheduler; its text port is the next."""
_VARIABLES = ("ICECC_SCHEDULER", "USE_SCHEDULER")
"""Ours for who has nothing else, and that of icecream's own programs."""
_FILES = ("etc/icecc/icecc.conf", "etc/default/icecc", "etc/sysconfig/icecream")
_FILED = re.compile(r"""^\s*ICEC\w*_SCHEDULER_HOST=["']?([^"'\s#]+)""", re.MULTILINE)
_HOST = re.compile(r"\([^()]*:(\d+)\).*\sjobs=\d+/(\d+)")
_HINT = "say where its scheduler is, ICECC_SCHEDULER=host[:port], or --remote-jobs N"


def parse_hosts(text: str) -> list[int]:
    """The slots of each host that takes others' jobs, in the answer to `listcs`.

    ` box1 (10.0.0.7:10245) [x86_64] speed=1.00 jobs=0/8 load=3`; port 0 takes none.
    """
    return [int(slots) for port, slots in _HOST.findall(text) if int(port)]


def parse_place(text: str) -> tuple[str, int]:
    """`host` or `host:port`."""
    host, _, port = text.partition(":")
    return host, int(port) if port.isdecimal() else PORT


def parse_settings(text: str) -> str | None:
    """The scheduler that the daemon's settings file names, if it names one."""
    found = _FILED.search(text)
    return found[1] if found else None


def find(around: Surroundings, jobs: Setting[int] | None) -> Remote:
    """Raises RemoteError where it is not installed, or no scheduler answers and none were said."""
    program = around.program("icecc")
    return Remote(kind="icecc", program=program, slots=jobs or _slots(around))


def _slots(around: Surroundings) -> Setting[int]:
    place, where = _scheduler(around)
    host, port = parse_place(place)
    hosts = parse_hosts(talk(host, port + 1, "listcs\nquit\n"))
    if not sum(hosts):
        raise RemoteError(f"no icecream scheduler tells hosts at {place} ({where})", hint=_HINT)
    named = f"{len(hosts)} host{'s' * (len(hosts) != 1)}"
    return Setting(value=sum(hosts), source=f"{named} of the scheduler at {place}, by {where}")


def _scheduler(around: Surroundings) -> tuple[str, str]:
    for name in _VARIABLES:
        if around.env.get(name):
            return around.env[name], name
    return _filed(around) or ("127.0.0.1", "default")


def _filed(around: Surroundings) -> tuple[str, str] | None:
    for name in _FILES:
        found = around.first_file([around.root / name])
        if found and (place := parse_settings(found[0])):
            return place, str(found[1])
    return None
