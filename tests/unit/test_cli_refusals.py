"""What makes no sense is refused aloud, with what to write instead, and never with a traceback."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from ninjapool import cli, state
from ninjapool.cli import streams, words
from ninjapool.cli.args import Args
from ninjapool.cli.history import history
from ninjapool.cli.telling import say
from ninjapool.govern import place
from ninjapool.report.history import known
from tests.pasts import entry


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """A folder with the project `source`, a build directory `built` and an `empty` folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("source", "built", "empty"):
        Path(name).mkdir()
    Path("source/CMakeLists.txt").write_text("project(small LANGUAGES CXX)\n")
    Path("built/build.ninja").write_text("rule r\n  command = :\nbuild a: r\n")

    def call(*args):
        code = cli.main([str(arg) for arg in args])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("build nowhere", 125, "error: nowhere is not there"),
        ("build source/CMakeLists.txt", 125, "error: source/CMakeLists.txt is no folder"),
        ("simulate nowhere", 5, "error: nowhere is not there"),
        ("simulate /dev/null", 5, "error: /dev/null is no folder"),
        ("build built --memory 8", 125, "hint: --memory 8G"),
        ("inspect source --memory 8", 2, "hint: --memory 8G"),
        ("inspect source --compile-memory 3", 2, "hint: --compile-memory 3G"),
        ("simulate built --memory 8", 2, "error: --memory: 8 is no size"),
        ("simulate built -j 0", 2, "error: --jobs: a number of at least 1 is needed, not 0"),
        ("simulate built --within 1h", 2, "hint: --prices FILE, or --on NAMES"),
        ("simulate built --prices none.toml", 3, "none.toml: cannot be read: No such file"),
        ("run sh -c exit", 125, "hint: the command stands after --: ninjapool run -- sh -c exit"),
        ("doctor --logs-only", 2, "error: --logs-only: which log?"),
        ("doctor --root nowhere", 4, "nowhere is no folder, so no machine was recorded there"),
        ("history prune source --days -1", 2, "--days: a number of at least 0 is needed, not -1"),
        ("history show source --top -1", 2, "--top: a number of at least 0 is needed, not -1"),
        ("configure source -B a -- -B b", 2, "two build directories are given: -B a and, for"),
    ],
)
def test_what_means_nothing_is_refused(run, line, code, message):
    got, _, err = run(*line.split())
    assert (got, "Traceback" in err) == (code, False)
    assert message in err


@pytest.mark.parametrize("line", ["build nowhere", "build built -- -t targets"])
def test_what_builds_nothing_leaves_no_history(run, line):
    run(*line.split())
    assert not list(state.folder(os.environ).rglob("*.sqlite"))


def test_the_same_build_directory_twice_is_one(run):
    code, _, err = run("configure", "source", "-B", "a", "--", "-B", f"{Path.cwd()}/a", "--version")
    assert code == 0, err


def test_a_build_file_without_an_edge_is_no_missing_one(run):
    Path("empty/build.ninja").write_text("garbage\n")
    code, _, err = run("simulate", "empty")
    assert code == 3
    assert "empty/build.ninja: there is nothing to build in it" in err


def test_a_link_to_the_build_directory_is_no_second_one(run):
    Path("link").symlink_to("built")
    assert place.usual(Path()) == Path("built")


@pytest.mark.parametrize("days", ["99999999999999", "0"])
def test_any_number_of_days_can_be_asked_for(run, days):
    Path("shared.jsonl").write_text("")
    run("history", "import", "source", "--file", "shared.jsonl")
    code, out, _ = run("history", "prune", "source", "--days", days)
    assert (code, out) == (0, "0 edges removed\n")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nonsense", "no JSON"),
        ("{}", "it has no 'class'"),
        (json.dumps({"class": "cake"}), "class cake"),
    ],
)
def test_a_line_that_is_no_edge_is_told_in_words(run, line, reason):
    Path("shared.jsonl").write_text(f"{line}\n")
    code, _, err = run("history", "import", "source", "--file", "shared.jsonl")
    assert code == 3
    assert f"shared.jsonl:1: not an edge of a history: {reason}\n" in err


def test_history_of_a_source_shows_it():
    assert words.spelled_out(["history", "/"]) == ["history", "show", "/"]
    assert words.spelled_out(["history", "exprot"]) == ["history", "exprot"]
    assert words.spelled_out(["history", "path", "/"]) == ["history", "path", "/"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("term", "can"), [("xterm", True), ("dumb", False), (None, False)])
def test_a_simple_terminal_gets_no_escape_codes(monkeypatch, term, can):
    if term is None:
        monkeypatch.delenv("TERM", raising=False)
    else:
        monkeypatch.setenv("TERM", term)
    assert streams.can_draw(Terminal()) is can
    assert not streams.can_draw(io.StringIO())


def test_a_file_name_cannot_move_the_cursor(capsys):
    hostile = "\x1b[31mred\x1b]0;title\x07"
    page = known([entry(hostile, peak=1)], hostile, hostile, 1, top=3)
    say(Args(command=history), f"{hostile} was killed")
    shown = page + capsys.readouterr().err
    assert "red" in shown
    assert not {"\x1b", "\x07"} & set(shown)
