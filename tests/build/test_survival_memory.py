"""Memory runs out all the same: in a real memory cgroup, under the kernel's own killer."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.governing import (
    Governed,
    MemoryGroup,
    alive,
    comm,
    members,
    ninja_file,
    parent_of,
    state,
    wait_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.build, pytest.mark.cgroup]

MIB = 1 << 20


def outputs(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("o*")}


def hogs(hog: Path, *more: str) -> dict[str, str]:
    """Four compiles by output, each of 70 MiB, of which two fit into the group."""
    return {f"o{n}": " ".join([f"{hog} 60 70", *more, f"-o o{n}"]) for n in range(4)}


def test_the_kernel_kills_a_job_and_the_build_succeeds(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed], group: MemoryGroup
) -> None:
    group.limit(200 * MIB)
    edges = hogs(hog)
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("at-most:4", "build", str(folder), before=group.entering)
    code, text = build.finish()
    assert code == 0
    assert outputs(folder) == set(edges)
    assert group.kills() >= 1
    assert build.outcome["rounds"] >= 2
    assert {kill["by"] for kill in build.outcome["kills"]} == {"kernel"}
    assert "killed for memory, run again: o" in text
    # What ninja has called failed is put right before ninja starts anew.
    assert text.index("FAILED") < text.index("failed for want of memory only")
    assert text.index("run again") < text.rindex("RUN o")


def pairs_in_line(hog: Path, pairs: int) -> dict[str, tuple[str, str]]:
    """Output -> the command that makes it, and the outputs of the pair before it."""
    names = [[f"o{pair}a", f"o{pair}b"] for pair in range(pairs)]
    return {
        name: (f"{hog} 30 120 -o {name}", " ".join(before))
        for before, pair in zip([[], *names], names, strict=False)
        for name in pair
    }


def by_ninja(folder: Path, edges: dict[str, tuple[str, str]]) -> list[str]:
    ninja_file(folder, {name: command for name, (command, _) in edges.items()})
    text = (folder / "build.ninja").read_text()
    for name, (_, needs) in edges.items():
        text = text.replace(f"build {name}: run", f"build {name}: run {needs}")
    (folder / "build.ninja").write_text(text)
    return ["build", str(folder)]


def by_make(folder: Path, edges: dict[str, tuple[str, str]]) -> list[str]:
    folder.mkdir()
    rules = [f"{name}: {needs}\n\t{command}" for name, (command, needs) in edges.items()]
    text = "\n".join([f"all: {' '.join(edges)}", *rules])
    (folder / "Makefile").write_text(text + "\n")
    return ["run", "make", "-j2", "-C", str(folder)]


def by_nested_ninja(folder: Path, edges: dict[str, tuple[str, str]]) -> list[str]:
    """As an ExternalProject or LLVM's runtimes: nothing of it is in the outer ninja's log."""
    by_ninja(folder, edges)
    outer = ninja_file(folder.parent / "outer", {"done": f"ninja -C {folder} && touch done"})
    return ["build", str(outer)]


@pytest.mark.parametrize("driver", [by_ninja, by_make, by_nested_ninja])
def test_a_long_build_may_lose_many_jobs_as_long_as_others_get_finished(
    tmp_path: Path,
    hog: Path,
    govern: Callable[..., Governed],
    group: MemoryGroup,
    driver: Callable[[Path, dict[str, tuple[str, str]]], list[str]],
) -> None:
    """Of each pair the kernel kills one, and so many times the driver is started again."""
    group.limit(200 * MIB)
    edges = pairs_in_line(hog, 12)
    build = govern("at-most:2", *driver(tmp_path / "b", edges), before=group.entering)
    code, text = build.finish()
    assert code == 0, text
    assert outputs(tmp_path / "b") == set(edges)
    # A busy machine may start one of a pair so late that the other is spared.
    assert build.outcome["rounds"] > 9, "eight restarts are forgiven while nothing gets finished"


def test_a_job_that_is_killed_twice_is_run_alone(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed], group: MemoryGroup
) -> None:
    group.limit(200 * MIB)
    # The policy never holds any of them back, so two of them die again and again.
    edges = {f"o{n}": f"{hog} 100 120 -o o{n}" for n in range(2)}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("at-most:4", "build", str(folder), before=group.entering)
    code, text = build.finish()
    assert code == 0, text
    assert outputs(folder) == set(edges)
    assert "run again with nothing beside it" in text or build.outcome["rounds"] == 2


def test_a_compiler_driver_that_hides_the_kill_behind_exit_code_1_is_seen_through(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed], group: MemoryGroup
) -> None:
    group.limit(200 * MIB)
    edges = hogs(hog, "-f 1")
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("at-most:4", "build", str(folder), before=group.entering)
    code, text = build.finish()
    assert "FAILED: [code=1]" in text
    assert code == 0
    assert outputs(folder) == set(edges)


def test_what_the_kernel_kills_before_the_first_look_is_run_again(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed], group: MemoryGroup
) -> None:
    group.limit(200 * MIB)
    edges = hogs(hog, "-f 1")
    folder = ninja_file(tmp_path / "b", edges)
    stalled = {"LATE_BY": "1"}
    build = govern("at-most:2", "build", str(folder), before=group.entering, environ=stalled)
    code, text = build.finish()
    assert "FAILED: [code=1]" in text
    assert code == 0, text
    assert outputs(folder) == set(edges)


def test_what_is_born_and_killed_between_two_looks_is_run_again(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed], group: MemoryGroup
) -> None:
    """The governor gets no CPU, from before its jobs are born until all of them have ended."""
    group.limit(200 * MIB)
    edges = {name: (command, "first") for name, command in hogs(hog, "-f 1").items()}
    words = by_ninja(tmp_path / "b", {"first": (f"{hog} 100 1 -o first", ""), **edges})
    build = govern("at-most:2", *words, before=group.entering)
    wait_for(lambda: "hog" in map(comm, members(build.name)))
    time.sleep(0.3)  # it was held at its birth, and runs
    build.process.send_signal(signal.SIGSTOP)
    wait_for(lambda: group.kills() and "hog" not in map(comm, alive(build.name)))
    build.process.send_signal(signal.SIGCONT)
    code, text = build.finish()
    assert "FAILED: [code=1]" in text
    assert code == 0, text
    assert outputs(tmp_path / "b") == set(edges)
    assert "killed jobs that had no time to be seen: run again" in text


def paused_hogs(build: Governed) -> dict[str, int]:
    """The processes of the job that was stopped in mid-life, by the name of their parent."""
    hogs = [pid for pid in members(build.name) if comm(pid) == "hog" and state(pid) == "T"]
    found = {comm(parent_of(pid)): pid for pid in hogs}
    worker = found.get("hog")
    # Its job was stopped above 5 MiB, which are the worker's; one stopped at its birth has none.
    return found if worker and psutil.Process(worker).memory_info().rss > 4 * MIB else {}


@pytest.mark.parametrize("below", ["hog", "sh"], ids=["the compiler", "its driver"])
def test_a_job_that_the_kernel_kills_while_it_is_paused_is_run_again(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed], group: MemoryGroup, below: str
) -> None:
    """Its shell, stopped as well, ends long after the kill: then nobody would think of memory."""
    # Alike, for either may be seen first; the other is paused. Both grow so slowly that the limit
    # is lifted before it is met again.
    edges = {f"o{n}": f"{hog} 600 14 -f 1 -o o{n}; exit $$?" for n in range(2)}
    build = govern("pausing:4", "build", str(ninja_file(tmp_path / "b", edges)),
                   before=group.entering)  # fmt: skip
    wait_for(lambda: below in paused_hogs(build))  # both are stopped by one signal, not at once
    paused = paused_hogs(build)
    killed = psutil.Process(paused[below]).cmdline()[-1]
    group.let_out(build.process.pid)
    for parent, pid in paused.items():  # a driver's end frees nothing, and its worker is the next
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000" if parent == below else "999")
    group.limit(group.used() + MIB)
    wait_for(lambda: group.kills() >= 1)
    group.limit(1 << 40)
    code, text = build.finish()
    assert code == 0, text
    assert outputs(tmp_path / "b") == set(edges)
    assert [kill["key"] for kill in build.outcome["kills"]] == [killed]


def test_a_job_larger_than_all_the_memory_is_reported_and_the_rest_kept(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed], group: MemoryGroup
) -> None:
    group.limit(150 * MIB)
    edges = {"o9": f"{hog} 60 300 -o o9", **{f"o{n}": f"{hog} 10 5 -o o{n}" for n in range(4)}}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("at-most:3", "build", str(folder), before=group.entering)
    code, text = build.finish()
    assert code not in (0, 125)
    assert outputs(folder) == set(edges) - {"o9"}
    *first, last = build.outcome["kills"]
    assert {kill["fate"] for kill in first} == {"retried"}
    assert (last["fate"], last["alone"]) == ("too big", True)
    assert "o9 is too big: killed while alone" in text


def test_a_genuine_error_among_memory_kills_ends_the_build_with_ninjas_code(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed], group: MemoryGroup
) -> None:
    group.limit(200 * MIB)
    edges = hogs(hog)
    # It fails long after the kill, and takes no part in it.
    edges["bad"] = f"{hog} 400 1 -o bad -x 9"
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("at-most:5", "build", str(folder), before=group.entering)
    code, text = build.finish()
    assert group.kills() >= 1
    assert code in (9, 137)
    assert "FAILED: [code=9] bad" in text
    assert build.outcome["rounds"] == 1


def test_ninja_itself_is_killed_by_the_kernel_and_started_again(
    tmp_path: Path, hog: Path, govern: Callable[..., Governed], group: MemoryGroup
) -> None:
    group.limit(150 * MIB)
    edges = {f"o{n}": f"{hog} 300 70 -o o{n}" for n in range(3)}
    folder = ninja_file(tmp_path / "b", edges)
    build = govern("at-most:4", "build", str(folder), before=group.entering)
    wait_for(lambda: len(build.jobs()) == 3)
    # The kernel takes who has the most memory and the highest score: let that be ninja.
    Path(f"/proc/{build.driver()}/oom_score_adj").write_text("1000")
    wait_for(lambda: group.kills() >= 1)
    group.limit(1 << 40)
    code, _ = build.finish()
    assert code == 0
    assert outputs(folder) == set(edges)
    assert build.outcome["rounds"] == 2
    assert not alive(build.name)
