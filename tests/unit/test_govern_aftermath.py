"""What a build has come to over its rounds."""

from ninjapool.govern.aftermath import Course


def barren(*rounds: tuple[str, ...]) -> int:
    course = Course()
    for done in rounds:
        course.add_failure(done)
    return course.barren


def test_a_round_that_gets_something_done_starts_the_count_anew() -> None:
    assert barren((), ()) == 2
    assert barren((), (), ("a.o",)) == 0
    assert barren(("a.o",), (), ("b.o",), ()) == 1


def test_what_runs_in_every_round_is_no_progress() -> None:
    """A stamp that is always made anew would let ninja be started again for ever."""
    assert barren(("stamp",), ("stamp",), ("stamp",)) == 2
    assert barren(("stamp",), ("stamp",), ("stamp", "a.o")) == 0
