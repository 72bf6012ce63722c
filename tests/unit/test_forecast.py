"""What is forecast of a job, before anything was seen and after."""

from __future__ import annotations

import math
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninjapool.forecast import FILES, GROWING, POWER, Forecaster, Prior
from ninjapool.forecast.classes import sort_of
from ninjapool.forecast.lines import Line
from ninjapool.model import Distribution, Estimate, Forecast
from ninjapool.units import KIB, MIB

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ninjapool.model import JobClass

CLASSES: tuple[JobClass, ...] = ("link", "archive")
ROUNDED = 0.055
"""A forecast whose spread is wide comes in steps of a tenth."""
HISTORY = Forecast(
    peak=777 * MIB,
    peak_spread=0.03,
    seconds=9.0,
    seconds_spread=0.1,
    curve=GROWING,
    source="history",
)


def lasts(peak: float) -> float:
    """Seconds of a usual compile of this peak in bytes: by the law of the prior."""
    prior = Prior()
    factor: float = ((peak + FILES) / (prior.peak + FILES)) ** (1 / POWER)
    return prior.seconds * factor


def ends(known: Forecaster, key: str, peak: float, size: int | None = None) -> None:
    known.forecast(key, "compile", size)
    known.learn(key, "compile", int(peak), lasts(peak))


def peaks(known: Forecaster, *keys: str) -> list[float]:
    return [known.forecast(key, "compile").peak / MIB for key in keys]


def test_who_is_known_by_nothing_is_as_his_class_is() -> None:
    found = Forecaster().forecast("a/x.o", "compile")
    assert found.peak == pytest.approx(Prior().peak, rel=ROUNDED)
    assert found.seconds == pytest.approx(Prior().seconds, rel=ROUNDED)
    assert found.peak_spread == pytest.approx(Prior().peak_spread, rel=0.25)
    assert found.curve == GROWING
    assert found.source == "profile"


def test_each_class_has_its_own_prior() -> None:
    known = Forecaster({"link": Prior(peak=900.0 * MIB), "archive": Prior(peak=30.0 * MIB)})
    heavy, light = (known.forecast(f"x.{each}", each).peak for each in CLASSES)
    assert heavy == pytest.approx(900 * MIB, rel=ROUNDED)
    assert light == pytest.approx(30 * MIB, rel=ROUNDED)


@pytest.mark.parametrize("factor", [0.3, 3.0])
def test_the_first_jobs_of_a_folder_tell_the_next_of_it_and_hardly_those_of_another(
    factor: float,
) -> None:
    known = Forecaster()
    (before,) = peaks(known, "a/x.o")
    for number in range(5):
        ends(known, f"a/{number}.o", Prior().peak * factor)
    same, other = peaks(known, "a/x.o", "b/x.o")
    moved = math.log(same / before) / math.log(factor)
    aside = math.log(other / before) / math.log(factor)
    assert 0.6 < moved < 1.1
    assert 0 <= aside < 0.5 * moved


def test_what_one_class_took_tells_nothing_of_another() -> None:
    known = Forecaster()
    before = known.forecast("a/lib.a", "archive").peak
    for number in range(9):
        ends(known, f"a/{number}.o", 2000 * MIB)
    assert known.forecast("a/lib.a", "archive").peak == before


@given(st.lists(st.integers(100, 10**7), min_size=2, max_size=8, unique=True))
@settings(max_examples=40)
def test_a_bigger_source_forecasts_no_lighter_job(sizes: list[int]) -> None:
    def one_more(size: int) -> Forecast:
        known = Forecaster()
        for number, other in enumerate(sizes):
            known.forecast(f"a/{number}.o", "compile", other)
        return known.forecast("a/x.o", "compile", size)

    found = [one_more(size) for size in sorted(sizes)]
    assert [f.peak for f in found] == sorted(f.peak for f in found)
    assert [f.seconds for f in found] == sorted(f.seconds for f in found)


