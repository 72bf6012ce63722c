"""From the past of an edge to its forecast, and from a project's to that of a class."""

import math

import pytest

from ninjapool.forecast import FILES, Forecaster, Prior
from ninjapool.govern import learned
from ninjapool.history.entry import Key
from ninjapool.history.past import Found, Past
from ninjapool.units import MIB
from tests.pasts import COMPILER, entry

NOW = learned.Now(command="c0ffee", size=1000)


def forecast(past, *, now=NOW, slope=0.0, nearness="own"):
    return learned.forecast(Found(entry=past, nearness=nearness), now, slope, Prior())


def past(*entries):
    return Past({(one.output, one.variant): one for one in entries})


def found(entries, output="a.o", variant="gcc -O3", source="src/a.cpp", compiler=COMPILER):
    hit = past(*entries).find(Key(output, variant), "compile", source, compiler)
    return (hit.entry.output, hit.entry.variant, hit.nearness) if hit else None


# ---------------------------------------------------------------- whose past it is


def test_an_output_has_its_own_past_under_each_variant():
    entries = [entry(), entry(variant="gcc -O0 -g", peak=5)]
    assert found(entries) == ("a.o", "gcc -O3", "own")
    assert found(entries, variant="gcc -O0 -g") == ("a.o", "gcc -O0 -g", "own")


def test_a_source_that_is_built_for_another_target_has_the_same_past():
    assert found([entry("other/a.o")]) == ("other/a.o", "gcc -O3", "twin")


def test_under_other_flags_the_newest_past_of_the_same_output_counts():
    entries = [entry(variant="gcc -O0", at=1), entry(variant="gcc -O2", at=2)]
    assert found(entries) == ("a.o", "gcc -O2", "kin")
    assert found([entry("b/a.o", variant="gcc -O0")]) == ("b/a.o", "gcc -O0", "kin")


def test_what_was_never_seen_has_no_past():
    assert found([entry("b.o", source="src/b.cpp")]) is None
    assert found([entry(variant="clang -O3", peak=None)]) is None


# ---------------------------------------------------------------- what is expected


def test_what_a_job_took_it_will_take_again():
    expected = forecast(entry(curve=b"\x10\x80\xff"))
    assert expected is not None
    assert (expected.peak, expected.seconds, expected.source) == (100 * MIB, 2.0, "history")
    assert expected.curve is not None
    assert expected.curve[::4] == pytest.approx((16 / 255, 128 / 255, 1.0))


def test_a_young_job_rises_as_is_usual_up_to_the_first_border_that_is_known():
    expected = forecast(entry(curve=b"\x10\x80\xff"))
    assert expected is not None
    first, second, third, fourth, fifth, sixth, *_ = expected.curve
    assert second - first > third - second > fourth - third > fifth - fourth
    assert sixth - fifth == pytest.approx(expected.curve[6] - sixth)


def test_a_jobs_own_curve_is_trusted_more_than_the_usual_one():
    own, usual = forecast(entry(curve=b"\x10\x80\xff")), forecast(entry(curve=None))
    assert own is not None
    assert usual is not None
    assert own.curve_spread < usual.curve_spread


def test_a_changed_flag_is_trusted_less():
    same, flag = forecast(entry()), forecast(entry(command="other"))
    assert same
    assert flag
    assert same.peak == flag.peak
    assert same.peak_spread < flag.peak_spread


def test_what_another_release_of_the_compiler_took_is_a_prior_and_no_truth():
    assert found([entry()], compiler="g++-13 1") == ("a.o", "gcc -O3", "kin")
    assert found([entry(peak=None)], compiler="g++-13 1") is None
    assert forecast(entry(), nearness="kin") is None


def test_a_job_that_was_killed_is_known_to_need_more():
    expected = forecast(entry(peak=None)._replace(at_least=900 * MIB))
    assert expected is not None
    assert expected.at_least == 900 * MIB
    assert expected.peak > 900 * MIB


def test_who_was_over_before_he_was_seen_is_small():
    expected = forecast(entry(peak=None, seconds=0.02))
    assert expected is not None
    assert expected.peak < 10 * MIB


def test_a_link_grows_with_what_it_reads():
    link = entry("clang", job_class="link", source="", size=1000)
    grown = learned.Now(command="c0ffee", size=2000)
    expected = forecast(link, now=grown, slope=1.0)
    assert expected is not None
    assert expected.peak == 200 * MIB
    assert expected.peak_spread > 0.3


# ---------------------------------------------------------------- classes and links


def links(count, slope=1.0):
    return [
        entry(
            f"link{n}",
            job_class="link",
            source="",
            size=MIB << n,
            peak=int(30 * MIB * (1 << n) ** slope),
        )
        for n in range(count)
    ]


def test_the_links_of_a_project_tell_how_they_grow():
    law = learned.link_law(links(7))
    assert 0.75 < law.slope < 1.0
    assert learned.link_law(links(7, slope=0.2)).slope < 0.4


def test_links_that_are_all_alike_leave_the_usual_slope():
    alike = [one._replace(size=MIB) for one in links(2)]
    assert learned.link_law(alike).slope == pytest.approx(learned.LINK_SLOPE)
    assert learned.link_law([]).slope == learned.LINK_SLOPE


def test_a_new_link_is_forecast_by_the_size_of_its_inputs():
    priors, _ = learned.priors(links(7), {})
    forecaster = Forecaster(priors)
    small = forecaster.forecast("new", "link", 2 * MIB)
    large = forecaster.forecast("newer", "link", 50 * MIB)
    assert large.peak > 4 * small.peak
    assert large.source == "class"


def test_a_class_is_that_of_this_project_once_enough_are_known():
    heavy = [entry(f"{n}.o", peak=900 * MIB) for n in range(learned.ENOUGH)]
    assert learned.priors(heavy[1:], {})[0] == {}
    priors, counts = learned.priors(heavy, {"compile": Prior(), "archive": Prior()})
    assert counts == {"compile": learned.ENOUGH}
    assert math.isclose(priors["compile"].peak, 900 * MIB, rel_tol=0.01)
    assert priors["archive"] == Prior()
    assert Forecaster(priors).forecast("new.o", "compile").source == "class"


# ---------------------------------------------------------------- the same under other flags


def test_other_flags_change_all_sources_alike_and_that_is_learned():
    took = {f"d/{n}.o": (100 + 10 * n) * MIB for n in range(8)}
    forecaster = Forecaster({}, kin=lambda key: (took[key], 2.0))
    first = forecaster.forecast("d/0.o", "compile")
    assert first.source == "kin"
    assert math.isclose(first.peak, 100 * MIB, rel_tol=0.06)
    for number in range(6):
        key = f"d/{number}.o"
        forecaster.forecast(key, "compile")
        forecaster.learn(key, "compile", 2 * took[key], 2.0)
    last = forecaster.forecast("d/7.o", "compile")
    assert math.log((last.peak + FILES) / (2 * took["d/7.o"] + FILES)) == pytest.approx(0, abs=0.15)
    assert last.peak_spread < first.peak_spread


def test_what_a_job_left_here_is_told_from_what_it_takes_here():
    here = entry(peak=300 * MIB, at=1)
    away = entry(variant="gcc -O3 remote", job_class="remote", peak=6 * MIB, at=2)
    found = past(here, away)
    assert found.latest()["a.o"].peak == 300 * MIB
    assert found.sent()["a.o"].peak == 6 * MIB
    assert past(away).latest() == {}
    assert past(here).sent() == {}
