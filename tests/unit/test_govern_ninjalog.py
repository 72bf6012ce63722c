import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ninjapool.govern.ninjalog import (
    LogMark,
    edges_since,
    finished_since,
    log_of,
    mark,
    parse_compdb_line,
    parse_log,
)

LOG = "# ninja log v7\n0\t12\t1700\tlib/a.o\tabc\n3\t40\t1701\tbin/with blank\tdef\n"


def test_outputs_are_the_fourth_column() -> None:
    assert parse_log(LOG) == frozenset({"lib/a.o", "bin/with blank"})


@given(st.text(max_size=200))
def test_nonsense_is_no_output(text: str) -> None:
    assert isinstance(parse_log(text), frozenset)


def test_only_what_was_written_since_counts(tmp_path: Path) -> None:
    log = tmp_path / ".ninja_log"
    log.write_text(LOG)
    before = mark(log)
    with log.open("a") as file:
        file.write("0\t5\t1702\tnew.o\tfff\n")
    assert finished_since(log, before) == frozenset({"new.o"})


def test_a_log_that_was_made_anew_counts_whole(tmp_path: Path) -> None:
    log, anew = tmp_path / ".ninja_log", tmp_path / "recompacted"
    log.write_text(LOG * 3)
    before = mark(log)
    anew.write_text(LOG)
    anew.rename(log)
    assert finished_since(log, before) == frozenset({"lib/a.o", "bin/with blank"})


def test_a_command_counts_once_whatever_it_writes(tmp_path: Path) -> None:
    log = tmp_path / ".ninja_log"
    before_all = mark(log)
    log.write_text("# ninja log v5\n0\t9\t7\told.o\taa\n")
    before = mark(log)
    with log.open("a") as file:
        file.write("0\t5\t7\ta.h\tbb\n0\t5\t7\ta.cpp\tbb\n1\t6\t7\tb.o\tcc\n")
    assert edges_since(log, before) == 2
    assert edges_since(log, before_all) == 3


def test_a_log_made_anew_does_not_tell_how_many(tmp_path: Path) -> None:
    log, anew = tmp_path / ".ninja_log", tmp_path / "anew"
    log.write_text(LOG)
    before = mark(log)
    anew.write_text(LOG)
    anew.rename(log)
    assert edges_since(log, before) == 0


def test_no_log_means_that_nothing_has_succeeded(tmp_path: Path) -> None:
    log = tmp_path / ".ninja_log"
    assert mark(log) == LogMark(0, 0)
    assert finished_since(log, mark(log)) == frozenset()


def test_a_log_that_cannot_be_read_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / ".ninja_log").mkdir()
    assert finished_since(tmp_path / ".ninja_log", LogMark(0, 0)) is None


def test_the_log_is_in_builddir(tmp_path: Path) -> None:
    assert log_of(tmp_path, None) == tmp_path / ".ninja_log"
    (tmp_path / "build.ninja").write_text("ninja_required_version = 1.5\nbuilddir = out\n")
    assert log_of(tmp_path, None) == tmp_path / "out" / ".ninja_log"
    assert log_of(tmp_path, "other.ninja") == tmp_path / ".ninja_log"


@given(st.text(max_size=50))
def test_a_line_of_the_compilation_database_is_read_back(text: str) -> None:
    assert parse_compdb_line(f'    "command": {json.dumps(text)},\n') == ("command", text)


def test_other_lines_say_nothing() -> None:
    for line in ("[", "  {", "  },", '"x"', '"broken": "', "", 'directory: "x"'):
        assert parse_compdb_line(line) == ("", "")