def test_a_source_ten_times_as_big_forecasts_a_heavier_job() -> None:
    known = Forecaster()
    small, big = (known.forecast(f"a/{size}.o", "compile", size * KIB) for size in (4, 40))
    assert 1.2 < big.peak / small.peak < 4
    assert big.peak_spread < known.forecast("a/x.o", "compile").peak_spread, "size tells something"


def test_a_duration_tells_the_peak_within_the_laws_spread() -> None:
    random = Random(1)
    actual = {f"{n % 7}/{n}.o": MIB * 10 ** random.uniform(1.7, 3.1) for n in range(200)}
    spread = Prior().law_spread
    durations = {
        key: lasts(peak * math.exp(random.gauss(0, spread))) for key, peak in actual.items()
    }
    known = Forecaster(durations=durations)
    found = {key: known.forecast(key, "compile") for key in actual}
    off = [math.log((found[key].peak + FILES) / (actual[key] + FILES)) for key in actual]
    assert sum(abs(each) < 2 * spread for each in off) > 0.9 * len(off)
    assert abs(sum(off) / len(off)) < 0.5 * spread
    assert {each.source for each in found.values()} == {"log"}
    assert all(each.peak_spread < 0.25 for each in found.values())
    for key, each in found.items():
        assert each.seconds == pytest.approx(durations[key], rel=0.03)


def test_an_edge_that_took_no_time_in_the_log_is_a_light_one() -> None:
    """Ninja counts milliseconds, and a copied file takes none."""
    found = Forecaster(durations={"a/1.o": 0.0}).forecast("a/1.o", "compile")
    assert found.peak < 30 * MIB
    assert found.seconds == pytest.approx(0.01, rel=0.1)


def test_a_machine_twice_as_slow_as_in_the_log_is_noticed() -> None:
    durations = {f"a/{number}.o": 4.0 for number in range(40)}
    known = Forecaster(durations=durations)
    for number in range(30):
        known.forecast(f"a/{number}.o", "compile")
        known.learn(f"a/{number}.o", "compile", int(Prior().peak), 8.0)
    assert known.forecast("a/39.o", "compile").seconds == pytest.approx(8.0, rel=0.2)


def test_history_wins_over_the_log_and_the_log_over_the_kind() -> None:
    known = Forecaster(history={"a/1.o": HISTORY}.get, durations={"a/1.o": 1.0, "a/2.o": 30.0})
    assert known.forecast("a/1.o", "compile", 5000) == HISTORY
    second, third = (known.forecast(key, "compile", 5000) for key in ("a/2.o", "a/3.o"))
    assert (second.source, third.source) == ("log", "profile")
    assert second.peak > 2 * third.peak


def test_who_runs_beyond_his_forecast_raises_his_folders_before_he_ends() -> None:
    known = Forecaster()
    expected = known.forecast("a/1.o", "compile")
    before = peaks(known, "a/x.o", "b/x.o")
    known.seen("a/1.o", "compile", expected.peak * 3, expected.seconds / 2)
    same, other = peaks(known, "a/x.o", "b/x.o")
    assert same > 1.2 * before[0]
    assert other < before[1] + 0.6 * (same - before[0])


def test_who_lasts_longer_than_forecast_raises_his_folders_too() -> None:
    known = Forecaster()
    expected = known.forecast("a/1.o", "compile")
    (before,) = peaks(known, "a/x.o")
    known.seen("a/1.o", "compile", expected.peak // 2, expected.seconds * 8)
    assert peaks(known, "a/x.o")[0] > 1.2 * before


def test_who_stays_within_his_forecast_tells_nothing_yet() -> None:
    known = Forecaster()
    expected = known.forecast("a/1.o", "compile")
    before = known.forecast("a/x.o", "compile")
    known.seen("a/1.o", "compile", expected.peak - MIB, expected.seconds * 0.9)
    assert known.forecast("a/x.o", "compile") == before


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.1])
def test_the_brief_teach_nothing(seconds: float) -> None:
    known = Forecaster()
    before = known.forecast("a/x.o", "compile")
    for number in range(50):
        known.forecast(f"a/{number}.o", "compile")
        known.learn(f"a/{number}.o", "compile", 5 * MIB, seconds)
    assert known.forecast("a/x.o", "compile") == before


