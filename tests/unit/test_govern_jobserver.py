import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool.errors import WrapperError
from ninjapool.govern.driver import makeflags, outer_jobserver, width_of
from ninjapool.govern.jobserver import SETTLED, Form, JobServer, inherited, is_alive

FORMS: tuple[Form, ...] = ("fifo", "pipe")


@pytest.mark.parametrize("form", FORMS)
def test_one_slot_is_each_clients_own(form: Form) -> None:
    server = JobServer(form, 8)
    assert server.free() == 7
    server.close()


@pytest.mark.parametrize("form", FORMS)
def test_makeflags_begin_with_a_blank_and_name_the_channel_once(form: Form) -> None:
    server = JobServer(form, 4)
    assert server.flags.startswith(" -j4 ")
    assert server.flags.count("--jobserver-auth=") == 1
    auth = inherited(server.flags)
    assert auth is not None
    assert is_alive(auth)
    server.close()
    assert not is_alive(auth)


def test_the_fifo_is_ours_alone_and_goes_with_the_server() -> None:
    server = JobServer("fifo", 4)
    assert server.folder is not None
    assert (server.folder / "slots").is_fifo()
    assert server.folder.stat().st_mode & 0o777 == 0o700
    assert not server.descriptors
    server.close()
    assert not server.folder.exists()


def test_a_pipes_ends_for_clients_go_on_blocking() -> None:
    server = JobServer("pipe", 4)
    reading, writing = server.descriptors
    assert os.get_blocking(reading)
    assert os.get_blocking(writing)
    server.close()


@pytest.mark.parametrize("form", FORMS)
def test_lost_tokens_are_replaced_after_a_while(form: Form) -> None:
    server = JobServer(form, 5)
    server._take(3)  # clients that were killed took them along
    assert server.adjust(in_use=0, now=10.0) == 0
    assert server.adjust(in_use=0, now=10.0 + SETTLED) == 3
    assert server.free() == 4
    server.close()


@pytest.mark.parametrize("form", FORMS)
def test_extra_tokens_are_taken_out_after_a_while(form: Form) -> None:
    server = JobServer(form, 5)
    server._put(6)
    server.adjust(in_use=0, now=10.0)
    assert server.adjust(in_use=0, now=10.0 + SETTLED) == -6
    assert server.free() == 4
    server.close()


def test_a_token_that_is_only_on_its_way_is_left_alone() -> None:
    server = JobServer("fifo", 5)
    server._take(1)
    server.adjust(in_use=0, now=10.0)
    server._put(1)
    server.adjust(in_use=0, now=10.0 + SETTLED / 2)
    server._take(1)
    assert server.adjust(in_use=0, now=10.0 + SETTLED) == 0
    server.close()


def test_tokens_in_use_are_not_replaced() -> None:
    server = JobServer("fifo", 5)
    server._take(2)
    for step in range(5):
        assert server.adjust(in_use=2, now=10.0 + step) == 0
    server.close()


def test_a_client_that_has_not_joined_is_noticed() -> None:
    server = JobServer("fifo", 4)
    server.adjust(in_use=3, now=1.0)
    server.adjust(in_use=3, now=1.0 + SETTLED)
    noticed = [server.overdrawn]
    server.adjust(in_use=4, now=2.0)
    server.adjust(in_use=4, now=2.0 + SETTLED)
    noticed.append(server.overdrawn)
    assert noticed == [False, True]
    server.close()


def test_there_is_always_a_slot() -> None:
    server = JobServer("fifo", 0)
    assert (server.slots, server.free()) == (1, 0)
    server.close()


def test_a_path_with_blanks_is_passed_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blank = tmp_path / "a b"
    blank.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(blank))
    server = JobServer("fifo", 2)
    assert " " not in str(server.folder)
    assert list(blank.iterdir()) == []
    server.close()


def test_no_folder_at_all_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> str:
        raise OSError("read-only")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    with pytest.raises(WrapperError, match="cannot make a jobserver"):
        JobServer("fifo", 2)


# ---------------------------------------------------------------- MAKEFLAGS


@pytest.mark.parametrize(
    ("flags", "auth"),
    [
        ("", None),
        (" -j4", None),
        (" -j4 --jobserver-auth=fifo:/tmp/x", "fifo:/tmp/x"),
        ("--jobserver-fds=3,4 -j", "3,4"),
        ("--jobserver-auth=3,4 --jobserver-auth=fifo:/x", "fifo:/x"),
    ],
)
def test_the_last_jobserver_wins(flags: str, auth: str | None) -> None:
    assert inherited(flags) == auth


@pytest.mark.parametrize("auth", ["fifo:/nowhere", "97,98", "x", "-2,-2", "3"])
def test_a_jobserver_that_is_gone_is_not_alive(auth: str) -> None:
    if auth != "3":
        assert not is_alive(auth)
    assert outer_jobserver({"MAKEFLAGS": f" -j2 --jobserver-auth={auth}x"}) is None


def test_other_flags_of_make_are_kept_and_a_dead_jobserver_is_not() -> None:
    own = " -j4 --jobserver-auth=fifo:/x"
    before = "ks -j8 --jobserver-auth=3,4 --no-print-directory"
    assert makeflags(own, before) == " -ks --no-print-directory -j4 --jobserver-auth=fifo:/x"
    assert makeflags(own, "") == own
    assert makeflags(own, "CC=gcc") == " CC=gcc -j4 --jobserver-auth=fifo:/x"


@given(st.text(alphabet="njk -=", max_size=20))
def test_the_first_word_never_turns_the_jobserver_off(before: str) -> None:
    flags = makeflags(" -j4 --jobserver-auth=fifo:/x", before)
    first = flags.split()[0]
    assert first.startswith("-") or "=" in first
    assert inherited(flags) == "fifo:/x"


@pytest.mark.parametrize(
    ("flags", "width"), [(None, None), ("", None), ("-j8", 8), ("k -j", 0), ("-k", None)]
)
def test_a_width_in_makeflags_is_the_users_own(flags: str | None, width: int | None) -> None:
    assert width_of(flags) == width


@pytest.mark.parametrize("form", ["pipe", "fifo"])
def test_more_slots_than_a_pipe_has_room_for_do_not_block(form: Form) -> None:
    """`-j 100000` waited for ever for somebody to take a token."""
    server = JobServer(form, 10**11)
    assert 1000 < server.free() == server.slots - 1
    server.adjust(0, 0.0)
    server.adjust(0, 100.0)
    assert server.free() == server.slots - 1
    server.close()
