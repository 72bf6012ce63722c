import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool.project.language import Command, is_literal, is_true, parse_commands


def parsed(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(command.name, command.args) for command in parse_commands(text)]


def test_a_call_is_a_name_in_small_letters_with_its_arguments():
    assert parsed("SET(A b c)\nproject( X LANGUAGES CXX )") == [
        ("set", ("A", "b", "c")),
        ("project", ("X", "LANGUAGES", "CXX")),
    ]


def test_quotes_and_escapes_are_taken_off():
    assert parsed(r'set(A "b \"c\" d" e\ f "g\;h")') == [
        ("set", ("A", 'b "c" d', "e f", "g;h")),
    ]


def test_comments_are_skipped_also_those_with_brackets():
    text = "# set(A 1)\nset(B #[[ inner ) ]] 2) # end\n#[==[ set(C 3)\n]] ]==]\nset(D 4)"
    assert parsed(text) == [("set", ("B", "2")), ("set", ("D", "4"))]


def test_bracket_arguments_are_raw():
    assert parsed(r"set(A [[ ${x} \n ]] [=[ ]] ]=])") == [("set", ("A", r" ${x} \n ", " ]] "))]


def test_parentheses_nest_in_arguments():
    assert parsed("if(A AND (B OR C))\nfoo()") == [
        ("if", ("A", "AND", "B", "OR", "C")),
        ("foo", ()),
    ]


def test_each_call_knows_its_line_and_how_deep_it_stands():
    text = 'a()\nif(X)\n  b("1\n2")\n  foreach(y)\n    c()\n  endforeach()\nelse()\nendif()\nd()'
    found = [(c.name, c.line, c.nested) for c in parse_commands(text)]
    assert found == [
        ("a", 1, 0),
        ("if", 2, 0),
        ("b", 3, 1),
        ("foreach", 5, 1),
        ("c", 6, 2),
        ("endforeach", 7, 1),
        ("else", 8, 1),
        ("endif", 9, 0),
        ("d", 10, 0),
    ]


@pytest.mark.parametrize(
    "text", ["", "set(", "set(A", ")))", '"', '"abc', "[[", "a [=[ b", "\\", "#["]
)
def test_what_ends_too_early_yields_nothing(text):
    assert parsed(text) == []


@given(st.text(alphabet='ab ()[]="\\#\n${}', max_size=80) | st.text(max_size=80))
def test_no_text_breaks_the_reader(text):
    for command in parse_commands(text):
        assert 1 <= command.line <= text.count("\n") + 1
        assert command.nested >= 0


@given(st.lists(st.text(max_size=20), max_size=4))
def test_quoted_arguments_come_back_unchanged(args):
    quoted = " ".join('"' + a.replace("\\", "\\\\").replace('"', '\\"') + '"' for a in args)
    assert list(parse_commands(f"f({quoted})")) == [Command(name="f", args=tuple(args), line=1)]


@pytest.mark.parametrize("value", ["1", "ON", "yes", "True", "y", "Thin", "2", "/usr/bin/x"])
def test_all_but_the_false_constants_is_true(value):
    assert is_true(value)


@pytest.mark.parametrize("value", ["", "0", "off", "NO", "False", "n", "IGNORE", "x-NOTFOUND", " "])
def test_the_false_constants_are_false(value):
    assert not is_true(value)


def test_a_value_with_a_reference_is_not_literal():
    assert all(map(is_literal, ["a$b", "-O2 -g"]))
    assert not any(map(is_literal, ["${A}", "x$ENV{B}", "$<CONFIG>"]))
