import json
from collections.abc import Callable
from dataclasses import replace

from ninjapool.govern.contract import Calibration, Kill, Outcome
from ninjapool.govern.summary import (
    SHOWN_KILLS,
    as_json,
    as_text,
    calibrate,
    retry_text,
)
from ninjapool.history.calibration import Errors
from ninjapool.model import Forecast
from ninjapool.units import GIB, MIB

SMOOTH = Outcome(
    exit_code=0,
    governed=True,
    seconds=200.0,
    slots="ninja -j32",
    width=16,
    jobs=414,
    peak=3 * GIB,
    least_headroom=600 * MIB,
)
HELD = replace(
    SMOOTH,
    held_seconds={"memory": 75.0, "cpus": 100.0},
    pauses=2,
    rounds=2,
    kills=(
        Kill(key="a.o", job_class="compile", by="kernel", peak=GIB, alone=False, fate="retried"),
    ),
    calibration=(
        Calibration(job_class="compile", jobs=400, forecast=120 * GIB, measured=130 * GIB, under=3),
        Calibration(job_class="link", jobs=1, forecast=GIB, measured=GIB, under=0),
        Calibration(job_class="other", jobs=9, forecast=GIB, measured=MIB, under=0),
    ),
    forecasts={"history": 400, "log": 1, "class": 13},
)


def test_a_smooth_build_is_one_line() -> None:
    assert as_text(SMOOTH) == (
        "ninjapool: 414 jobs in 3 min 20 s (ninja -j32, 16 run at once), "
        "memory of all jobs at most 3.0 GiB, at least 600 MiB stayed free\n"
    )


def test_all_that_happened_is_told(expect: Callable[[str, str], None]) -> None:
    expect("govern-summary.txt", as_text(HELD))


def test_a_build_with_nothing_to_do_is_not_worth_a_word() -> None:
    assert as_text(replace(SMOOTH, jobs=0, peak=None)) == ""


def test_the_json_is_a_summary_without_every_job() -> None:
    told = json.loads(as_json(HELD))
    assert "record" not in told
    assert told["forecasts"]["history"] == 400
    assert told["width"] == 16


def test_a_failure_that_is_not_the_users_is_told_as_such() -> None:
    a, b = (replace(HELD.kills[0], key=key) for key in ("a.o", "b.o"))
    told = retry_text([a, b], {"a.o"})
    assert told == "a.o and 1 more failed for want of memory only (killed at 1.0 GiB): run again"
    assert retry_text([a], {"a.o"}).endswith("run again with nothing beside it")


def test_what_is_too_big_is_said_with_what_it_held() -> None:
    kill = Kill(
        key="bin/clang", job_class="link", by="kernel", peak=GIB, alone=True, fate="too big"
    )
    text = as_text(replace(SMOOTH, exit_code=1, kills=(kill,)))
    assert "bin/clang is too big: killed while alone, with 1.0 GiB" in text


def test_many_kills_are_counted_and_some_named() -> None:
    kill = HELD.kills[0]
    kills = tuple(replace(kill, key=f"{number}.o") for number in range(SHOWN_KILLS + 3))
    text = as_text(replace(SMOOTH, kills=kills))
    assert "8 jobs killed for memory, run again: 0.o, 1.o, 2.o, 3.o, 4.o and 3 more" in text


def test_what_was_given_up_is_said() -> None:
    kill = replace(HELD.kills[0], fate="given up")
    assert "a.o was killed for memory by the kernel and not run again" in as_text(
        replace(SMOOTH, kills=(kill,))
    )


def test_who_ended_it_is_said() -> None:
    assert "ended by SIGINT" in as_text(replace(SMOOTH, interrupted="SIGINT"))


def test_an_ungoverned_build_says_only_why() -> None:
    outcome = Outcome(exit_code=0, governed=False, seconds=1.0, slots="-j2", notes=("because",))
    assert as_text(outcome) == "ninjapool: because\n"


def test_json_has_all_and_null_for_what_is_not_known() -> None:
    found = json.loads(as_json(HELD))
    assert found["peak"] == 3 * GIB
    assert found["kills"][0]["fate"] == "retried"
    assert found["own_memory"] is None
    assert found["held_seconds"] == {"memory": 75.0, "cpus": 100.0}


def test_calibration_leaves_out_what_was_too_short_to_be_seen() -> None:
    guess = Forecast(peak=100, peak_spread=0.1, seconds=1, seconds_spread=0.1, curve=(1.0,))
    (found,) = calibrate([("compile", guess, measured) for measured in (90, 0, 200)])
    assert (found.jobs, found.forecast, found.measured, found.under) == (2, 200, 290, 1)
    assert found.errors == Errors(jobs=2, bias=1.45, median=0.3056, p95=0.5, above=1)


def test_the_accuracy_of_the_forecasts_is_told() -> None:
    exact = Errors(jobs=400, bias=1.0, median=0.01, p95=0.06, above=2)
    (line,) = (one for one in HELD.calibration if one.job_class == "compile")
    text = as_text(replace(HELD, calibration=(replace(line, errors=exact),)))
    assert "(half within 1 %, 95 % within 6 %; 2 above the 99 % bound)" in text
    single = replace(line, errors=replace(exact, jobs=1, median=0.3, above=0))
    assert "(30 % off)" in as_text(replace(HELD, calibration=(single,)))
