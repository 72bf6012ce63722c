"""Whether a build that failed is started again."""

from collections.abc import Collection
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ninjapool.govern.summary import retry_text
from ninjapool.govern.verdict import LATE, Ended, Facts, Verdict, got_done, judge, undecided

KILL = (100.0, 100.3)
"""Between these moments the kernel's counter rose."""


def job(number: int, **figures: Any) -> Ended:
    defaults: dict[str, Any] = {
        "id": number,
        "key": f"o{number}",
        "job_class": "compile",
        "output": f"/b/o{number}",
        "made": False,
        "command": number,
        "driver": 7,
        "within": None,
        "nested": False,
        "peak": number * 1000,
        "begun": 0.0,
        "ended": 50.0,
        "lost": None,
        "killed": False,
        "alone": False,
        "again": False,
    }
    return Ended(**{**defaults, **figures})


def verdict(
    *jobs: Ended,
    logged: Collection[str] | None = (),
    kills: tuple[tuple[float, float], ...] = (KILL,),
    last: bool = False,
    **figures: Any,
) -> Verdict:
    return judge(facts(*jobs, logged=logged, kills=kills, **figures), last=last)


def facts(
    *jobs: Ended,
    logged: Collection[str] | None = (),
    kills: tuple[tuple[float, float], ...] = (KILL,),
    **figures: Any,
) -> Facts:
    return Facts(
        ended=jobs,
        kernel_kills=kills,
        driver_killed=figures.get("driver_killed", False),
        logged=logged,
        outputs=figures.get("outputs", {}),
    )


def test_a_job_that_lost_its_compiler_while_the_counter_rose_is_run_again() -> None:
    found = verdict(job(1, lost=100.2, ended=100.4), job(2), logged=["o2"])
    assert found.retry
    assert [(kill.key, kill.by, kill.fate) for kill in found.kills] == [("o1", "kernel", "retried")]


def test_a_victim_that_takes_its_time_to_die_is_one_all_the_same() -> None:
    assert verdict(job(1, lost=100.3 + LATE - 0.1)).retry


def test_a_failure_without_any_kill_is_the_users_own() -> None:
    found = verdict(job(1), job(2), logged=["o2"], kills=())
    assert not found.retry
    assert found.own_errors == ("o1",)
    assert found.kills == ()


def test_a_failure_long_before_the_kill_is_the_users_own_and_ends_the_build() -> None:
    found = verdict(job(1, lost=100.2, ended=100.4), job(2, ended=90.0))
    assert not found.retry
    assert found.own_errors == ("o2",)
    assert [kill.fate for kill in found.kills] == ["given up"]


def test_our_own_kill_is_run_again() -> None:
    found = verdict(job(1, killed=True), job(2), logged=["o2"], kills=())
    assert found.retry
    assert [(kill.key, kill.by) for kill in found.kills] == [("o1", "governor")]


def test_what_died_alone_is_too_big_and_not_run_again() -> None:
    found = verdict(job(1, lost=100.2, ended=100.4, alone=True, peak=5000))
    assert not found.retry
    assert [(kill.fate, kill.peak, kill.alone) for kill in found.kills] == [("too big", 5000, True)]


def test_what_is_killed_again_with_nothing_beside_it_is_too_big() -> None:
    found = verdict(job(1, lost=100.2, ended=100.4, again=True), job(2), logged=["o2"])
    assert [(kill.fate, kill.alone) for kill in found.kills] == [("too big", True)]


def test_what_is_killed_once_with_nothing_beside_it_is_run_again() -> None:
    found = verdict(job(1, lost=100.2, ended=100.4), job(2), logged=["o2"])
    assert [(kill.fate, kill.alone) for kill in found.kills] == [("retried", True)]


def test_what_is_killed_again_beside_another_is_run_again() -> None:
    company = job(2, begun=99.0, ended=101.0)
    found = verdict(job(1, lost=100.2, ended=100.4, again=True), company, logged=["o2"])
    assert [(kill.fate, kill.alone) for kill in found.kills] == [("retried", False)]


def test_a_job_that_was_only_held_is_no_company() -> None:
    held = job(2, begun=None, ended=101.0)
    found = verdict(job(1, lost=100.2, ended=100.4, again=True), held, logged=["o2"])
    assert [kill.fate for kill in found.kills] == ["too big"]


def test_a_job_that_ended_well_beside_a_kill_is_no_victim() -> None:
    found = verdict(job(1, lost=100.2, ended=100.4), job(9, lost=100.2, ended=100.4), logged=["o9"])
    assert [kill.key for kill in found.kills] == ["o1"]


def test_without_a_log_the_largest_near_the_kill_is_the_victim() -> None:
    found = verdict(
        job(1, lost=100.2), job(3, lost=100.2), job(2, lost=100.2), job(9, lost=10.0), logged=None
    )
    assert found.retry
    assert [kill.key for kill in found.kills] == ["o3"]


def test_a_kill_of_somebody_else_is_none_of_ours() -> None:
    found = verdict(job(1, ended=50.0), logged=None)
    assert not found.retry
    assert found.kills == ()


def test_where_the_kernel_has_killed_and_nobody_who_was_seen_failed_it_was_one_unseen() -> None:
    assert verdict(job(1), logged=["o1"]).retry
    assert verdict(logged=[]).retry
    assert not verdict(job(1), logged=["o1"], kills=()).retry
    assert not verdict(job(1), job(2), logged=["o1"]).retry, "o2 is an error of the user's own"
    assert not verdict(job(1), logged=["o1"], last=True).retry
    untold = job(2, key="command 1", output=None)
    assert not verdict(job(1), untold, logged=["o1"]).retry, "nobody can tell how it ended"