def test_a_killed_one_needs_at_least_what_he_had() -> None:
    known = Forecaster(history={"a/2.o": HISTORY}.get)
    for key in ("a/1.o", "a/2.o"):
        known.forecast(key, "compile")
        known.lost(key, "compile", 900 * MIB)
        known.lost(key, "compile", 400 * MIB)
        assert known.forecast(key, "compile").at_least == 900 * MIB
    assert known.forecast("a/3.o", "compile").at_least == 0


def test_the_light_ones_that_end_early_do_not_pull_the_forecast_down_unduly() -> None:
    """Twenty begin; the ten light ones have ended when the heavy ones are half-way."""
    usual = Prior().peak
    light, heavy = usual * 0.5, usual * 2.0
    known, blind = Forecaster(), Forecaster()
    for number in range(20):
        expected = known.forecast(f"a/{number}.o", "compile")
        blind.forecast(f"a/{number}.o", "compile")
        if number % 2:
            known.seen(f"a/{number}.o", "compile", int(heavy * 0.7), expected.seconds * 1.5)
    for number in range(0, 20, 2):
        for each in (known, blind):
            each.learn(f"a/{number}.o", "compile", int(light), lasts(light))
    (aware,), (unaware,) = peaks(known, "a/x.o"), peaks(blind, "a/x.o")
    assert unaware < 0.75 * usual / MIB, "the light ones alone pull it down"
    assert aware > 0.85 * usual / MIB


def test_equal_knowledge_gives_equal_forecasts() -> None:
    """The governor keeps outlooks by forecast: a folder's jobs must share theirs."""
    known = Forecaster()
    for number in range(3):
        ends(known, f"a/{number}.o", (200 + number) * MIB)
    assert len({known.forecast(f"a/x{number}.o", "compile") for number in range(50)}) == 1


def test_nearly_equal_sizes_give_few_forecasts() -> None:
    known = Forecaster()
    found = {known.forecast(f"a/{n}.o", "compile", 10_000 + n) for n in range(100)}
    assert len(found) <= 5


def test_spreads_shrink_as_jobs_are_seen_but_never_to_nothing() -> None:
    known, random = Forecaster(), Random(1)
    found = [known.forecast("a/x.o", "compile")]
    for number in range(300):
        ends(known, f"a/{number}.o", 300 * MIB * math.exp(random.gauss(0, 0.05)))
        if number in (2, 10, 50, 299):
            found.append(known.forecast("a/x.o", "compile"))
    spreads = [each.peak_spread for each in found]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[-1] < 0.5 * spreads[0]
    assert spreads[-1] >= 0.04
    shared = [each.shared for each in found]
    assert shared == sorted(shared, reverse=True)
    assert all(0 <= each.shared <= each.peak_spread for each in found)


def test_a_folder_of_many_kinds_keeps_its_spread() -> None:
    known, random = Forecaster(), Random(1)
    before = known.forecast("a/x.o", "compile").peak_spread
    for number in range(100):
        ends(known, f"a/{number}.o", 300 * MIB * math.exp(random.gauss(0, 0.9)))
    assert known.forecast("a/x.o", "compile").peak_spread > before


def seen_in_folders(known: Forecaster, factors: Iterable[float]) -> Forecast:
    """After one job in each of as many folders, what is forecast in another."""
    for number, factor in enumerate(factors):
        ends(known, f"{number}/x.o", Prior().peak * factor)
    return known.forecast("another/x.o", "compile")


