"""A stranger's text: what of it may reach a terminal, and what is only its wrapping."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool.doctor.layout import WIDTH, columns, wrap
from ninjapool.doctor.stamps import stamp
from ninjapool.doctor.text import LONGEST, clean, unprefixed

NOW = 1_795_600_000.0


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\x1b[31mFAILED: \x1b[0ma.o", "FAILED: a.o"),
        (b"\x1b]0;title\x07Killed", "Killed"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1bP1$r\x1b\\x", "x"),
        (b"\x1b]52;c;cm0gLXJmIC8K", "52;c;cm0gLXJmIC8K"),
        ("\u009b2Jx".encode(), "x"),
        ("a\u202eb\u2066c\u2028d".encode(), "abcd"),
        (b"a\x00\x08\x7f\x0bb", "ab"),
        (b"tab\there", "tab here"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        ("a\u05ccb\ue000".encode(), "ab"),  # found by atheris
        ("a\u3000b\u00a0c".encode(), "a b c"),
    ],
)
def test_no_escape_code_is_left(raw, text):
    assert clean(raw) == text


@given(st.binary(max_size=300))
def test_whatever_comes_can_be_printed(raw):
    assert clean(raw.replace(b"\n", b"")).isprintable()


def test_of_a_long_line_beginning_and_end_are_kept():
    text = clean(b"begin" + b"x" * 10_000_000 + b"signal: 9")
    assert text.startswith("begin")
    assert text.endswith("signal: 9")
    assert len(text) <= LONGEST + 10


@pytest.mark.parametrize(
    "prefix",
    [
        "2026-11-20T10:00:00.1234567Z ",
        "2026-11-20T10:00:00.123456Z 01O ",
        "2026-11-20T10:00:00Z ##[error]",
        "[2026-11-20T10:00:00.123Z] ",
        "[ 8772s] ",
        "#12 345.6 ",
        "10:00:00.123 ",
    ],
)
def test_what_a_ci_service_puts_before_a_line_is_taken_away(prefix):
    assert unprefixed(f"{prefix}Killed") == "Killed"


@pytest.mark.parametrize(
    ("line", "uptime", "wall"),
    [
        ("[ 2624.283694] x", 2624.283694, None),
        ("<3>[ 2624.283694] x", 2624.283694, None),
        ("kern  :err   : [ 2624.283694] x", 2624.283694, None),
        ('{"pri": 3, "time": 2624.283694, "msg": "x"}', 2624.283694, None),
        ("3,1234,2624283694,-;x", 2624.283694, None),
        ("[781751.932513] [   T2243] x", 781751.932513, None),
        ("2026-11-23T00:44:02,283694+00:00 x", None, 1_795_394_642.0),
        ("2026-11-23T00:44:02+0100 host kernel: x", None, 1_795_391_042.0),
        ("2026-11-23T00:44:02Z x", None, 1_795_394_642.0),
        ("99999-99-99T99:99:99Z [] 2026-02-31T00:00:00Z", None, None),
        ("no time at all", None, None),
    ],
)
def test_when_it_was(line, uptime, wall):
    found = stamp(line, NOW)
    assert (found.uptime, found.wall) == (uptime, wall)


def test_syslog_has_no_year(monkeypatch):
    november, december = (
        stamp(f"{month} 20 10:00:00 h kernel: x", NOW).wall for month in ("Nov", "Dec")
    )
    assert november is not None
    assert december is not None
    assert NOW - 10 * 86400 < november < NOW
    assert NOW - 366 * 86400 < december < NOW - 300 * 86400


@given(st.text(max_size=200))
def test_any_line_has_a_time_or_none(line):
    stamp(line, NOW)


def test_lines_are_wrapped_by_columns():
    text = "強制終了されたジョブはやり直します。" * 9
    lines = wrap(text, "", "  ")
    assert len(lines) > 1
    assert all(columns(line) <= WIDTH for line in lines)
    assert not any(line.lstrip().startswith("。") for line in lines)
    assert "".join(line.strip() for line in lines) == text


def test_words_stay_whole():
    lines = wrap("word " * 50 + "x" * 200, "- ", "  ")
    assert all(columns(line) <= WIDTH for line in lines[:-1])
    assert lines[-1] == "  " + "x" * 200
