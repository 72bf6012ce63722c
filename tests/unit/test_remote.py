"""Which distributed compiler is there, and how many slots it has: by what the programs answer."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from ninjapool import remote
from ninjapool.cli.remote import launched, launchers
from ninjapool.errors import RemoteError
from ninjapool.model import Setting
from ninjapool.remote import distcc, icecc, recc, sccache
from ninjapool.remote.ask import Surroundings, talk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SAID = Setting(value=40, source="--remote-jobs")

# As icecc-scheduler 1.4.0 answers; the first of the hosts was started with --no-remote.
LISTCS = """\
200-ICECC 1.4.0: 10s uptime, 2 hosts, 0 jobs in queue (0 total).
200 Use 'help' for help and 'quit' to quit.
 local (127.0.0.1:0) [x86_64] speed=0.00 jobs=0/2 load=721
 box1 (127.0.0.1:20246) [x86_64] speed=0.00 jobs=0/12 load=1000
200 done
200 Good Bye!
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine(Surroundings):
    """Programs that answer without being started."""

    answers: Mapping[str, str] = field(default_factory=dict)

    def program(self, kind: str) -> str:
        if kind not in self.answers:
            raise RemoteError(f"{kind} is not on PATH")
        return f"/usr/bin/{kind}"

    def ask(self, *command: str) -> str:
        return self.answers[command[0].rpartition("/")[2]]


def machine(root: Path, answers: Mapping[str, str], **env: str) -> Machine:
    return Machine(env={"HOME": "/home/me", **env}, root=root, source=root / "src", answers=answers)


# ---------------------------------------------------------------- distcc


@pytest.mark.parametrize(
    ("text", "elsewhere", "here", "preprocessors"),
    [
        ("", 0, 0, 8),
        ("red green/16 localhost", 20, 2, 8),
        ("localhost/3 10.0.0.7:3999/20,lzo @box/7 me@box/2:distccd,cpp", 29, 3, 8),
        ("127.0.0.1,lzo [::1]/3 127.0.0.1:3999/20", 20, 7, 8),
        ("--randomize --localslots=1 --localslots_cpp=5 [2001:db8::7]/6", 6, 0, 5),
        ("# the fast ones\nred/8 # not blue\n\ngreen/8\n", 16, 0, 8),
        ("+zeroconf", 0, 0, 8),
    ],
)
def test_a_host_list_is_counted(text: str, elsewhere: int, here: int, preprocessors: int) -> None:
    found = distcc.parse_hosts(text)
    assert (found.elsewhere, found.here, found.preprocessors) == (elsewhere, here, preprocessors)


def test_distcc_tells_its_slots_less_those_of_this_machine(tmp_path: Path) -> None:
    found = distcc.find(
        machine(tmp_path, {"distcc": "22\n"}, DISTCC_HOSTS="localhost red/20"), None
    )
    assert found.slots == Setting(
        value=20, source="distcc -j, less 2 of this machine, by DISTCC_HOSTS"
    )
    assert found.preprocessors is not None
    assert found.preprocessors.value == 8
    assert "set DISTCC_HOSTS for the build as well" in found.notes[0]


def test_the_users_host_file_goes_before_the_systems(tmp_path: Path) -> None:
    for name, hosts in (("etc/distcc/hosts", "red/4"), ("home/me/.distcc/hosts", "red/32")):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(hosts)
    found = distcc.find(machine(tmp_path, {"distcc": ""}), None)
    assert found.slots.value == 32
    assert str(tmp_path / "home/me/.distcc/hosts") in found.slots.source
    assert found.notes == ()


def test_hosts_that_only_zeroconf_knows_are_counted_by_distcc_itself(tmp_path: Path) -> None:
    around = machine(tmp_path, {"distcc": "64\n"}, DISTCC_HOSTS="+zeroconf")
    assert distcc.find(around, None).slots.value == 64


@pytest.mark.parametrize("hosts", ["", "localhost/8", "127.0.0.1/8"])
def test_a_distcc_without_other_hosts_is_none(tmp_path: Path, hosts: str) -> None:
    around = machine(tmp_path, {"distcc": "8\n" if hosts else ""}, DISTCC_HOSTS=hosts)
    with pytest.raises(RemoteError, match="no host but this machine") as refused:
        distcc.find(around, None)
    assert "--remote-jobs" in refused.value.hint
    assert distcc.find(around, SAID).slots == SAID


# ---------------------------------------------------------------- icecream


def test_the_scheduler_tells_who_takes_jobs_of_others() -> None:
    assert icecc.parse_hosts(LISTCS) == [12]
    assert icecc.parse_hosts("") == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('ICECC_SCHEDULER_HOST="build1"', "build1"),
        ("ICECREAM_SCHEDULER_HOST=build1", "build1"),
        ('# ICECC_SCHEDULER_HOST="build1"', None),
        ('ICECC_SCHEDULER_HOST=""', None),
    ],
)
def test_the_daemons_settings_name_the_scheduler(text: str, place: str | None) -> None:
    assert icecc.parse_settings(text) == place


