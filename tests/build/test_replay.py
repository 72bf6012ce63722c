"""The replayed job and the harness around it, with real processes, ninja and cgroups."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import ninja
import pytest

from examples.replay import bench, cgroup, policies, recorded, runner, shapes, traces
from examples.replay.manifest import ninja_text
from ninjapool.govern.trace import Trace, TraceJob
from ninjapool.units import MIB

REPOSITORY = Path(__file__).parents[2]
NINJA = Path(ninja.BIN_DIR) / "ninja"
LIMIT = 256 * MIB
RISE = (0.1, 1.0, 1.0)

pytestmark = pytest.mark.build


@pytest.fixture(scope="module")
def programs(tmp_path_factory) -> Path:
    return bench.make_programs(tmp_path_factory.mktemp("replay") / "programs")


def start(
    programs: Path, seconds: float, peak: int, curve: str, output: str = ""
) -> subprocess.Popen[bytes]:
    command = [str(programs / "g++"), "-m", str(peak), "-s", str(seconds), "-r", curve]
    return subprocess.Popen([*command, *(["-o", output] if output else [])], start_new_session=True)


def worker(driver: int) -> int:
    """The process that holds the memory, once it is there."""
    for _ in range(500):
        children = Path(f"/proc/{driver}/task/{driver}/children").read_text().split()
        if children:
            return int(children[0])
        time.sleep(0.01)
    raise AssertionError("the job has started no worker")


def anonymous(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"RssAnon:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


def reached(pid: int, low: int, high: int) -> bool:
    for _ in range(500):
        if low <= anonymous(pid) <= high:
            return True
        time.sleep(0.01)
    return False


# ---------------------------------------------------------------- the job


def test_a_job_holds_its_peak_and_gives_back_what_its_curve_gives_back(programs) -> None:
    job = start(programs, 1.5, 100 * MIB, "0.2,1,1,0.3,0.3")
    held = worker(job.pid)
    assert reached(held, 99 * MIB, 101 * MIB)
    assert reached(held, 29 * MIB, 33 * MIB)
    assert job.wait() == 0


def test_a_job_writes_its_output_only_at_its_end(programs, tmp_path) -> None:
    job = start(programs, 0.3, MIB, "1,1", str(tmp_path / "a.o"))
    worker(job.pid)
    assert not (tmp_path / "a.o").exists()
    assert job.wait() == 0
    assert (tmp_path / "a.o").exists()


def test_time_in_which_it_was_stopped_is_no_progress(programs) -> None:
    began = time.monotonic()
    job = start(programs, 0.5, MIB, "1,1")
    worker(job.pid)
    stopped = 0.0
    for _ in range(3):
        time.sleep(0.05)
        os.killpg(job.pid, signal.SIGSTOP)
        halted = time.monotonic()
        time.sleep(0.3)
        os.killpg(job.pid, signal.SIGCONT)
        stopped += time.monotonic() - halted
    assert job.wait() == 0
    # Three stops may each count as one step of 10 ms at most; the clock itself needs no allowance.
    assert time.monotonic() - began - stopped >= 0.5 - 3 * 0.011


def test_a_killed_worker_is_reported_as_gcc_reports_it(programs, tmp_path) -> None:
    command = [programs / "g++", "-m", "1000", "-s", "60", "-r", "1,1", "-o", tmp_path / "a.o"]
    job = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    os.kill(worker(job.pid), signal.SIGKILL)
    _, said = job.communicate()
    assert job.returncode == 1
    assert "fatal error: Killed signal terminated program" in said
    assert not (tmp_path / "a.o").exists()


def test_it_is_called_as_the_archiver_too(programs, tmp_path) -> None:
    command = [programs / "ar", "qc", tmp_path / "liba.a", "-m", "1000", "-s", "0.01", "-r", "1,1"]
    assert subprocess.run(command, check=False).returncode == 0
    assert (tmp_path / "liba.a").exists()


# ---------------------------------------------------------------- a build of such jobs


def heavy_build(count: int = 6, seconds: float = 0.6) -> Trace:
    """Each job takes a third of the limit: two at once are safe, four are too many."""
    jobs = tuple(
        TraceJob(name=f"{n}.o", job_class="compile", peak=LIMIT // 3, seconds=seconds, curve=RISE)
        for n in range(count)
    )
    link = TraceJob(
        name="all",
        job_class="link",
        peak=8 * MIB,
        seconds=seconds / 2,
        curve=RISE,
        needs=tuple(job.name for job in jobs),
    )
    return Trace(name="heavy", source="invented", jobs=(*jobs, link))


def setup(scratch: Path) -> bench.Setup:
    return bench.Setup(
        slots=4,
        memory=LIMIT,
        limited=True,
        time_scale=1.0,
        ninja=NINJA,
        scratch=scratch,
        patience=60,
    )


def ours() -> list[Path]:
    spoken = cgroup.dialect()
    return [] if spoken is None else list(spoken.parent.glob(f"ninjapool-replay-{os.getpid()}"))


def test_ninja_builds_the_trace_in_its_order(programs, tmp_path) -> None:
    text = ninja_text(heavy_build(), programs=programs)
    (tmp_path / "build.ninja").write_text(text)
    command = runner.Command(argv=(str(NINJA), "-j2"), folder=tmp_path)
    outcome = runner.run(command)
    assert outcome.finished, outcome.output
    assert (outcome.kills, outcome.peak) == (None, None)
    assert "Linking CXX executable all" in outcome.output.splitlines()[-1]
    assert (bench.drag(heavy_build(), bench.by_ninja(tmp_path / ".ninja_log")) or 0) > 0.9


def governed(folder: Path) -> None:
    words = ("build", str(folder), "-j4", "--reserve", "64M")
    subprocess.run([sys.executable, "-m", "ninjapool", *words], check=True, capture_output=True)


def test_a_governed_build_becomes_a_trace_that_is_as_it_was(programs, tmp_path) -> None:
    folder, file = tmp_path / "build", tmp_path / "recorded.jsonl.gz"
    folder.mkdir()
    # So long that a peak is seen also where everybody waits a tenth of a second for a CPU
    was = heavy_build(seconds=2.0)
    (folder / "build.ninja").write_text(ninja_text(was, programs=programs))
    governed(folder)
    traces.save(recorded.trace(folder, "again", "a replay"), file)
    found = traces.load(file).jobs
    assert [(job.name, job.job_class, job.needs) for job in found] == [
        (job.name, job.job_class, job.needs) for job in was.jobs
    ]
    for job in found[:-1]:
        assert 0.95 < job.peak / (LIMIT // 3) < 1.15
        assert 1.0 < job.seconds < 3.0  # less where it had to wait for a CPU, which it makes up for
        assert job.curve[0] < 0.5
        assert max(job.curve) == 1.0


def test_of_what_was_never_built_no_trace_is_made(programs, tmp_path) -> None:
    (tmp_path / "build.ninja").write_text(ninja_text(heavy_build(), programs=programs))
    with pytest.raises(ValueError, match="only 0 of 7 edges were measured"):
        recorded.trace(tmp_path, "never", "nothing")


@pytest.mark.cgroup
@pytest.mark.usefixtures("a_cgroup")
def test_the_kernel_kills_a_width_that_is_too_wide_and_spares_a_narrow_one(tmp_path) -> None:
    sweep = [policy for policy in policies.sweep(4) if policy.jobs in (4, 2, 1)]
    results = bench.replay(setup(tmp_path), heavy_build(), 1, sweep, say=lambda _: None)
    wide, narrow = results
    assert (wide.policy.jobs, wide.survived) == (4, False)
    assert (wide.outcome.kills or 0) >= 1
    assert (narrow.policy.jobs, narrow.survived, narrow.outcome.kills) == (2, True, 0)
    assert 2 * LIMIT // 3 <= (narrow.outcome.peak or 0) <= LIMIT
    assert bench.best_static(results) == narrow.outcome.seconds
    assert ours() == []


@pytest.mark.cgroup
@pytest.mark.usefixtures("a_cgroup")
@pytest.mark.parametrize("known", ["nothing", "durations", "history"])
def test_what_the_kernel_kills_when_ninja_builds_it_is_built_under_the_governor(
    tmp_path, known
) -> None:
    trace = shapes.llvm(1, tus=40).scaled(time=0.25)
    wide = policies.plain(16)
    governed = next(policy for policy in policies.governed(16) if policy.known == known)
    tight = replace(setup(tmp_path), slots=16, memory=2000 * MIB, time_scale=0.25)
    killed, built = bench.replay(tight, trace, 1, [wide, governed], say=lambda _: None)
    assert (killed.outcome.kills or 0) >= 1
    assert built.survived, built.outcome.output


@pytest.mark.cgroup
@pytest.mark.usefixtures("a_cgroup")
def test_impatience_ends_the_build_and_all_its_jobs(programs, tmp_path) -> None:
    (tmp_path / "build.ninja").write_text(ninja_text(heavy_build(), programs=programs))
    command = runner.Command(argv=(str(NINJA), "-j1"), folder=tmp_path, memory=LIMIT, patience=0.3)
    outcome = runner.run(command)
    assert outcome.cut
    assert not outcome.finished
    assert ours() == []


def harness(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "examples.replay", *arguments],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )


def alive(pid: int) -> bool:
    """A zombie that its new parent has not collected yet is dead."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


@pytest.mark.cgroup
@pytest.mark.usefixtures("a_cgroup")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_no_cgroup_and_no_job(tmp_path, number) -> None:
    small = ("--quick", "--memory-scale", "0.1", "--policies", "j2")
    bench_run = harness(*small, "--scratch", str(tmp_path))
    assert bench_run.stdout is not None
    group = cgroup.dialect().parent / f"ninjapool-replay-{bench_run.pid}"  # type: ignore[union-attr]
    for _ in range(2000):
        if group.exists() and len((group / "cgroup.procs").read_text().split()) > 2:
            break
        time.sleep(0.01)
    jobs = [int(pid) for pid in (group / "cgroup.procs").read_text().split()]
    bench_run.send_signal(number)
    said, _ = bench_run.communicate(timeout=60)
    assert bench_run.returncode == 128 + number
    assert jobs
    assert not group.exists()
    assert not [pid for pid in jobs if alive(pid)]
    assert list(tmp_path.iterdir()) == []
    if number == signal.SIGINT:
        assert "interrupted" in said