def test_the_edge_that_holds_a_killed_inner_job_has_no_error_of_its_own() -> None:
    outer = job(1, nested=True, ended=100.5)
    inner = job(2, driver=8, within=1, lost=100.2, ended=100.3)
    found = verdict(outer, inner)
    assert found.retry
    assert found.own_errors == ()
    assert [kill.key for kill in found.kills] == ["o2"]


def test_an_outer_edge_far_from_any_kill_is_excused_by_the_kill_inside_it() -> None:
    outer = job(1, nested=True, ended=300.0)
    inner = job(2, driver=8, within=1, killed=True)
    assert verdict(outer, inner, kills=()).retry


def test_a_driver_that_was_killed_itself_is_started_again() -> None:
    found = verdict(job(1, ended=0.0), driver_killed=True)
    assert found.retry
    assert found.own_errors == ()


def test_a_driver_that_somebody_killed_by_hand_is_not() -> None:
    assert not verdict(job(1), driver_killed=True, kills=()).retry


def test_the_last_round_is_the_last() -> None:
    found = verdict(job(1, killed=True), kills=(), last=True)
    assert not found.retry
    assert [kill.fate for kill in found.kills] == ["given up"]


def test_a_job_that_does_not_name_its_output_is_looked_up() -> None:
    unnamed = job(1, output=None, key="command 1f", command=11)
    assert undecided(facts(unnamed, job(2), kills=())) == [unnamed]
    failed = verdict(unnamed, kills=(), outputs={11: "gen.h"}, logged=[])
    assert failed.own_errors == ("command 1f",)
    assert verdict(unnamed, kills=(), outputs={11: "gen.h"}, logged=["gen.h"]).own_errors == ()


def test_an_output_that_nobody_knows_is_not_called_an_error() -> None:
    assert verdict(job(1, output=None, key="command 1f"), kills=()).own_errors == ()


def test_jobs_of_a_nested_driver_are_not_looked_for_in_the_outer_log() -> None:
    found = verdict(job(1, ended=10.0), job(2, driver=8, within=1), logged=["o1"], kills=())
    assert found.own_errors == ()


def test_what_ninja_logged_was_got_done() -> None:
    assert got_done(facts(job(1), job(2, killed=True), logged=["o1"])) == {"o1"}


def test_what_a_nested_driver_or_make_got_done_is_told_by_its_jobs() -> None:
    """Their logs are not read; an LLVM runtimes build is one edge of the outer ninja."""
    inner = [
        job(2, driver=8, within=1),
        job(3, driver=8, within=1, killed=True),
        job(4, driver=8, within=1, begun=None),
        job(5, driver=8, within=1, ended=None),
    ]
    assert got_done(facts(job(1, nested=True), *inner, logged=[])) == {"o2"}
    assert got_done(facts(*inner, logged=None)) == {"o2"}


def test_whoever_the_kernel_killed_got_nothing_done() -> None:
    near = [job(1, lost=100.2, ended=100.4), job(2, lost=100.2, ended=100.4)]
    assert got_done(facts(*near, logged=None)) == {"o1"}, "the largest is taken for the victim"


def test_where_no_log_tells_who_failed_it_was_not_one_that_has_made_its_output() -> None:
    """He would be called too big when the next kill is near him as well."""
    near: dict[str, Any] = {"lost": 100.2, "ended": 100.4, "driver": 8}
    small, large = job(1, **near), job(2, made=True, **near)
    for logged in ((), None):
        found = verdict(job(0, ended=60.0), small, large, logged=logged)
        assert [kill.key for kill in found.kills] == ["o1"]
    half = job(2, made=True, **near)  # GNU ld leaves half a program
    assert [kill.key for kill in verdict(half, logged=None).kills] == ["o2"]


def test_the_jobs_of_a_driver_that_was_killed_got_nothing_done_but_what_it_logged() -> None:
    assert got_done(facts(job(1), job(2), driver_killed=True, logged=["o1"])) == {"o1"}
    assert got_done(facts(job(1), driver_killed=True, logged=None)) == frozenset()


moments = st.one_of(st.none(), st.floats(90, 110))


@given(
    st.lists(
        st.builds(
            lambda number, lost, ended, killed, alone: job(
                number, lost=lost, ended=ended, killed=killed, alone=alone
            ),
            st.integers(1, 9),
            moments,
            st.floats(90, 110),
            st.booleans(),
            st.booleans(),
        ),
        max_size=6,
        unique_by=lambda ended: ended.id,
    ),
    st.sets(st.sampled_from([f"o{number}" for number in range(1, 10)])),
    st.booleans(),
)
def test_a_retry_has_a_reason_and_no_users_error(
    jobs: list[Ended], logged: set[str], last: bool
) -> None:
    found = verdict(*jobs, logged=logged, last=last)
    if found.retry:
        assert found.kills or all(job.key in logged for job in jobs)
        assert not found.own_errors
        assert not last
        assert all(kill.fate == "retried" for kill in found.kills)
    killed = {job.key for job in jobs if job.killed}
    assert killed <= {kill.key for kill in found.kills}


def test_a_killed_command_that_names_no_output_is_told_by_ninjas_name_for_it() -> None:
    unnamed = job(1, key="command 0123456789abcdef", output=None, command=11, killed=True)
    (kill,) = verdict(unnamed, kills=(), outputs={11: "gen.h"}, logged=[]).kills
    assert (kill.name, kill.key) == ("gen.h", "command 0123456789abcdef")
    assert "gen.h failed for want of memory" in retry_text([kill], ())
