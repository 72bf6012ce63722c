import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ninjapool.govern import arguments


@pytest.mark.parametrize(
    ("words", "rest", "jobs"),
    [
        (["-j8", "all"], ("all",), 8),
        (["-j", "8", "all"], ("all",), 8),
        (["-vj8"], ("-v",), 8),
        (["-k", "0", "-j4", "a", "b"], ("-k0", "a", "b"), 4),
        (["-j4", "-j6"], (), 6),
        (["-j0"], (), 0),
        (["-d", "explain"], ("-dexplain",), None),
        (["--quiet", "install"], ("--quiet", "install"), None),
        (["--", "-j4"], ("--", "-j4"), None),
    ],
)
def test_ninjas_width_is_taken_out_and_the_rest_left(
    words: list[str], rest: tuple[str, ...], jobs: int | None
) -> None:
    found = arguments.ninja(words)
    assert (found.rest, found.jobs, found.builds) == (rest, jobs, True)


@pytest.mark.parametrize(
    "words",
    [["--version"], ["-t", "restat", "a"], ["-C", "d", "-t", "recompact"], ["-n"], ["-h"], ["-vn"]],
)
def test_a_ninja_that_only_tells_builds_nothing(words: list[str]) -> None:
    assert not arguments.ninja(words).builds


def test_where_and_by_which_file_ninja_works() -> None:
    found = arguments.ninja(["-C", "out", "-f", "build-Debug.ninja"])
    assert (found.folder, found.file) == ("out", "build-Debug.ninja")


def test_a_value_that_looks_like_an_option_is_a_value() -> None:
    assert arguments.ninja(["-C", "-t"]).builds


def test_a_width_that_is_no_number_is_for_ninja_to_refuse() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        arguments.ninja(["-jx"])


@pytest.mark.parametrize(
    ("words", "rest", "jobs"),
    [
        (["-j8", "all"], ("all",), 8),
        (["-j", "8"], (), 8),
        (["-j"], (), 0),
        (["-j", "all"], ("all",), 0),
        (["--jobs=3"], (), 3),
        (["--jobs"], (), 0),
        (["-kj2"], ("-k",), 2),
        (["-Otarget", "-C", "d"], ("-Otarget", "-Cd"), None),
        (["all", "CXX=g++"], ("all", "CXX=g++"), None),
    ],
)
def test_makes_width_may_stand_alone(
    words: list[str], rest: tuple[str, ...], jobs: int | None
) -> None:
    found = arguments.make(words)
    assert (found.rest, found.jobs, found.builds) == (rest, jobs, True)


@pytest.mark.parametrize("words", [["-n"], ["--version"], ["-q"], ["--dry-run"], ["-kn"]])
def test_a_make_that_only_tells_builds_nothing(words: list[str]) -> None:
    assert not arguments.make(words).builds


@pytest.mark.parametrize(
    ("words", "jobs"),
    [
        (["build", "-j", "4"], 4),
        (["build", "-j4"], 4),
        (["build", "--jobs=4", "-p", "x"], 4),
        (["build", "--jobs", "4"], 4),
        (["build", "--release"], None),
        (["run", "--", "-j4"], None),
    ],
)
def test_cargos_width(words: list[str], jobs: int | None) -> None:
    assert arguments.cargo(words).jobs == jobs


@pytest.mark.parametrize(
    ("words", "jobs"),
    [
        (["--build", "d"], None),
        (["--build", "d", "-j8"], 8),
        (["--build", "d", "-j", "8"], 8),
        (["--build", "d", "--parallel", "8"], 8),
        (["--build", "d", "--parallel"], 0),
        (["--build", "d", "--parallel=8"], 8),
        (["--build", "d", "--", "-j8"], None),
    ],
)
def test_cmakes_width_is_read_and_its_words_are_left(words: list[str], jobs: int | None) -> None:
    found = arguments.cmake_build(words)
    assert found is not None
    assert (found.rest, found.jobs, found.folder) == (tuple(words), jobs, "d")


@pytest.mark.parametrize("words", [["-S", "."], ["--build"], ["--install", "d"], ["--", "--build"]])
def test_a_cmake_that_does_not_build_is_another_command(words: list[str]) -> None:
    assert arguments.cmake_build(words) is None


@given(st.lists(st.text(alphabet="-jkvtCfn019x=", min_size=1, max_size=6), max_size=6))
def test_what_is_left_has_no_width_and_means_the_same(words: list[str]) -> None:
    try:
        found = arguments.make(words)
    except ValueError:
        assume(False)
    again = arguments.make(found.rest)
    assert again.jobs is None
    assert again.rest == found.rest
    assert (again.builds, again.folder) == (found.builds, found.folder)
