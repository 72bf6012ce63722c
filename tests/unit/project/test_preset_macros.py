import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool.project.presets.macros import MacroError, Macros, expand_include


def macros(version: int = 6, **environment: "str | None") -> Macros:
    values = {"sourceDir": "/src", "presetName": "p", "dollar": "$", "fileDir": "/f"}
    parent = {"HOME": "/home/u", "BOTH": "outer"}
    return Macros(version=version, values=values, parent=parent, environment=environment)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("${sourceDir}/b-${presetName}", "/src/b-p"),
        ("$penv{HOME}|$penv{NONE}|$env{HOME}|$env{NONE}", "/home/u||/home/u|"),
        ("${dollar}{sourceDir}", "${sourceDir}"),
        ("$x $ y $y{z} a$", "$x $ y $y{z} a$"),
        ("$$env{HOME}", "$$env{HOME}"),
        ("", ""),
    ],
)
def test_macros_are_expanded_as_cmake_does(text, expanded):
    assert macros().expand(text) == expanded


def test_the_environment_of_the_preset_comes_before_that_of_the_parent():
    both = macros(BOTH="inner-$penv{BOTH}", OTHER="<$env{BOTH}>")
    assert both.expand("$env{BOTH} $penv{BOTH} $env{OTHER}") == "inner-outer outer <inner-outer>"


def test_a_null_in_the_environment_lets_the_parent_shine_through():
    assert macros(BOTH=None).expand("$env{BOTH}") == "outer"


@pytest.mark.parametrize("text", ["${foo}", "${}", "${sourceDir", "$env{}", "$vendor{x}", "$penv{"])
def test_what_cmake_would_not_expand_is_an_error(text):
    with pytest.raises(MacroError):
        macros().expand(text)


def test_an_environment_variable_must_not_hang_on_itself():
    circle = macros(A="$env{B}", B="$env{A}", PATH="$env{PATH}:/x")
    with pytest.raises(MacroError, match="A -> B -> A"):
        circle.expand("$env{A}")
    with pytest.raises(MacroError, match="PATH refers to itself"):
        circle.expand("$env{PATH}")


def test_a_circle_that_was_left_again_is_none():
    assert macros(A="1", B="$env{A}$env{A}").expand("$env{B}$env{A}") == "111"


def test_a_macro_that_is_newer_than_the_file_is_an_error():
    assert macros(version=4).expand("${fileDir}") == "/f"
    with pytest.raises(MacroError, match="version 4"):
        macros(version=3).expand("${fileDir}")


def test_includes_know_no_macros_before_version_7():
    assert expand_include("$penv{HOME}/x.json", macros(version=6)) == "$penv{HOME}/x.json"


def test_includes_know_penv_from_version_7_and_the_rest_from_9():
    assert expand_include("$penv{HOME}/x.json", macros(version=7)) == "/home/u/x.json"
    assert expand_include("${sourceDir}/x.json", macros(version=9)) == "/src/x.json"
    with pytest.raises(MacroError, match="version 9"):
        expand_include("${sourceDir}/x.json", macros(version=8))
    with pytest.raises(MacroError, match="not allowed"):
        expand_include("$env{HOME}/x.json", macros(version=9))


@given(st.text(alphabet="${}envpscouD ", max_size=40))
def test_any_text_is_expanded_or_refused(text):
    try:
        expanded = macros().expand(text)
    except MacroError as error:
        assert "$" in text, error
    else:
        assert "$" in text or expanded == text
