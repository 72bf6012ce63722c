import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool.errors import UsageError
from ninjapool.project.arguments import parse_arguments


def definitions(*arguments: str) -> dict[str, str]:
    return {s.name: s.value for s in parse_arguments(arguments).steps if s.kind == "define"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("-DA=b",),
        ("-DA:STRING=b",),
        ("-D", "A=b"),
        ("-D", "A:STRING=b"),
        ("-DA=b  ",),
        ("-DA='b'",),
    ],
)
def test_all_forms_of_a_definition_mean_the_same(arguments):
    assert definitions(*arguments) == {"A": "b"}


def test_a_value_may_hold_colons_equals_signs_and_semicolons():
    assert definitions("-DA=x:y=z", "-DB:STRING=a;b", "-DC=") == {"A": "x:y=z", "B": "a;b", "C": ""}


def test_spaces_that_are_quoted_stay():
    assert definitions("-DA='q r '", "-DB:STRING=  sp  ") == {"A": "q r ", "B": "  sp"}


def test_definitions_removals_and_files_keep_their_order():
    steps = parse_arguments(["-DA=1", "-UA*", "-C", "x.cmake", "-Cy.cmake", "-DB=2"]).steps
    assert [(step.kind, step.name) for step in steps] == [
        ("define", "A"),
        ("undefine", "A*"),
        ("file", "x.cmake"),
        ("file", "y.cmake"),
        ("define", "B"),
    ]


def test_a_step_says_how_it_was_written():
    assert parse_arguments(["-D", "CMAKE_BUILD_TYPE=Debug"]).steps[0].text == (
        "-DCMAKE_BUILD_TYPE=Debug"
    )


def test_the_other_options_that_matter_are_found_in_both_forms():
    one = parse_arguments(
        ["-G", "Ninja", "-B", "b", "-S", "s", "--preset", "p", "--toolchain", "t", "--fresh"]
    )
    two = parse_arguments(["-GNinja", "-Bb", "-Ss", "--preset=p", "--toolchain=t", "--fresh"])
    assert one == two
    assert (one.generator, one.build, one.source) == ("Ninja", "b", "s")
    assert (one.preset, one.toolchain, one.fresh) == ("p", "t", True)
    assert parse_arguments(["--presets-file=f.json"]).presets_file == "f.json"


def test_the_last_of_a_kind_wins():
    assert parse_arguments(["-GNinja", "-G", "Xcode"]).generator == "Xcode"


def test_a_value_is_never_taken_for_an_option():
    assert definitions("-D", "-DA=1") == {"-DA": "1"}


def test_unknown_options_and_paths_are_passed_over():
    arguments = parse_arguments(["--debug-output", "-Wno-dev", "../source", "--log-level=ERROR"])
    assert arguments == parse_arguments([])


@pytest.mark.parametrize("arguments", [["-DA"], ["-D"], ["-DA=1", "-G"], ["--preset"]])
def test_what_cmake_would_refuse_is_refused_with_an_example(arguments):
    with pytest.raises(UsageError) as caught:
        parse_arguments(arguments)
    assert "write it as" in caught.value.hint


@given(st.lists(st.text(alphabet="-DUCGAB=: x", max_size=6), max_size=6))
def test_any_arguments_are_read_or_refused(arguments):
    try:
        steps = parse_arguments(arguments).steps
    except UsageError:
        return  # refused, as cmake would
    assert all(step.text[:2] in ("-D", "-U", "-C") for step in steps)
