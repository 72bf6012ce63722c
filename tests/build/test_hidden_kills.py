"""A kill of ours is kept from the driver until it has nothing else to do, and no longer."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.governing import SOON, Governed, Terminal, alive, ninja_file, state, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.build


def light(hog: Path, count: int, steps: int = 25) -> dict[str, str]:
    return {f"o{n}": f"{hog} {steps} 5 -o o{n}" for n in range(count)}


def heavy(hog: Path, name: str, steps: int = 80) -> dict[str, str]:
    """As a compiler driver and its compiler: only the child holds memory."""
    return {name: f"{hog} {steps} 80 -f 1 -o {name}"}


def children(pid: int) -> list[int]:
    try:
        return [int(w) for w in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def hidden(build: Governed) -> list[int]:
    """Stopped leaders whose children have been killed and not been collected."""
    stopped = [pid for pid in alive(build.name) if state(pid) == "T"]
    found = [(pid, [state(child) for child in children(pid)]) for pid in stopped]
    return [pid for pid, states in found if states and set(states) == {"Z"}]


def failures(text: str) -> list[str]:
    return re.findall(r"FAILED: \[code=\d+\] (\S+)", text)


def has_run_before(text: str, failure: str) -> set[str]:
    """What ninja had finished when it called that one failed."""
    before = text[: re.search(rf"FAILED: \[code=\d+\] {failure} ", text).start()]  # type: ignore[union-attr]
    return set(re.findall(r"RUN (\S+)", before)) - {failure}


def test_ninja_goes_on_after_a_kill_and_learns_of_it_last(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    edges = {**heavy(hog, "big"), **light(hog, 30)}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("killing:40", "build", str(folder))
    code, text = build.finish()
    assert code == 0, text
    assert failures(text) == ["big"]
    assert has_run_before(text, "big") == set(light(hog, 30))
    assert build.outcome["rounds"] == 2
    [kill] = build.outcome["kills"]
    assert (kill["key"], kill["by"], kill["fate"]) == ("big", "governor", "retried")
    assert kill["peak"] > 40 << 20
    assert not kill["alone"]
    assert "big failed for want of memory only" in text
    assert (folder / "big").exists()
    assert build.outcome["jobs"] == 32


def test_ninja_is_told_at_once_of_a_kill_that_would_keep_it_long(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    folder = ninja_file(tmp_path / "b", {**heavy(hog, "big"), **light(hog, 60)})
    build = govern("killing:40", "build", str(folder), environ={"LONG": "big"})
    code, text = build.finish()
    assert code == 0, text
    assert failures(text) == ["big"]
    assert len(has_run_before(text, "big")) < 30
    assert build.outcome["rounds"] == 2
    assert (folder / "big").exists()


def test_a_script_that_nobody_starts_again_learns_of_a_long_one_last_too(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    folder = ninja_file(tmp_path / "b", {**heavy(hog, "big"), **light(hog, 30)})
    script = f"cd {folder} && ninja"
    build = govern("killing:40", "run", "sh", "-c", script, environ={"LONG": "big"})
    code, text = build.finish()
    assert code == 1
    assert has_run_before(text, "big") == set(light(hog, 30))
    assert [kill["fate"] for kill in build.outcome["kills"]] == ["given up"]


def test_several_may_be_hidden_at_a_time(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    edges = {**heavy(hog, "big"), **heavy(hog, "fat"), **light(hog, 30)}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("killing:40", "build", str(folder), environ={"KILLS": "2"})
    wait_for(lambda: len(hidden(build)) == 2)
    code, text = build.finish()
    assert code == 0, text
    assert sorted(failures(text)) == ["big", "fat"]
    assert has_run_before(text, "big") - {"fat"} == set(light(hog, 30))
    assert build.outcome["rounds"] == 2
    assert {kill["key"] for kill in build.outcome["kills"]} == {"big", "fat"}


def test_where_all_slots_hide_kills_they_are_told(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    edges = {**heavy(hog, "big"), **heavy(hog, "fat"), **light(hog, 4)}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("killing:40", "build", str(folder), "-j2", environ={"KILLS": "2"})
    code, text = build.finish()
    assert code == 0, text
    assert {path.name for path in folder.iterdir()} >= set(edges)


def test_a_job_that_is_one_process_is_killed_in_the_open(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    edges = {"big": f"exec {hog} 80 80 -o big", **light(hog, 30)}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("killing:40", "build", str(folder))
    code, text = build.finish()
    assert code == 0, text
    assert "FAILED: [code=137] big" in text
    assert len(has_run_before(text, "big")) < 20
    assert (folder / "big").exists()


def test_a_genuine_error_is_not_delayed_by_a_hidden_kill(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    # It fails well before the others are through.
    edges = {**heavy(hog, "big"), "bad": f"{hog} 90 1 -o bad -x 3", **light(hog, 60)}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("killing:40", "build", str(folder))
    code, text = build.finish()
    assert failures(text) == ["bad", "big"]
    # Ninja's own code is that of the last command that has failed; older ones always say 1.
    assert code in (1, 3)
    assert len(has_run_before(text, "big")) < 60
    assert build.outcome["rounds"] == 1
    assert [kill["fate"] for kill in build.outcome["kills"]] == ["given up"]
    assert not (folder / "bad").exists()


def hiding(folder: Path, hog: Path) -> Path:
    edges = {**heavy(hog, "big"), **{f"o{n}": f"{hog} 3000 5 -o o{n}" for n in range(6)}}
    return ninja_file(folder, edges)


def test_ctrl_c_while_a_kill_is_hidden(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed], terminal: Terminal
) -> None:
    build = govern("killing:40", "build", str(hiding(tmp_path / "b", hog)), terminal=terminal)
    wait_for(lambda: terminal.pump() and hidden(build))
    begin = time.monotonic()
    terminal.type("\x03")
    code, text = build.finish()
    assert time.monotonic() - begin < SOON
    assert code == 130
    assert "interrupted by user" in text
    assert not alive(build.name)


def test_a_friendly_kill_while_a_kill_is_hidden(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    build = govern("killing:40", "build", str(hiding(tmp_path / "b", hog)))
    wait_for(lambda: hidden(build))
    begin = time.monotonic()
    build.process.terminate()
    code, text = build.finish()
    assert time.monotonic() - begin < SOON
    assert code in (130, 143)
    assert "interrupted by user" in text
    assert not alive(build.name)


def test_sigkill_of_ninjapool_while_a_kill_is_hidden_leaves_nothing(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    build = govern("killing:40", "build", str(hiding(tmp_path / "b", hog)))
    wait_for(lambda: hidden(build))
    build.process.kill()
    build.process.wait()
    wait_for(lambda: not alive(build.name), SOON)


def test_a_kill_in_a_nested_ninja_is_hidden_from_all_drivers(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    inner = ninja_file(tmp_path / "b" / "in", {**heavy(hog, "big"), **light(hog, 6)})
    edges = {"done": f"cd {inner} && ninja && touch ../done", **light(hog, 30)}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("killing:40", "build", str(folder))
    code, text = build.finish()
    assert code == 0, text
    # The nested ninja's own lines come all at once, when it has ended.
    assert has_run_before(text, "done") >= set(light(hog, 30))
    assert (inner / "big").exists()
    assert (folder / "done").exists()
    assert build.outcome["rounds"] == 2


def test_a_kill_is_hidden_from_make(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("no make")
    names = " ".join(f"o{n}" for n in range(20))
    rules = [f"all: big {names}", "big:", f"\t{hog} 80 80 -f 1 -o big", "o%:"]
    (tmp_path / "Makefile").write_text("\n".join([*rules, f"\t{hog} 20 5 -o $@", ""]))
    build = govern("killing:40", "run", "make", "-j5")
    code, text = build.finish()
    assert code == 0
    before, _, _ = text.partition("big] Error 1")
    assert before != text
    assert set(re.findall(r"-o (o\d+)", before)) == set(names.split())
    assert build.outcome["rounds"] == 2


@pytest.mark.parametrize("long", ["", "big"], ids=["hidden", "told at once"])
def test_half_an_output_is_not_taken_for_a_whole_one(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed], long: str
) -> None:
    big = f"sh -c 'sleep 0.2; echo half > big; {hog} 80 80 -f 1 || exit 1; echo whole > big' -o big"
    folder = ninja_file(tmp_path / "b", {"big": big, **light(hog, 12, 60)})
    assert govern("at-most:4", "build", str(folder)).finish()[0] == 0
    # Ninja's log has an entry of it now.
    (folder / "big").unlink()
    build = govern("killing:40", "build", str(folder), environ={"LONG": long})
    code, text = build.finish()
    assert code == 0
    assert failures(text) == ["big"]
    assert (folder / "big").read_text() == "whole\n"


def test_gccs_driver_clears_up_and_says_so_when_it_is_told(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed]
) -> None:
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("no g++")
    folder = ninja_file(
        tmp_path / "b", {"big.o": f"{compiler} -c big.cc -o big.o", **light(hog, 16, 30)}
    )
    (folder / "big.cc").write_text('#include <regex>\n#include <iostream>\nstd::regex r{"a*"};\n')
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    build = govern("killing:40", "build", str(folder), environ={"TMPDIR": str(temporary)})
    code, text = build.finish()
    assert code == 0, text
    assert "FAILED: [code=1] big.o" in text
    assert "Killed signal terminated program cc1plus" in text
    assert has_run_before(text, "big.o") == set(light(hog, 16))
    assert (folder / "big.o").exists()
    assert list(temporary.iterdir()) == []
