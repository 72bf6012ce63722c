from itertools import pairwise
from random import Random
from statistics import mean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.replay import shapes, traces
from examples.replay.make_trace import anonymous, pack_edge, resample
from examples.replay.shapes import Recorded
from examples.replay.traces import MIB, Edge, Trace

SEEDS = (1, 2, 3)
EVERY_BUILD = [(name, seed) for name in shapes.SHAPES for seed in SEEDS]


def edge(output: str, seconds: float = 1.0, *, inputs: tuple[str, ...] = ()) -> Edge:
    return Edge(
        output=output, kind="compile", peak=100, seconds=seconds, curve="flat", inputs=inputs
    )


def trace(*edges: Edge) -> Trace:
    curves = {"flat": (1.0, 1.0), "rising": (0.0, 1.0)}
    return Trace(name="test", source="invented", edges=edges, curves=curves)


def test_the_cpu_bound_spreads_all_seconds_over_the_slots() -> None:
    bound = traces.lower_bound(trace(*(edge(str(n), 2.0) for n in range(8))), slots=4, memory=10**6)
    assert bound.cpu == pytest.approx(4.0)
    assert bound.seconds == bound.cpu


def test_the_memory_bound_spreads_the_area_below_the_curves() -> None:
    risen = Edge(output="a", kind="compile", peak=1000, seconds=10.0, curve="rising")
    bound = traces.lower_bound(trace(risen), slots=100, memory=100)
    assert bound.memory == pytest.approx(50.0)
    assert bound.seconds == bound.memory


def test_the_path_bound_is_the_slowest_chain_not_the_longest() -> None:
    chains = trace(
        edge("a", 1.0),
        edge("b", 1.0, inputs=("a",)),
        edge("c", 1.0, inputs=("b",)),
        edge("slow", 7.0),
        edge("end", 1.0, inputs=("c", "slow")),
    )
    assert traces.longest_chain(chains) == pytest.approx(8.0)


def test_an_empty_build_takes_no_time() -> None:
    assert traces.lower_bound(trace(), slots=1, memory=1).seconds == 0


def test_a_scaled_build_scales_its_bounds() -> None:
    whole = shapes.giants(1)
    small = whole.scaled(time=0.5, memory=0.25)
    bound, half = (traces.lower_bound(t, slots=16, memory=MIB) for t in (whole, small))
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
    assert min(shares) - 1e-9 <= traces.mean(tuple(shares)) <= max(shares) + 1e-9


# ---------------------------------------------------------------- shapes


@pytest.mark.parametrize(("name", "seed"), EVERY_BUILD)
def test_inputs_are_made_before_they_are_needed(name: str, seed: int) -> None:
    made: set[str] = set()
    for each in shapes.SHAPES[name](seed).edges:
        assert made.issuperset(each.inputs)
        assert each.output not in made, "two edges make the same file"
        made.add(each.output)


@pytest.mark.parametrize(("name", "seed"), EVERY_BUILD)
def test_every_edge_has_a_curve_that_ends_within_its_peak(name: str, seed: int) -> None:
    made = shapes.SHAPES[name](seed)
    for each in made.edges:
        assert 0 < max(made.curves[each.curve]) <= 1
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
    peaks = [e.peak / MIB for e in shapes.llvm(seed).edges if e.kind == "compile"]
    assert len(peaks) == 414
    assert mean(peaks) == pytest.approx(328 - 27, rel=0.05)
    assert median(peaks) == pytest.approx(304 - 27, rel=0.10)
    assert 0.005 <= sum(peak > 1024 - 27 for peak in peaks) / len(peaks) <= 0.025


def test_llvm_waits_for_its_table_generator() -> None:
    edges = {each.output: each for each in shapes.llvm(1).edges}
    runs = {name for name, each in edges.items() if each.kind == "tablegen"}
    assert all(edges[name].inputs == ("bin/llvm-tblgen",) for name in runs)
    late = [each for name, each in edges.items() if "clang/lib" in name and each.kind == "compile"]
    assert late
    assert all(runs == set(each.inputs) for each in late)


def test_heavy_sources_stand_side_by_side_as_in_the_build_file() -> None:
    compiles = [e for e in shapes.llvm(1).edges if e.kind == "compile"]
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
    packed = pack_edge({**record, "peak_kib": 102400, "weight": 10.20814479638009})
    assert packed["weight"] == 10.2081
    assert packed["kind"] == "tablegen"
    assert packed["seconds"] == 0.003


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
