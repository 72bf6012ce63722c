"""Every log of which the cause is known, alone; and pages and tables as a user sees them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from ninjapool import cli
from ninjapool.units import KIB, MIB
from tests.oom.fuzz import look
from tests.oom.score import HERE, Case, cases, diagnosed, table

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = cases()
SEED = HERE / "captured" / "seed.log"
WSL = HERE.parent / "machines" / "wsl2-8gb"
PAIRS = sorted(path.stem for path in (HERE / "captured").glob("*.dmesg"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_cause_of_each_log_is_named(case: Case) -> None:
    assert diagnosed(case.path).cause == case.truth


def test_no_log_is_forgotten() -> None:
    there = {
        f"{path.parent.name}/{path.name}" for path in HERE.glob("*/*.*") if path.suffix != ".pyc"
    }
    assert there == {f"{case.group}/{case.name}" for case in CASES}


def test_thirty_and_more_real_failures_have_no_sign_of_memory() -> None:
    negatives = [case for case in CASES if case.group == "negatives"]
    assert len(negatives) >= 30
    assert [case.name for case in negatives if diagnosed(case.path).is_memory] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("piece", [7, 1024])
def test_the_pieces_in_which_a_log_arrives_change_nothing(case: Case, piece: int) -> None:
    data = case.path.read_bytes()
    assert look(data, piece) == look(data)


@pytest.mark.parametrize("name", PAIRS)
def test_what_the_kernel_wrote_proves_what_the_output_says(name: str) -> None:
    output, kernel = (HERE / "captured" / f"{name}{suffix}" for suffix in (".out", ".dmesg"))
    found = diagnosed(output, kernel)
    assert (found.cause, found.proven, found.by) == ("cgroup", True, "kernel")
    [(kill, size)] = [(death.pid, death.size) for death in found.deaths if death.pid]
    assert kill
    # No process can have held more than the limit that the capture's first line states.
    limit = int(output.read_text().partition("LIMIT=")[2].partition("MiB")[0])
    assert size is not None
    assert size <= limit * MIB
    assert found.limit in (None, limit * MIB)


def test_the_sizes_of_the_seed_are_those_of_the_log() -> None:
    found = diagnosed(SEED)
    kib = (572228, 656452, 514892, 321836, 282628, 317520, 413612, 440584)
    assert [death.size for death in found.deaths] == [size * KIB for size in kib]
    assert Counter(death.program for death in found.deaths) == {"cc1plus": 8}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_seed_is_answered(
    language: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    expect: Callable[[str, str], None],
) -> None:
    monkeypatch.chdir(SEED.parent)
    for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", {"en": "en_US.UTF-8", "ja": "ja_JP.UTF-8"}[language])
    assert cli.main(["doctor", SEED.name, "--root", str(WSL)]) == 10
    expect(f"doctor/seed.{language}.txt", capsys.readouterr().out)


@pytest.mark.parametrize(
    "name",
    [
        "captured/link_gcc_bfd_cgroup.dmesg",
        "captured/gxx_ulimit_v_200.out",
        "captured/ninja113_gcc.out",
        "reported/kernel_4_global.log",
        "reported/systemd_oomd_swap.log",
        "reported/gcc_m32.log",
        "reported/msvc_c3859.log",
        "reported/make_fork.log",
        "negatives/ctest_bad_alloc.log",
    ],
)
def test_pages(name: str, expect: Callable[[str, str], None]) -> None:
    path = HERE / name
    expect(f"doctor/{path.stem}.txt", look(path.read_bytes()))


def test_a_diagnosis_for_programs(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    expect: Callable[[str, str], None],
) -> None:
    monkeypatch.chdir(HERE / "reported")
    assert cli.main(["doctor", "kernel_3_cgroup.log", "--logs-only", "--json"]) == 10
    expect("doctor/kernel_3_cgroup.json", capsys.readouterr().out)


def test_the_table_of_precision_and_recall(expect: Callable[[str, str], None]) -> None:
    expect("doctor/score.txt", table())
