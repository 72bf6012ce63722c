"""Which processes a job's signals reach."""

import os
import signal

import pytest

from ninjapool.govern.identify import Identity
from ninjapool.govern.procfs import Stat
from ninjapool.govern.watched import Process, Watched

Sent = list[tuple[str, int, int]]
LEADER = 100


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What would have been signalled: ("group" or "process", pid, signal)."""
    found: Sent = []
    monkeypatch.setattr(os, "killpg", lambda pid, number: found.append(("group", pid, number)))
    monkeypatch.setattr(os, "kill", lambda pid, number: found.append(("process", pid, number)))
    return found


def process(pid: int, group: int) -> Process:
    stat = Stat(b"x", b"S", 1, group, 1, 0.0, 1, 1, 0)
    return Process(pid=pid, stat=stat, job=None, fresh=0.0, looked=0.0)


def job(groups: dict[int, int], *, own_group: bool = True, can_stop: bool = True) -> Watched:
    members = {pid: process(pid, group) for pid, group in groups.items()}
    return Watched(
        id=1,
        leader=members[LEADER],
        driver=7,
        identity=Identity(job_class="compile", key="a.o", output="/b/a.o", source=None, command=1),
        own_group=own_group,
        can_stop=can_stop,
        born=0.0,
        members=members,
    )


def test_one_signal_stops_a_whole_group(sent: Sent) -> None:
    found = job({LEADER: LEADER, 101: LEADER})
    assert found.stop(5.0, "held")
    assert sent == [("group", LEADER, signal.SIGSTOP)]
    assert (found.state, found.stopped_at) == ("held", 5.0)


def test_a_member_with_a_group_of_its_own_is_stopped_too(sent: Sent) -> None:
    job({LEADER: LEADER, 101: 101}).stop(5.0, "paused")
    assert sent == [("group", LEADER, signal.SIGSTOP), ("process", 101, signal.SIGSTOP)]


def test_a_job_in_its_drivers_group_is_stopped_one_by_one(sent: Sent) -> None:
    job({LEADER: 7, 101: 7}, own_group=False).stop(5.0, "held")
    assert sent == [("process", LEADER, signal.SIGSTOP), ("process", 101, signal.SIGSTOP)]


def test_a_console_job_is_never_signalled(sent: Sent) -> None:
    found = job({LEADER: 7}, own_group=False, can_stop=False)
    assert not found.stop(5.0, "held")
    assert sent == []
    assert found.state == "running"


def test_time_stopped_is_counted_once(sent: Sent) -> None:
    found = job({LEADER: LEADER})
    found.stop(5.0, "held")
    found.stop(7.0, "paused")
    found.go_on(9.0)
    assert (found.stopped, found.stopped_at, found.state) == (4.0, None, "running")
    assert sent[-1] == ("group", LEADER, signal.SIGCONT)


def test_an_interrupted_job_meets_the_signal_before_it_goes_on(sent: Sent) -> None:
    found = job({LEADER: LEADER})
    found.stop(5.0, "held")
    found.interrupt(signal.SIGINT, 6.0)
    assert [number for _, _, number in sent] == [signal.SIGSTOP, signal.SIGINT, signal.SIGCONT]


def test_a_kill_spares_the_leader_so_that_it_can_clear_up(sent: Sent) -> None:
    job({LEADER: LEADER, 101: LEADER}).kill(5.0)
    assert sent == [("process", 101, signal.SIGTERM), ("group", LEADER, signal.SIGCONT)]


def test_a_leader_alone_is_never_sent_sigterm(sent: Sent) -> None:
    # Ninja takes that for the user's wish to stop.
    job({LEADER: LEADER}).kill(5.0)
    assert sent == [("group", LEADER, signal.SIGKILL)]


def test_who_may_not_be_signalled_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "killpg", refuse)
    monkeypatch.setattr(os, "kill", refuse)
    found = job({LEADER: LEADER})
    assert not found.stop(5.0, "held")
    assert not found.can_stop
    found.kill_all()


def test_who_is_gone_needs_no_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(os, "killpg", gone)
    monkeypatch.setattr(os, "kill", gone)
    assert job({LEADER: LEADER}).stop(5.0, "held")
    assert job({LEADER: 7}, own_group=False).stop(5.0, "held")