def test_where_folders_differ_by_far_more_than_is_usual_the_next_may_be_anything() -> None:
    """As in DuckDB: unity sources of 0.6 GiB, and C of 20 MiB."""
    usual = seen_in_folders(Forecaster(), [0.6, 1.6] * 10)
    wild = seen_in_folders(Forecaster(), [0.06, 2.5] * 10)
    assert usual.peak_spread == pytest.approx(Prior().peak_spread, rel=0.1)
    assert wild.peak_spread > 1.8 * usual.peak_spread


def test_there_a_folders_first_job_tells_more_of_its_next() -> None:
    folders = [0.06, 2.5] * 10
    known = Forecaster()
    seen_in_folders(known, folders)
    for number, factor in list(enumerate(folders))[:4]:
        found = known.forecast(f"{number}/next.o", "compile")
        assert 0.5 < found.peak / (Prior().peak * factor) < 2
        assert found.peak_spread < 0.8 * known.forecast("another/x.o", "compile").peak_spread


def test_light_c_does_not_make_the_next_c_plus_plus_light() -> None:
    """Nor the other way round: jemalloc and re2, each in folders of their own."""
    known = Forecaster()
    before = known.forecast("new/x.cpp.o", "compile").peak
    for number in range(20):
        ends(known, f"{number}/x.c.o", 20 * MIB)
    assert known.forecast("new/x.cpp.o", "compile").peak == before
    assert known.forecast("new/x.c.o", "compile").peak < 0.2 * before


def test_unity_sources_are_compared_with_each_other() -> None:
    known = Forecaster()
    for number in range(20):
        ends(known, f"{number}/plain.cpp.o", 60 * MIB)
        ends(known, f"{number}/Unity/unity_0_cxx.cxx.o", 900 * MIB)
    plain, unity = peaks(known, "new/plain.cpp.o", "new/Unity/unity_0_cxx.cxx.o")
    assert plain < 120
    assert unity > 600


@pytest.mark.parametrize(
    ("key", "sort"),
    [
        ("a/CMakeFiles/x.dir/a.cpp.o", "other"),
        ("a/a.c.o", "C"),
        ("a/a.cu.o", "other"),
        ("a/CMakeFiles/x.dir/Unity/unity_0_cxx.cxx.o", "other unity"),
        ("a/CMakeFiles/x.dir/Unity/unity_12_c.c.o", "C unity"),
        ("a/libx.a.p/meson-generated_.._x-unity0.cpp.o", "other unity"),
        ("a/ub_duckdb_sorting.cpp.o", "other unity"),
        ("a/mocs_compilation.cpp.o", "other unity"),
        ("a/hub_x.cpp.o", "other"),
        ("a/community.cpp.o", "other"),
        ("a/x.obj", "other"),
        ("bin/unity_0", ""),
        ("libunity_0.a", ""),
    ],
)
def test_a_source_is_of_a_sort(key: str, sort: str) -> None:
    assert sort_of(key) == sort


def test_seconds_grow_with_the_peak_as_this_build_shows() -> None:
    """By LLVM's law, a job of four times the peak takes eleven times as long; here, four times."""
    known = Forecaster()
    for number in range(30):
        peak = (100 if number % 2 else 400) * MIB
        known.forecast(f"{number}/x.cpp.o", "compile")
        known.learn(f"{number}/x.cpp.o", "compile", peak, 1.0 if number % 2 else 4.0)
    for number in range(2):
        found = known.forecast(f"{number}/next.cpp.o", "compile")
        assert 0.6 < found.seconds / (found.peak / (100 * MIB)) < 1.7


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), max_size=30))
def test_a_line_always_rises_and_can_be_asked_both_ways(points: list[tuple[float, float]]) -> None:
    line = Line(0.0, 0.0, 1.75)
    for x, y in points:
        line.learn(x, y)
    assert line.slope > 0
    assert line.where(line.at(1.5)) == pytest.approx(1.5)