def test_a_scheduler_is_asked_at_the_port_after_its_own(tmp_path: Path) -> None:
    heard = []

    def answer(server: socket.socket) -> None:
        line, _ = server.accept()
        with line:
            heard.append(line.recv(100))
            line.sendall(LISTCS.encode())

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, args=(server,))
        thread.start()
        place = f"127.0.0.1:{server.getsockname()[1] - 1}"
        found = icecc.find(machine(tmp_path, {"icecc": ""}, ICECC_SCHEDULER=place), None)
        thread.join()
    assert heard == [b"listcs\nquit\n"]
    assert found.slots == Setting(
        value=12, source=f"1 host of the scheduler at {place}, by ICECC_SCHEDULER"
    )


def test_where_no_scheduler_answers_the_hint_says_how_to_name_one(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert talk("127.0.0.1", port, "listcs\n") == ""
    around = machine(tmp_path, {"icecc": ""}, USE_SCHEDULER=f"127.0.0.1:{port - 1}")
    with pytest.raises(RemoteError, match="USE_SCHEDULER") as refused:
        icecc.find(around, None)
    assert "ICECC_SCHEDULER=host" in refused.value.hint


# ---------------------------------------------------------------- sccache, recc


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            '{"SchedulerStatus":["http://s/",{"num_servers":2,"num_cpus":32,"in_progress":0}]}',
            32,
        ),
        ('{"SchedulerStatus":["http://s/",{"num_servers":0,"num_cpus":0}]}', "its scheduler has"),
        ('{"Disabled":"disabled"}', "Disabled: disabled"),
        ('{"NotConnected":["http://s/","could not fetch"]}', "NotConnected: could not fetch"),
        ("", "no answer"),
        ("[]", "no answer"),
    ],
)
def test_sccache_tells_its_servers_cpus_or_why_it_has_none(text: str, found: int | str) -> None:
    status = sccache.parse_status(text)
    assert status == found or (isinstance(status, str) and status.startswith(str(found)))


def test_an_sccache_that_is_only_a_cache_is_refused_and_says_why(tmp_path: Path) -> None:
    with pytest.raises(RemoteError, match="Disabled"):
        sccache.find(machine(tmp_path, {"sccache": '{"Disabled":"disabled"}'}), None)


@pytest.mark.parametrize("line", ["server=grpc://x:8980", "RECC_SERVER = grpc://x:8980"])
def test_recc_is_set_up_by_file_and_must_be_told_its_slots(tmp_path: Path, line: str) -> None:
    around = machine(tmp_path, {"recc": ""})
    with pytest.raises(RemoteError, match="no server"):
        recc.find(around, SAID)
    (tmp_path / "home/me/.recc").mkdir(parents=True)
    (tmp_path / "home/me/.recc/recc.conf").write_text(f"# ours\n{line}\n")
    with pytest.raises(RemoteError, match="grpc://x:8980 does not tell its slots"):
        recc.find(around, None)
    assert recc.find(around, SAID).slots == SAID


# ---------------------------------------------------------------- which of them


def test_auto_takes_the_first_that_is_ready(tmp_path: Path) -> None:
    status = '{"SchedulerStatus":["http://s/",{"num_servers":1,"num_cpus":16}]}'
    around = machine(tmp_path, {"distcc": "", "sccache": status}, DISTCC_HOSTS="")
    found = remote.find("auto", around)
    assert (found.kind, found.slots.value) == ("sccache", 16)
    assert remote.find("auto", around, SAID).slots == SAID


def test_where_none_is_ready_each_says_why(tmp_path: Path) -> None:
    around = machine(tmp_path, {"distcc": ""}, DISTCC_HOSTS="")
    with pytest.raises(RemoteError, match=r"no host but this machine.*icecc is not on PATH") as bad:
        remote.find("auto", around)
    assert bad.value.exit_code == 8
    assert "--remote-jobs" in bad.value.hint


def test_a_program_that_is_not_there_or_fails_is_told_from_one_that_answers() -> None:
    around = Surroundings(env={"PATH": "/nowhere"})
    assert around.ask("/nowhere/distcc", "-j") == ""
    with pytest.raises(RemoteError, match="recc is not on PATH"):
        around.program("recc")


@pytest.mark.parametrize(
    ("launcher", "prefix", "kind"),
    [
        ("/usr/bin/distcc", "", "distcc"),
        ("env;CCACHE_PREFIX=/usr/bin/icecc;ccache", "", "icecc"),
        ("/usr/bin/ccache", "distcc", "distcc"),
        ("/usr/bin/ccache", "", None),
        ("", "distcc", None),
    ],
)
def test_a_build_is_sent_away_by_its_launcher(launcher: str, prefix: str, kind: str | None) -> None:
    cache = {"CMAKE_CXX_COMPILER_LAUNCHER": launcher}
    assert launched(cache, {"CCACHE_PREFIX": prefix}) == kind


def test_a_ccache_counts_as_a_launcher_where_the_environment_gives_it_one(tmp_path: Path) -> None:
    found = distcc.find(machine(tmp_path, {"distcc": ""}, DISTCC_HOSTS="red"), None)
    assert launchers(found, {}) == ("distcc",)
    assert launchers(found, {"CCACHE_PREFIX": "/usr/bin/distcc"}) == ("distcc", "ccache")
    assert launchers(None, {"CCACHE_PREFIX": "distcc"}) == ()
