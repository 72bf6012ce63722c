"""`report`, `top` and `simulate` on the command line."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace

import pytest

from ninjapool import cli
from ninjapool.record import shelf
from ninjapool.record.model import Live, LiveJob
from ninjapool.units import MIB
from tests.recorded import usual

BUILD = """
rule CXX_COMPILER__x
  command = c++
rule CXX_EXECUTABLE_LINKER__x
  command = c++
build lib/a.cpp.o: CXX_COMPILER__x a.cpp
build lib/b.cpp.o: CXX_COMPILER__x b.cpp
build lib/c.cpp.o: CXX_COMPILER__x c.cpp
build bin/program: CXX_EXECUTABLE_LINKER__x lib/a.cpp.o lib/b.cpp.o lib/c.cpp.o
"""


RUNNING = LiveJob(
    key="a.o", job_class="compile", state="running", memory=5, forecast=9, seconds=1.0
)


@pytest.fixture
def built(tmp_path, monkeypatch):
    """A build directory with a record, and the names of its records."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "build"
    folder.mkdir()
    (folder / "build.ninja").write_text(BUILD)
    names = shelf.names(folder, os.environ)
    shelf.keep(names, usual())
    return names


def test_the_last_build_is_written_as_a_page(built, tmp_path, capsys):
    assert cli.main(["report", "build"]) == 0
    assert "lib/b.cpp.o" in (tmp_path / "report.html").read_text()
    assert capsys.readouterr().err == "Wrote report.html\n"


def test_text_goes_to_the_log_and_writes_nothing(built, tmp_path, capsys):
    assert cli.main(["report", "--text"]) == 0
    assert "Memory limited this build" in capsys.readouterr().out
    assert not (tmp_path / "report.html").exists()


def test_a_dash_prints_it(built, tmp_path, capsys):
    assert cli.main(["report", "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith("<!doctype html>")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build"]


def test_a_trace_and_a_page_can_be_asked_for_at_once(built, tmp_path):
    assert cli.main(["report", "--trace", "t.json", "-o", "r.html"]) == 0
    assert json.loads((tmp_path / "t.json").read_text())["traceEvents"]
    assert (tmp_path / "r.html").exists()


def test_the_file_of_a_record_can_be_shown_elsewhere(built, capsys):
    assert cli.main(["report", "--text", str(built.last)]) == 0
    assert "4 jobs in 20 s" in capsys.readouterr().out


def test_the_one_before_the_last(built, capsys):
    assert cli.main(["report", "--text", "--previous"]) == 5
    shelf.keep(built, usual())
    assert cli.main(["report", "--text", "--previous"]) == 0
    assert "4 jobs" in capsys.readouterr().out


def test_without_a_record_the_next_step_is_named(tmp_path, monkeypatch, capsys):
    (tmp_path / "build.ninja").write_text(BUILD)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["report"]) == 5
    assert "hint: ninjapool build" in capsys.readouterr().err


def test_a_file_that_is_no_record_is_named(tmp_path, capsys):
    (tmp_path / "x.json.gz").write_bytes(b"x")
    assert cli.main(["report", str(tmp_path / "x.json.gz")]) == 3
    assert "no record of a build" in capsys.readouterr().err


def test_top_shows_what_runs(built, capsys):
    live = Live(
        frame=usual().frame,
        moment=usual().timeline[0],
        jobs=(RUNNING,),
        done=3,
    )
    shelf.show(built, live)
    assert cli.main(["top", "build"]) == 0
    assert "1 of 2 run, 2 held back, 3 done" in capsys.readouterr().out


def test_top_says_so_where_nothing_runs(built, capsys, monkeypatch):
    monkeypatch.setattr("ninjapool.cli.reporting.WAIT", 0.0)
    assert cli.main(["top", "build"]) == 5
    assert "no build runs in build" in capsys.readouterr().err


# ---------------------------------------------------------------- simulate


def test_simulate_prints_a_table_and_its_own_error(built, capsys):
    assert cli.main(["simulate", "build", "--cpus", "1,4", "--memory", "1G,8G"]) == 0
    out = capsys.readouterr().out
    assert "4 jobs, 26 s of CPU time; 4 from its last build" in out
    assert "The recorded build took 20 s; simulated at its setting" in out
    assert len([line for line in out.splitlines() if " CPU" in line and line[4:9].strip()]) >= 2


def test_simulate_asks_a_price_list(built, tmp_path, capsys):
    (tmp_path / "prices.toml").write_text(
        '[[machine]]\nname = "m"\ncpus = 2\nmemory = "8G"\nper_hour = 3.6\nsource = "bill, 2026"\n'
    )
    words = ["simulate", "build", "--prices", "prices.toml", "--within", "1h", "-o", "s.html"]
    assert cli.main(words) == 0
    assert "The cheapest that builds this in under 1 h 00 min: m" in capsys.readouterr().out
    assert "bill, 2026" in (tmp_path / "s.html").read_text()


def test_simulate_knows_machines_by_name(built, capsys):
    assert cli.main(["simulate", "build", "--on", "github,wsl-8gb-pc"]) == 0
    assert "github-linux-8-core" in capsys.readouterr().out


