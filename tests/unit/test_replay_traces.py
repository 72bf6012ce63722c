import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import mean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.replay import shapes, traces
from examples.replay.make_trace import anonymous, pack, pack_edge, resample
from examples.replay.shapes import Recorded
from ninjapool.govern.trace import Trace, TraceJob, longest_chain, lower_bound
from ninjapool.govern.trace import mean as mean_share
from ninjapool.units import MIB

SEEDS = (1, 2, 3)
EVERY_BUILD = [(name, seed) for name in shapes.SHAPES for seed in SEEDS]


def job(name: str, seconds: float = 1.0, *, needs: tuple[str, ...] = ()) -> TraceJob:
    return TraceJob(
        name=name, job_class="compile", peak=100, seconds=seconds, curve=(1.0, 1.0), needs=needs
    )


def trace(*jobs: TraceJob) -> Trace:
    return Trace(name="test", source="invented", jobs=jobs)


def test_the_cpu_bound_spreads_all_seconds_over_the_cores() -> None:
    bound = lower_bound(trace(*(job(str(n), 2.0) for n in range(8))), cores=4, limit=10**6)
    assert bound.cpu == pytest.approx(4.0)
    assert bound.seconds == bound.cpu


def test_the_memory_bound_spreads_the_area_below_the_curves() -> None:
    risen = replace(job("a", 10.0), peak=1000, curve=(0.0, 1.0))
    bound = lower_bound(trace(risen), cores=100, limit=100)
    assert bound.memory == pytest.approx(50.0)
    assert bound.seconds == bound.memory


def test_the_path_bound_is_the_slowest_chain_not_the_longest() -> None:
    chains = trace(
        job("a", 1.0),
        job("b", 1.0, needs=("a",)),
        job("c", 1.0, needs=("b",)),
        job("slow", 7.0),
        job("end", 1.0, needs=("c", "slow")),
    )
    assert longest_chain(chains.jobs) == pytest.approx(8.0)


def test_an_empty_build_takes_no_time() -> None:
    assert lower_bound(trace(), cores=1, limit=1).seconds == 0


def test_a_scaled_build_scales_its_bounds() -> None:
    whole = shapes.giants(1)
    small = whole.scaled(time=0.5, memory=0.25)
    bound, half = (lower_bound(t, cores=16, limit=MIB) for t in (whole, small))
    assert half.cpu == pytest.approx(bound.cpu / 2)
    assert half.path == pytest.approx(bound.path / 2)
    assert half.memory == pytest.approx(bound.memory / 8, rel=1e-4)


def test_a_trace_comes_back_from_its_file(tmp_path) -> None:
    made = shapes.debug_links(1)
    traces.save(made, tmp_path / "trace.jsonl.gz")
    assert traces.load(tmp_path / "trace.jsonl.gz") == made


