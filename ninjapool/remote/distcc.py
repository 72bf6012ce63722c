"""Distcc: its hosts and their slots, by `distcc -j` and its host list (distcc(1), 3.4).

Does not know whether a host answers: distcc itself leaves one alone that has failed, for a minute.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.errors import RemoteError
from ninjapool.model import Remote, Setting

if TYPE_CHECKING:
    from ninjapool.remote.ask import Surroundings

USUAL, USUAL_HERE, USUAL_PREPROCESSORS = 4, 2, 8
"""Slots of a host, of `localhost`, and preprocessors here, where the list does not say."""
_HERE = {"localhost": USUAL_HERE, "127.0.0.1": USUAL, "[::1]": USUAL}
"""The second is Debian's own host list, "to test that it works"; with a port it may be a tunnel."""
_LIMIT = re.compile(r"/(\d+)")
_PREPROCESSORS = re.compile(r"--localslots_cpp=(\d+)")
_HINT = "DISTCC_HOSTS='host1/16 host2/16' or ~/.distcc/hosts names them; or say --remote-jobs N"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """A host list, as far as it can be counted."""

    elsewhere: int
    """Slots on other machines."""
    here: int
    """Compiles that distcc runs on this one as a matter of course, or by a daemon here."""
    preprocessors: int


def parse_hosts(text: str) -> Hosts:
    """A host list: the text of DISTCC_HOSTS or of a file, which may have comments."""
    words = [word for line in text.splitlines() for word in line.partition("#")[0].split()]
    preprocessors = USUAL_PREPROCESSORS
    elsewhere = here = 0
    for word in words:
        if found := _PREPROCESSORS.fullmatch(word):
            preprocessors = int(found[1])
        elif word.startswith(("--", "+")):
            continue
        elif usual := _HERE.get(re.split("[/,]", word)[0]):
            here += _limit(word, usual)
        else:
            elsewhere += _limit(word, USUAL)
    return Hosts(elsewhere=elsewhere, here=here, preprocessors=preprocessors)


def _limit(word: str, usual: int) -> int:
    found = _LIMIT.search(word)
    return int(found[1]) if found else usual


def parse_slots(text: str) -> int | None:
    """What `distcc -j` prints; nothing where it finds no host."""
    return int(text) if text.strip().isdecimal() else None


def find(around: Surroundings, jobs: Setting[int] | None) -> Remote:
    """Raises RemoteError where it is not installed, or has no host and no slots were said."""
    program = around.program("distcc")
    text, where = _host_list(around)
    hosts = parse_hosts(text)
    return Remote(
        kind="distcc",
        program=program,
        slots=jobs or _slots(around, program, hosts, where),
        preprocessors=Setting(
            value=hosts.preprocessors, source="distcc's --localslots_cpp, which is 8 unless said"
        ),
        notes=tuple(_notes(where)),
    )


def _host_list(around: Surroundings) -> tuple[str, str]:
    """In the order of distcc(1): the environment, the user's file, the system's."""
    env = around.env
    if "DISTCC_HOSTS" in env:
        return env["DISTCC_HOSTS"], "DISTCC_HOSTS"
    own = Path(env["DISTCC_DIR"]) if "DISTCC_DIR" in env else around.home(".distcc")
    found = around.first_file([own / "hosts", around.root / "etc/distcc/hosts"])
    return (found[0], str(found[1])) if found else ("", "no host list")


def _slots(around: Surroundings, program: str, hosts: Hosts, where: str) -> Setting[int]:
    total = parse_slots(around.ask(program, "-j"))
    # With zeroconf only distcc itself knows the hosts.
    slots = total - hosts.here if total is not None else hosts.elsewhere
    if slots < 1:
        raise RemoteError(f"distcc has no host but this machine ({where})", hint=_HINT)
    told = "distcc -j" if total is not None else "its host list"
    local = f", less {hosts.here} of this machine" if hosts.here and total is not None else ""
    return Setting(value=slots, source=f"{told}{local}, by {where}")


def _notes(where: str) -> list[str]:
    if where != "DISTCC_HOSTS":
        return []
    return ["distcc's hosts are in the environment: set DISTCC_HOSTS for the build as well"]