def test_simulate_tells_programs_all_that_it_tells_people(built, tmp_path, capsys):
    (tmp_path / "prices.toml").write_text(
        '[[machine]]\nname = "m"\ncpus = 2\nmemory = "8G"\nper_hour = 3.6\nsource = "bill"\n'
    )
    words = ["--cpus", "1,4", "--memory", "1M,8G", "--prices", "prices.toml", "--json"]
    assert cli.main(["simulate", "build", *words]) == 0
    told = json.loads(capsys.readouterr().out)
    small, large, *_, priced = told["machines"]
    assert (small["limit"], small["seconds"]) == ("too small", None)
    assert (large["cpus"], large["memory"]) == (1, 8 << 30)
    assert 20 < large["seconds"] < 30
    assert priced["cost"] == pytest.approx(priced["seconds"] / 1000)
    assert told["cheapest"] == "m"
    assert told["checked"]["measured"] == 20
    assert told["origins"] == {"record": 4}


def test_a_folder_whose_name_is_no_text_is_told_to_programs_all_the_same(tmp_path, capfdbinary):
    folder = tmp_path / os.fsdecode(b"b\xff")
    folder.mkdir()
    (folder / "build.ninja").write_text(BUILD)
    assert cli.main(["simulate", str(folder), "--cpus", "2", "--memory", "4G", "--json"]) == 0
    assert json.loads(capfdbinary.readouterr().out)["name"].endswith("b\udcff")


def test_simulate_tells_programs_where_compiles_elsewhere_no_longer_help(built, capsys):
    words = ["--cpus", "2", "--memory", "8G", "--remote-jobs", "1,200", "--json"]
    assert cli.main(["simulate", "build", *words]) == 0
    [row] = json.loads(capsys.readouterr().out)["elsewhere"]
    asked = [cell["remote"] for cell in row["cells"]]
    assert asked == sorted(asked)
    assert {0, 1, 200} <= set(asked)
    assert row["enough"] in asked
    assert row["then"] in ("CPUs", "order", "memory")


def test_simulate_shows_the_two_sides_of_a_build(built, tmp_path, capsys):
    words = ["--cpus", "2", "--memory", "1G,8G", "--remote-jobs", "1,200", "-o", "s.html"]
    assert cli.main(["simulate", "build", *words]) == 0
    out = capsys.readouterr().out
    assert "compiles elsewhere                none                   1                 200" in out
    assert "2 CPUs, 8.0 GiB: beyond " in out
    assert "12 % of a compile's CPU time [35 sources of abseil" in out
    assert "Time by compiles elsewhere" in (tmp_path / "s.html").read_text()


def test_none_elsewhere_is_the_same_build_as_ever(built, capsys):
    asked = ["simulate", "build", "--cpus", "2", "--memory", "8G"]
    cli.main(asked)
    here = re.search(r"2 CPUs +(\S+ s) +\w+", capsys.readouterr().out)
    cli.main([*asked, "--remote-jobs", "50"])
    sides = re.search(r"2 CPUs, 8.0 GiB +(\S+ s) +\w+", capsys.readouterr().out)
    assert here is not None
    assert sides is not None
    assert here[1] == sides[1]


def test_stubs_of_the_last_build_are_not_taken_for_compiles(built, capsys):
    """They tell what is left here of compiles elsewhere, and nothing of compiles here."""
    away = [
        replace(one, job_class="remote", peak=5 * MIB) if one.job_class == "compile" else one
        for one in usual().jobs
    ]
    shelf.keep(built, replace(usual(), jobs=tuple(away)))
    words = ["--cpus", "2", "--memory", "1G", "--remote-jobs", "4"]
    assert cli.main(["simulate", "build", *words]) == 0
    out = capsys.readouterr().out
    assert "1 from its last build" in out
    assert "3 drawn from the profile" in out
    assert "The build that was recorded here had compiles elsewhere, so its error is not" in out


def test_machines_by_name_have_two_sides_as_well(built, capsys):
    words = ["--on", "github-linux-8-core", "--remote-jobs", "50"]
    assert cli.main(["simulate", "build", *words]) == 0
    assert "github-linux-8-core: beyond " in capsys.readouterr().out


def test_simulate_without_a_record_takes_the_profile(tmp_path, capsys):
    (tmp_path / "build.ninja").write_text(BUILD)
    assert cli.main(["simulate", str(tmp_path), "--cpus", "2", "--memory", "4G"]) == 0
    out = capsys.readouterr().out
    assert "4 drawn from the profile" in out
    assert "its error is not known" in out


@pytest.mark.parametrize(
    "words",
    [["--cpus", "0"], ["--cpus", "four"], ["--memory", "much"], ["--memory", "0"],
     ["--within", "soon"], ["--on", "nowhere"], ["--remote-jobs", "many"], ["--remote-jobs", ","],
     ["--remote-jobs", "5", "--within", "1h"], ["--remote-jobs", "5", "--wire", "0"]],
)  # fmt: skip
def test_nonsense_is_refused(built, words):
    assert cli.main(["simulate", "build", *words]) == 2


def test_simulate_needs_a_build_or_a_trace(tmp_path, capsys):
    (tmp_path / "x.gz").write_bytes(b"x")
    assert cli.main(["simulate", str(tmp_path / "x.gz")]) == 3
    assert cli.main(["simulate", str(tmp_path)]) == 5
    assert "no build.ninja" in capsys.readouterr().err


def test_simulate_takes_a_recorded_trace(tmp_path, capsys):
    from examples.replay import shapes, traces  # noqa: PLC0415 - reads its data

    file = tmp_path / "llvm.jsonl.gz"
    traces.save(shapes.llvm(1, tus=12), file)
    assert cli.main(["simulate", str(file), "--cpus", "4", "--memory", "4G"]) == 0
    assert "llvm: 12 jobs" in capsys.readouterr().out