def test_a_line_is_that_of_many_points_in_the_end() -> None:
    line, random = Line(0.0, 0.0, 1.75), Random(1)
    for _ in range(500):
        x = random.uniform(3, 7)
        line.learn(x, 2 + 0.8 * x + random.gauss(0, 0.1))
    assert line.slope == pytest.approx(0.8, abs=0.05)
    assert line.at(5) == pytest.approx(6, abs=0.1)


def test_the_first_link_is_not_taken_for_a_giant_by_the_bytes_that_it_reads() -> None:
    """A link reads megabytes, where a source has kilobytes; the next ones are told by the first."""
    known = Forecaster({"link": Prior(peak=100.0 * MIB, peak_spread=1.0)})
    first = known.forecast("bin/a", "link", 50 * MIB)
    assert 0.8 * 100 * MIB < first.peak < 1.25 * 100 * MIB
    assert known.forecast("bin/b", "link", 400 * MIB).peak > 1.5 * first.peak


def test_a_profile_gives_median_spread_and_curve() -> None:
    estimate = Estimate(
        job_class="compile",
        distribution=Distribution(median=200 * MIB, p95=400 * MIB, p99=600 * MIB, max=900 * MIB),
        curve=(0.0, 1.0),
        duration_exponent=2.0,
        share=1.0,
        source="made up",
    )
    prior = Prior.from_estimate(estimate)
    assert prior.peak == 200 * MIB
    assert math.exp(1.645 * prior.peak_spread) == pytest.approx(2.0)
    assert prior.curve == (0.0, 1.0)
    assert prior.power == 0.5


@pytest.mark.parametrize("job_class", ["link", "tablegen", "archive", "flang"])
def test_a_class_that_a_profile_takes_to_be_always_at_its_peak_grows_all_the_same(
    job_class: JobClass,
) -> None:
    """Who took a young link to be at its peak would take it for a light one."""
    estimate = Estimate(
        job_class=job_class,
        distribution=Distribution(median=200 * MIB, p95=400 * MIB, p99=600 * MIB, max=900 * MIB),
        curve=(1.0,),
        duration_exponent=1.0,
        share=1.0,
        source="made up",
    )
    curve = Prior.from_estimate(estimate).curve
    assert list(curve) == sorted(curve)
    assert curve[1] < 0.3 < curve[-1] == 1.0


def events() -> Iterable[str]:
    return ("forecast", "seen", "learn", "lost")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(events())),
            st.sampled_from(["a/1", "a/2", "b/1", "c"]),
            st.integers(0, 1 << 36),
            st.floats(0, 1e5),
            st.one_of(st.none(), st.integers(0, 10**9)),
        ),
        max_size=30,
    )
)
@settings(max_examples=150)
def test_whatever_is_told_a_forecast_is_a_forecast(
    told: list[tuple[str, str, int, float, int | None]],
) -> None:
    known = Forecaster(durations={"a/1": 3.0, "b/1": 0.0})
    for event, key, peak, seconds, size in told:
        if event == "forecast":
            known.forecast(key, "compile", size)
        elif event == "lost":
            known.lost(key, "compile", peak)
        else:
            (known.seen if event == "seen" else known.learn)(key, "compile", peak, seconds)
    for key in ("a/1", "a/3", "new"):
        found = known.forecast(key, "compile", 9000)
        assert found.peak > 0
        assert 0 < found.seconds < math.inf
        assert 0 < found.peak_spread < 20
        assert 0 <= found.shared <= found.peak_spread + 0.031, "each is rounded"


def test_the_same_output_is_forecast_anew_when_another_class_or_size_is_asked_for() -> None:
    known = Forecaster({"link": Prior(peak=900.0 * MIB)})
    small = known.forecast("a/x", "compile", 1000)
    assert known.forecast("a/x", "compile", 900_000).peak > small.peak
    assert known.forecast("a/x", "link").peak > 2 * small.peak
