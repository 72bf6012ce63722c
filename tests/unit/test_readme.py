"""What the README shows is what the program prints."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from ninjapool import cli
from ninjapool.govern.around import held_back
from ninjapool.govern.contract import Calibration, Outcome
from ninjapool.govern.model import Sample
from ninjapool.govern.summary import as_text
from ninjapool.history.calibration import Errors
from ninjapool.report import terminal
from ninjapool.report.analysis import Analysis, Wiring
from ninjapool.size.elsewhere import assumptions
from ninjapool.units import GIB, MIB
from ninjapool.whatif import table
from tests.recorded import NEEDS, job, moment, record, usual
from tests.unit.test_whatif import ANSWER
from tests.unit.test_whatif_sides import LEFT, SIDES

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
COMMAND = "ninjapool configure llvm -B build"
MARK = re.compile(
    r"(<!-- configure on tests/machines/wsl2-8gb -->\n```console\n)(.*?)(```\n)", re.DOTALL
)


DOCTOR = "ninjapool doctor seed.log"
DOCTOR_MARK = re.compile(
    r"(<!-- doctor on tests/machines/wsl2-8gb -->\n```console\n)(.*?)(```\n)", re.DOTALL
)


def llvm(folder: Path) -> None:
    """As much of LLVM 14's tree as is read."""
    source = folder / "llvm"
    source.mkdir()
    (source / "CMakeLists.txt").write_text(
        "set(LLVM_VERSION_MAJOR 14)\nproject(LLVM)\ninclude(HandleLLVMOptions)\n"
    )


def test_the_first_screen_is_true(tmp_path, monkeypatch, capsys, request):
    llvm(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "CMAKE_BUILD_PARALLEL_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    machine = ROOT / "tests" / "machines" / "wsl2-8gb"
    args = [*COMMAND.split()[1:], "--root", str(machine)]
    assert cli.main(args) == 0
    shown = f"$ {COMMAND}\n{capsys.readouterr().out}"
    assert in_the_readme(MARK, shown, request) == shown


def in_the_readme(mark, shown, request):
    """What stands there; it is written anew where that is asked for."""
    text = README.read_text(encoding="utf-8")
    if request.config.getoption("--update-expected"):
        text = mark.sub(lambda match: match[1] + shown + match[3], text)
        README.write_text(text, encoding="utf-8")
    found = mark.search(text)
    assert found is not None
    return found[2]


def test_the_answer_of_the_doctor_is_true(monkeypatch, capsys, request):
    monkeypatch.chdir(ROOT / "tests" / "oom" / "captured")
    monkeypatch.setenv("LC_ALL", "C")
    machine = ROOT / "tests" / "machines" / "wsl2-8gb"
    assert cli.main([*DOCTOR.split()[1:], "--root", str(machine)]) == 10
    shown = f"$ {DOCTOR}\n{capsys.readouterr().out}"
    assert in_the_readme(DOCTOR_MARK, shown, request) == shown


def test_the_output_stands_on_the_first_screen():
    lines = README.read_text(encoding="utf-8").splitlines()
    assert lines.index(f"$ {COMMAND}") < 25


GOVERNED = re.compile(
    r"<!-- governed -->\n```console\n\$ (ninjapool build .*?)\n(.*?)```\n", re.DOTALL
)
NUMBER = re.compile(r"\d+(?:\.\d+)?( (?:KiB|MiB|GiB|TiB|ms|s|min|h)\b)?")
NEAR = Errors(jobs=2, bias=1.0, median=0.01, p95=0.06, above=0)
TOLD = Outcome(
    exit_code=0,
    governed=True,
    seconds=90.0,
    slots="ninja -j6",
    width=3,
    jobs=60,
    peak=GIB,
    least_headroom=GIB,
    held_seconds={"memory": 10.0},
    pauses=1,
    calibration=tuple(
        Calibration(job_class=kind, jobs=2, forecast=GIB, measured=GIB, under=0, errors=NEAR)
        for kind in ("compile", "link", "tablegen", "archive")
    ),
    forecasts={"history": 50, "log": 2},
)


def shape(line):
    """A line without its figures, in the plural, so that runs on other machines look alike."""
    return re.sub(r"(?:# ?)+", "#", NUMBER.sub("#", line)).replace("job ", "jobs ")


def test_the_governed_build_is_shown_as_it_is_told():
    text = README.read_text(encoding="utf-8")
    found = GOVERNED.search(text)
    assert found is not None
    calm = replace(TOLD, pauses=0, forecasts={"history": 8})
    told = as_text(calm) + as_text(TOLD)
    held = f"ninjapool: {held_back(Sample(jobs=(), headroom=GIB))}"
    known = {shape(line) for line in (*told.splitlines(), held)}
    ours = [line for line in found[2].splitlines() if line.startswith("ninjapool:")]
    assert ours
    assert [line for line in ours if shape(line) not in known] == []


def block(name, page=README):
    """The lines of the console block after the marker, without the command."""
    text = page.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name} -->\n```console\n\$ (.*?)\n(.*?)```\n", text, re.DOTALL)
    assert found is not None
    return found[1], found[2].splitlines()


def words(lines):
    """The words of a page, without figures, names and drawings."""
    text = " ".join(lines)
    return set(re.findall(r"[A-Za-z]{3,}", re.sub(r"\S*[./]\S*|\S+:", " ", text)))


def test_the_report_is_shown_as_it_is_told():
    command, lines = block("report")
    assert command.startswith("ninjapool report build --text")
    late = record(
        [job("b.o", 0.0, 10.0), job("a.o", 10.0, 30.0, 512 * MIB, born=0.0)],
        [moment(0.0, 1, why="memory", held=1, pace=0.5), moment(10.0, 1)],
        cores=4,
    )
    waited = Analysis(late, Wiring(needs={"a.o": (), "b.o": ()}))
    usual_one = Analysis(usual(), Wiring(needs=NEEDS))
    told = terminal.page(waited) + terminal.page(usual_one)
    assert words(lines) - words(told.splitlines()) == set()
    assert "Slot time:" in "\n".join(lines)


def test_the_simulation_is_shown_as_it_is_told():
    command, lines = block("simulate")
    assert command.startswith("ninjapool simulate")
    trace = replace(ANSWER, origins=(("history", 5),), checked=None, priced=())
    told = table.text(trace).splitlines()
    assert words(lines) - words(told) == set()


def test_the_two_sides_are_shown_as_they_are_told():
    command, lines = block("sides", ROOT / "docs" / "simulate.md")
    assert command.startswith("ninjapool simulate llvm.jsonl.gz")
    free = assumptions(LEFT, None, 1.0)
    asked = replace(SIDES, origins=(("history", 5),), checked=None, assumed=free)
    told = table.text(asked).splitlines()
    assert words(lines) - words(told) == set()


def test_simulate_agrees_with_the_replays_as_promised():
    text = README.read_text(encoding="utf-8")
    errors = re.findall(r"\| \d+ \| [\d.]+ GiB \| [\d.]+ s \| [\d.]+ s \| ([+-][\d.]+) % \|", text)
    assert len(errors) >= 5
    assert all(abs(float(error)) <= 15 for error in errors)


def test_the_picture_is_there():
    assert (ROOT / "docs" / "report-llvm.png").stat().st_size > 50_000