def test_the_same_trace_gives_the_same_bytes(tmp_path) -> None:
    for name in ("a", "b"):
        traces.save(shapes.giants(7), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_file_that_is_no_trace_is_refused_by_its_name(tmp_path) -> None:
    traces.write_lines(tmp_path / "other.gz", [{"something": "else"}])
    with pytest.raises(ValueError, match=r"other\.gz: not a trace"):
        traces.load(tmp_path / "other.gz")


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_a_mean_lies_between_the_lowest_and_the_highest(shares: list[float]) -> None:
    assert min(shares) - 1e-9 <= mean_share(tuple(shares)) <= max(shares) + 1e-9


# ---------------------------------------------------------------- shapes


@pytest.mark.parametrize(("name", "seed"), EVERY_BUILD)
def test_what_is_needed_is_made_before(name: str, seed: int) -> None:
    made: set[str] = set()
    for each in shapes.SHAPES[name](seed).jobs:
        assert made.issuperset(each.needs)
        assert each.name not in made, "two jobs make the same file"
        made.add(each.name)


@pytest.mark.parametrize(("name", "seed"), EVERY_BUILD)
def test_every_job_has_a_curve_that_reaches_its_peak(name: str, seed: int) -> None:
    for each in shapes.SHAPES[name](seed).jobs:
        assert min(each.curve) >= 0
        assert 0.98 <= max(each.curve) <= 1, "samples are joined by lines that may cut off the tip"
        assert each.peak >= MIB
        assert each.seconds > 0


@pytest.mark.parametrize("name", shapes.SHAPES)
def test_a_seed_is_a_build_and_another_seed_another(name: str) -> None:
    shape = shapes.SHAPES[name]
    assert shape(5) == shape(5)
    assert shape(5) != shape(6)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_drawn_llvm_is_distributed_as_the_whole(seed: int) -> None:
    """The whole: mean 328 MiB, median 304, 1.3 % over 1 GiB, of which 27 MiB are file pages."""
    jobs = shapes.llvm(seed).jobs
    peaks = [each.peak / MIB for each in jobs]
    assert {each.job_class for each in jobs} == {"compile"}
    assert len(peaks) == 414
    assert mean(peaks) == pytest.approx(328 - 27, rel=0.05)
    assert median(peaks) == pytest.approx(304 - 27, rel=0.10)
    assert 0.005 <= sum(peak > 1024 - 27 for peak in peaks) / len(peaks) <= 0.025


@pytest.mark.parametrize("name", ["llvm", "llvm-whole"])
def test_llvms_compiles_know_the_size_of_their_source(name: str) -> None:
    compiles = [j for j in shapes.SHAPES[name](1).jobs if j.job_class == "compile"]
    sized = [j.size for j in compiles if j.size is not None]
    assert len(sized) > 0.95 * len(compiles)
    assert median(sized) > 1000


def test_the_whole_llvm_waits_for_its_table_generator() -> None:
    jobs = {each.name: each for each in shapes.llvm_whole(1).jobs}
    runs = {name for name, each in jobs.items() if each.job_class == "tablegen"}
    assert all(jobs[name].needs == ("bin/llvm-tblgen",) for name in runs)
    late = [j for name, j in jobs.items() if "clang/lib" in name and j.job_class == "compile"]
    assert late
    assert all(runs == set(each.needs) for each in late)


def test_the_whole_llvm_ends_with_its_links() -> None:
    jobs = shapes.llvm_whole(1).jobs
    archives = {each.name for each in jobs if each.job_class == "archive"}
    links = [each for each in jobs if each.job_class == "link"]
    assert [each.name for each in links if not archives.issubset(each.needs)] == ["bin/llvm-tblgen"]
    assert jobs[-len(links) + 1 :] == tuple(links[1:])


def test_debug_links_come_behind_light_compiles_and_are_heavier() -> None:
    jobs = shapes.debug_links(1).jobs
    links = [each for each in jobs if each.job_class == "link"]
    compiles = [each.peak for each in jobs if each.job_class == "compile"]
    assert jobs[-len(links) :] == tuple(links)
    assert median(each.peak for each in links) > 1.5 * median(compiles)
    assert all(len(set(each.needs)) == 8 for each in links)


def test_giants_stand_among_the_first_and_last_long() -> None:
    jobs = shapes.giants(1).jobs
    found = [(place, j) for place, j in enumerate(jobs) if j.name.startswith("generated/")]
    light = [j for j in jobs if j.name.startswith("src/")]
    assert len(found) == 24
    assert all(place < 200 for place, _ in found)
    assert min(j.peak for _, j in found) > 2 * median(j.peak for j in light)
    assert median(j.seconds for _, j in found) > 4 * median(j.seconds for j in light)


def test_heavy_sources_stand_side_by_side_as_in_the_build_file() -> None:
    compiles = shapes.llvm(1).jobs
    heavy = [index for index, each in enumerate(compiles) if each.peak > 900 * MIB]
    gaps = [right - left for left, right in pairwise(heavy)]
    assert median(gaps) < len(compiles) / len(heavy) / 2


def recorded(name: str, weight: float) -> Recorded:
    return Recorded(kind="compile", name=name, source=name, peak=1, seconds=1, weight=weight)


@given(st.lists(st.floats(0.5, 20), min_size=1, max_size=40), st.integers(1, 200), st.integers())
def test_an_edge_is_drawn_as_often_as_its_weight_says(
    weights: list[float], count: int, seed: int
) -> None:
    edges = [recorded(str(number), weight) for number, weight in enumerate(weights)]
    drawn = shapes.draw(edges, count, Random(seed))
    assert abs(len(drawn) - count) <= 1
    for each in edges:
        expected = each.weight / sum(weights) * count
        assert abs(drawn.count(each) - expected) < 1 + 1e-6 + (len(drawn) != count)


# ---------------------------------------------------------------- packing measurements


def test_file_pages_of_the_compiler_are_not_the_jobs_own() -> None:
    assert anonymous({"kind": "compile", "peak_kib": 300 * 1024}) == 273 * MIB
    assert anonymous({"kind": "tblgen", "peak_kib": 300 * 1024}) == 298 * MIB
    assert anonymous({"kind": "compile", "peak_kib": 10}) == MIB


def test_a_packed_edge_keeps_its_weight() -> None:
    record = {"kind": "tblgen", "output": "X.inc", "source": "X.td", "cpu_s": 0.0}
    record |= {"input_bytes": 4321, "peak_kib": 102400, "weight": 10.20814479638009}
    packed = pack_edge(record)
    assert packed["weight"] == 10.2081
    assert packed["kind"] == "tablegen"
    assert packed["seconds"] == 0.003
    assert packed["size"] is None, "only a compile's size tells something"


def test_a_packed_compile_keeps_its_size_where_it_was_measured() -> None:
    record = {"kind": "compile", "output": "X.o", "source": "X.cpp", "cpu_s": 2.0}
    record |= {"peak_kib": 102400, "weight": 1.0}
    assert pack_edge(record)["size"] is None
    assert pack_edge({**record, "input_bytes": 4321})["size"] == 4321


def raw_files(folder: Path) -> None:
    edges = [
        {"kind": "compile", "config": config, "output": f"{name}.o", "source": f"{name}.cpp",
         "peak_kib": 1 << 20, "cpu_s": seconds, "weight": weight, "input_bytes": 5000}
        for config, name, seconds, weight in (
            ("gcc:release", "a", 3.0, 12.34567), ("gcc:release", "a", 9.0, 12.34567),
            ("clang:release", "b", 3.0, 1.0), ("gcc:release", "c", 1.0, 1.0),
        )
    ]  # fmt: skip
    curve = {"config": "gcc:release", "source": "x/a.cpp", "samples": [[0, 0, 0], [2, 8, 9]]}
    for name, lines in (("llvm14_edges", edges), ("llvm14_curves", [curve])):
        text = "\n".join(json.dumps(line) for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")


def test_packed_measurements_are_read_with_their_sizes_and_weights(tmp_path) -> None:
    raw_files(tmp_path)
    pack(tmp_path, tmp_path / "packed.gz")
    found = shapes.measured(tmp_path / "packed.gz")
    first, *others = found.edges
    assert (first.kind, first.name, first.source) == ("compile", "a.o", "a.cpp")
    assert (first.peak, first.seconds, first.weight) == (997 * MIB, 3.0, 12.3457)
    assert first.size == 5000
    assert [other.name for other in others] == ["c.o"], "each once, of gcc's release"
    assert found.curves["gcc:release/a"][::10] == (0.0, 0.5, 1.0)


def test_a_curve_is_resampled_by_straight_lines() -> None:
    assert resample([(0, 0), (1, 100), (10, 50)], 11) == [
        0, 1.0, 0.944, 0.889, 0.833, 0.778, 0.722, 0.667, 0.611, 0.556, 0.5,
    ]  # fmt: skip


@given(st.lists(st.floats(1e-3, 9), min_size=2, max_size=30), st.floats(0.1, 1))
def test_a_curve_ends_as_its_last_sample(steps: list[float], last: float) -> None:
    times = [sum(steps[: index + 1]) for index in range(len(steps))]
    samples = [(at, 1.0) for at in times[:-1]] + [(times[-1], last)]
    assert resample(samples)[-1] == round(last, 3)


def test_a_curve_that_starts_late_begins_with_its_first_sample() -> None:
    assert resample([(0.5, 30), (1.0, 60)], 3)[0] == 0.5
