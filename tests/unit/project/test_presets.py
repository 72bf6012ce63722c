import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ninjapool.errors import FileError, NinjapoolError, UsageError
from ninjapool.project.presets import BuildPreset, ConfigurePreset, Presets, read_presets
from ninjapool.project.presets.files import parse_preset_file


def write(path: Path, *presets: dict[str, Any], version: int = 6, **root: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = {"version": version, **root, "configurePresets": list(presets)}
    path.write_text(json.dumps(data, indent=1), encoding="utf-8")


def read(source: Path, **env: str) -> Presets:
    return read_presets(source, env)


def values(preset: ConfigurePreset) -> dict[str, str]:
    return {name: variable.value for name, variable in preset.variables.items()}


def refused(source: Path, name: str = "p") -> NinjapoolError:
    with pytest.raises(NinjapoolError) as caught:
        read(source).configure(name)
    return caught.value


# ---------------------------------------------------------------- one preset


def test_a_preset_is_read_with_all_that_it_says(tmp_path):
    variables = {"A": "1", "B": True, "C": {"type": "PATH", "value": "x"}, "D": {"value": False}}
    condition = {"type": "equals", "lhs": "a", "rhs": "b"}
    preset = {"name": "p", "generator": "Ninja", "binaryDir": "${sourceDir}/out/../b-${presetName}"}
    more = {"cacheVariables": variables, "condition": condition, "toolchainFile": "t.cmake"}
    write(tmp_path / "CMakePresets.json", preset | more | {"environment": {"X": "$penv{HOME}/x"}})
    found = read(tmp_path, HOME="/h").configure("p")
    assert values(found) == {"A": "1", "B": "TRUE", "C": "x", "D": "FALSE"}
    assert (found.generator, found.binary_dir) == ("Ninja", tmp_path / "b-p")
    assert (found.toolchain, found.environment) == ("t.cmake", {"X": "/h/x"})
    assert found.condition == condition
    assert found.inherits == ()


def test_a_preset_and_its_variables_know_where_they_stand(tmp_path):
    write(tmp_path / "CMakePresets.json", {"name": "a"}, {"name": "p", "cacheVariables": {"X": ""}})
    found = read(tmp_path).configure("p")
    text = (tmp_path / "CMakePresets.json").read_text().splitlines()
    assert found.line is not None
    assert text[found.line - 1].strip() == '"name": "p",'
    assert (found.variables["X"].path, found.variables["X"].line) == (found.path, found.line)


def test_null_means_that_the_variable_is_not_set(tmp_path):
    write(
        tmp_path / "CMakePresets.json",
        {"name": "base", "cacheVariables": {"A": "1", "B": "2"}},
        {"name": "p", "inherits": "base", "cacheVariables": {"A": None}},
    )
    assert values(read(tmp_path).configure("p")) == {"B": "2"}


def test_no_binary_dir_is_none_and_a_relative_one_is_below_the_source(tmp_path):
    write(tmp_path / "CMakePresets.json", {"name": "p"}, {"name": "q", "binaryDir": "b"})
    presets = read(tmp_path)
    assert presets.configure("p").binary_dir is None
    assert presets.configure("q").binary_dir == tmp_path / "b"


# ---------------------------------------------------------------- inheritance


def test_the_child_wins_then_the_first_of_its_parents(tmp_path):
    write(
        tmp_path / "CMakePresets.json",
        {
            "name": "one",
            "hidden": True,
            "generator": "Ninja",
            "cacheVariables": {"A": "1", "B": "1"},
        },
        {
            "name": "two",
            "generator": "Xcode",
            "binaryDir": "x",
            "cacheVariables": {"B": "2", "C": "2"},
        },
        {"name": "p", "inherits": ["one", "two"], "cacheVariables": {"A": "own"}},
    )
    found = read(tmp_path).configure("p")
    assert values(found) == {"A": "own", "B": "1", "C": "2"}
    assert (found.generator, found.binary_dir) == ("Ninja", tmp_path / "x")
    assert {name: variable.preset for name, variable in found.variables.items()} == {
        "A": "p",
        "B": "one",
        "C": "two",
    }


def test_environments_merge_as_variables_do(tmp_path):
    write(
        tmp_path / "CMakePresets.json",
        {"name": "one", "environment": {"CC": "one-$env{X}"}},
        {"name": "p", "inherits": "one", "environment": {"X": "own", "Y": None}},
    )
    assert read(tmp_path).configure("p").environment == {"CC": "one-own", "X": "own"}


def test_hidden_and_display_name_are_not_inherited(tmp_path):
    write(
        tmp_path / "CMakePresets.json",
        {"name": "h", "hidden": True},
        {"name": "p", "inherits": "h"},
    )
    presets = read(tmp_path)
    assert presets.names == ("p",)
    assert presets.configure("p").inherits == ("h",)


def test_inherited_text_is_expanded_for_the_preset_that_is_used(tmp_path):
    write(
        tmp_path / "cmake" / "base.json",
        {
            "name": "base",
            "binaryDir": "${sourceDir}/${presetName}",
            "cacheVariables": {"F": "${fileDir}"},
        },
    )
    write(
        tmp_path / "CMakePresets.json",
        {"name": "p", "inherits": "base"},
        include=["cmake/base.json"],
    )
    found = read(tmp_path).configure("p")
    assert found.binary_dir == tmp_path / "p"
    assert values(found) == {"F": tmp_path.as_posix()}


def test_many_diamonds_take_no_time(tmp_path):
    levels = [{"name": "0"}] + [
        {"name": str(n), "inherits": [str(n - 1), str(n - 1)]} for n in range(1, 60)
    ]
    write(tmp_path / "CMakePresets.json", *levels)
    assert read(tmp_path).configure("59").inherits == ("58", "58")


@pytest.mark.parametrize(
    ("presets", "message"),
    [
        ([{"name": "p", "inherits": "nope"}], 'inherits from "nope", which does not exist'),
        ([{"name": "p", "inherits": "p"}], "in a circle"),
        ([{"name": "p", "inherits": "q"}, {"name": "q", "inherits": ["p"]}], "in a circle"),
    ],
)
def test_broken_inheritance_is_an_error_at_the_presets_line(tmp_path, presets, message):
    write(tmp_path / "CMakePresets.json", *presets)
    error = refused(tmp_path)
    assert isinstance(error, FileError)
    assert message in str(error)
    assert "CMakePresets.json:5: " in str(error) or "CMakePresets.json:9: " in str(error)


def test_a_misspelt_parent_is_guessed(tmp_path):
    write(tmp_path / "CMakePresets.json", {"name": "debug"}, {"name": "p", "inherits": "debgu"})
    assert refused(tmp_path).hint == "did you mean debug?"


def test_a_bad_macro_is_an_error_at_the_presets_line(tmp_path):
    write(tmp_path / "CMakePresets.json", {"name": "p", "cacheVariables": {"A": "${foo}"}})
    assert 'CMakePresets.json:5: preset "p": unknown macro ${foo}' in str(refused(tmp_path))


# ---------------------------------------------------------------- which presets there are


def test_no_preset_files_are_no_presets(tmp_path):
    presets = read(tmp_path)
    assert (presets.project, presets.user, presets.names) == (None, None, ())
    error = refused(tmp_path, "dev")
    assert isinstance(error, UsageError)
    assert "no configure presets" in error.hint


def test_an_unknown_preset_is_refused_with_the_known_ones(tmp_path):
    write(tmp_path / "CMakePresets.json", {"name": "debug"}, {"name": "release"})
    assert refused(tmp_path, "relaese").hint == "there is release"
    assert refused(tmp_path, "xyz").hint == "there is debug, release"


def test_a_hidden_preset_cannot_be_used(tmp_path):
    write(tmp_path / "CMakePresets.json", {"name": "p", "hidden": True})
    assert "hidden" in str(refused(tmp_path))


def test_a_file_says_its_version_and_whose_it_is(tmp_path):
    vendor = {"conan": {}, "editor/1.0": {"a": 1}}
    write(
        tmp_path / "CMakeUserPresets.json", version=4, vendor=vendor, buildPresets=[{"name": "b"}]
    )
    user = read(tmp_path).user
    assert user is not None
    assert (user.version, set(user.vendor)) == (4, {"conan", "editor/1.0"})
    assert user.build_names == ("b",)
    assert read(tmp_path).project is None


# ---------------------------------------------------------------- includes


def test_the_users_file_sees_the_projects_without_saying_so(tmp_path):
    write(tmp_path / "CMakePresets.json", {"name": "base", "cacheVariables": {"A": "1"}})
    write(tmp_path / "CMakeUserPresets.json", {"name": "p", "inherits": "base"})
    presets = read(tmp_path)
    assert presets.names == ("base", "p")
    assert values(presets.configure("p")) == {"A": "1"}
    assert presets.configure("p").path.name == "CMakeUserPresets.json"


def test_includes_are_followed_from_the_including_file(tmp_path):
    write(tmp_path / "a" / "c.json", {"name": "c"})
    write(tmp_path / "a" / "b.json", {"name": "b", "inherits": "c"}, include=["c.json"])
    write(tmp_path / "CMakePresets.json", {"name": "p", "inherits": "b"}, include=["a/b.json"])
    assert read(tmp_path).names == ("c", "b", "p")
    assert read(tmp_path).configure("p").name == "p"


def test_a_file_may_be_included_twice_but_not_in_a_circle(tmp_path):
    write(tmp_path / "c.json", {"name": "c"})
    write(tmp_path / "b.json", include=["c.json"])
    write(tmp_path / "CMakePresets.json", {"name": "p"}, include=["b.json", "c.json"])
    assert read(tmp_path).names == ("c", "p")
    write(tmp_path / "c.json", {"name": "c"}, include=["b.json"])
    assert "in a circle" in str(refused(tmp_path))


def test_a_missing_include_is_an_error_at_the_line_that_names_it(tmp_path):
    write(tmp_path / "CMakePresets.json", {"name": "p"}, include=["nope.json"])
    error = refused(tmp_path)
    assert "CMakePresets.json:4: includes" in str(error)
    assert "refuses every preset" in error.hint


def test_an_include_may_come_from_the_environment(tmp_path):
    write(tmp_path / "sub" / "x.json", {"name": "x"})
    write(tmp_path / "CMakePresets.json", include=["$penv{WHERE}/x.json"], version=7)
    assert read(tmp_path, WHERE=str(tmp_path / "sub")).names == ("x",)
    write(tmp_path / "CMakePresets.json", include=["${foo}/x.json"], version=9)
    assert "unknown macro" in str(refused(tmp_path))


def test_a_parent_must_be_in_reach(tmp_path):
    write(tmp_path / "a.json", {"name": "base"})
    write(tmp_path / "b.json", {"name": "p", "inherits": "base"})
    write(tmp_path / "CMakePresets.json", include=["a.json", "b.json"])
    error = refused(tmp_path)
    assert "cannot reach" in str(error)
    assert "a.json" in error.hint


def test_a_name_may_be_used_once_only_over_all_files(tmp_path):
    write(tmp_path / "CMakePresets.json", {"name": "p"})
    write(tmp_path / "CMakeUserPresets.json", {"name": "p"})
    assert 'CMakeUserPresets.json:5: preset "p" is already in' in str(refused(tmp_path))


def test_a_presets_file_takes_the_place_of_both(tmp_path):
    write(tmp_path / "CMakePresets.json", {"name": "p"})
    write(tmp_path / "else" / "f.json", {"name": "q", "binaryDir": "${sourceDir}/b"})
    presets = read_presets(tmp_path, {}, tmp_path / "else" / "f.json")
    assert presets.names == ("q",)
    assert presets.configure("q").binary_dir == tmp_path / "b"


# ---------------------------------------------------------------- broken files


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("{", 1, "no valid JSON"),
        ('{"version": 4,\n"configurePresets": [{"name": "p",}]}', 2, "no valid JSON"),
        ('{"version": 4}\nx', 2, "no valid JSON"),
        ("", 1, "no valid JSON"),
        ("[]", 1, "no JSON object"),
        ("{}", 1, 'no "version"'),
        ('{\n"version": "4"}', 2, '"version" must be a number'),
        ('{\n"version": true}', 2, '"version" must be a number'),
        ('{"version": 3,\n"include": ["x"]}', 2, "needs version 4"),
        ('{"version": 4,\n"include": "x"}', 2, '"include" must be a list'),
        ('{"version": 4,\n"include": [1]}', 2, '"include" must hold strings'),
        ('{"version": 4,\n"configurePresets": {}}', 2, "must be a list"),
        ('{"version": 4,\n"configurePresets": [1]}', 2, 'object with a "name"'),
        ('{"version": 4,\n"configurePresets": [{"name": ""}]}', 2, 'object with a "name"'),
        ('{"version": 4, "configurePresets": [\n{"name": "p"},{"name": "p"}]}', 2, "two of"),
        ('{"version": 4, "configurePresets": [\n{"name": "p", "hidden": 1}]}', 2, "true or false"),
        ('{"version": 4, "configurePresets": [\n{"name": "p", "inherits": 1}]}', 2, "a list"),
        ('{"version": 4, "configurePresets": [\n{"name": "p", "inherits": [1]}]}', 2, "strings"),
        ('{"version": 4, "configurePresets": [\n{"name": "p", "binaryDir": 1}]}', 2, "a string"),
        (
            '{"version": 4, "configurePresets": [{"name": "p", "cacheVariables":\n{"A": 4}}]}',
            2,
            "A must be a string, true, false or null",
        ),
        (
            '{"version": 4, "configurePresets": [{"name": "p", "cacheVariables": {\n"A": {}}}]}',
            2,
            "A must",
        ),
        (
            '{"version": 4, "configurePresets": [{"name": "p", "environment":\n{"A": 4}}]}',
            2,
            "A must be a string or null",
        ),
    ],
)
def test_a_broken_file_is_named_with_the_line(tmp_path, text, line, message):
    (tmp_path / "CMakePresets.json").write_text(text)
    error = refused(tmp_path)
    assert isinstance(error, FileError)
    assert f"CMakePresets.json:{line}: " in str(error)
    assert message in str(error)


def test_a_trailing_comma_is_explained(tmp_path):
    (tmp_path / "CMakePresets.json").write_text('{"version": 4, "vendor": {},\n}')
    assert "remove the comma" in refused(tmp_path).hint


def test_a_missing_value_is_not_called_a_trailing_comma(tmp_path):
    (tmp_path / "CMakePresets.json").write_text('{"version": }')
    assert refused(tmp_path).hint == ""


def test_comments_are_read_over_as_cmake_4_0_did_and_noted(tmp_path):
    text = '{"version": 4, // a "comment"\n/* more\n */"configurePresets": [{"name": "//p"}]}'
    (tmp_path / "CMakePresets.json").write_text(text)
    presets = read(tmp_path)
    assert presets.names == ("//p",)
    assert presets.notes == ("CMakePresets.json has comments, which CMake 4.1 and newer refuse",)


def test_an_error_after_a_comment_keeps_its_line_and_mentions_comments(tmp_path):
    (tmp_path / "CMakePresets.json").write_text('{"version": 4, // c\n/* d */\nx}')
    error = refused(tmp_path)
    assert "CMakePresets.json:3: " in str(error)
    assert "$comment" in error.hint


def test_a_byte_order_mark_is_skipped(tmp_path):
    write(tmp_path / "CMakePresets.json", {"name": "p"})
    text = (tmp_path / "CMakePresets.json").read_bytes()
    (tmp_path / "CMakePresets.json").write_bytes(b"\xef\xbb\xbf" + text)
    assert read(tmp_path).names == ("p",)


def test_a_file_that_is_no_text_or_no_file_is_refused(tmp_path):
    (tmp_path / "CMakePresets.json").write_bytes(b"\xff\xfe{}")
    assert "not UTF-8" in str(refused(tmp_path))
    (tmp_path / "CMakePresets.json").unlink()
    (tmp_path / "CMakePresets.json").mkdir()
    assert "cannot be read" in str(refused(tmp_path))


def test_a_bottomless_file_is_refused(tmp_path):
    (tmp_path / "CMakePresets.json").write_text("[" * 100_000)
    assert isinstance(refused(tmp_path), FileError)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["p", "q", "${x}", "$env{p}", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "p", "q", "value"]), inner, max_size=3)
    ),
    max_leaves=6,
)
PRESET = st.fixed_dictionaries(
    {"name": st.sampled_from(["p", "q"])},
    optional={
        "inherits": st.sampled_from(["p", "q", ["p", "q"], "z", 1]),
        "cacheVariables": JSON,
        "environment": JSON,
        "binaryDir": JSON,
        "hidden": JSON,
        "vendor": JSON,
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.fixed_dictionaries(
        {"version": st.sampled_from([1, 3, 4, 6, 10, "x"])},
        optional={"configurePresets": st.lists(PRESET, max_size=3) | JSON, "include": JSON},
    )
)
def test_any_json_is_read_or_refused_with_a_reason(tmp_path, data):
    (tmp_path / "CMakePresets.json").write_text(json.dumps(data))
    try:
        presets = read(tmp_path)
        found = [presets.configure(name) for name in presets.names]
    except NinjapoolError as error:
        assert str(error)
    else:
        assert [preset.name for preset in found] == list(presets.names)


@given(st.text(max_size=100) | st.text(alphabet='{}[]",:/*\\ \n1a', max_size=100))
def test_any_text_is_read_or_refused_with_its_name(text):
    try:
        file = parse_preset_file(Path("x.json"), text)
    except FileError as error:
        assert str(error).startswith("x.json")
    else:
        assert file.version >= 1


# ---------------------------------------------------------------- build presets


def write_builds(source: Path, *presets: dict[str, Any]) -> Presets:
    write(source / "CMakePresets.json", {"name": "p"}, buildPresets=list(presets))
    return read(source)


def test_a_build_preset_takes_from_its_parents_what_it_does_not_say(tmp_path):
    presets = write_builds(
        tmp_path,
        {"name": "far", "hidden": True, "jobs": 9, "configurePreset": "p"},
        {"name": "near", "hidden": True, "jobs": 3},
        {"name": "b", "inherits": ["near", "far"]},
        {"name": "own", "inherits": "b", "jobs": 0},
    )
    assert presets.build("b") == BuildPreset(configure="p", jobs=3)
    assert presets.build("own") == BuildPreset(configure="p", jobs=0)


@pytest.mark.parametrize("name", ["hidden", "non"])
def test_a_build_preset_that_cannot_be_used_is_refused_with_those_that_can(tmp_path, name):
    presets = write_builds(tmp_path, {"name": "hidden", "hidden": True}, {"name": "none"})
    with pytest.raises(UsageError, match="no build preset is called") as caught:
        presets.build(name)
    assert caught.value.hint == "there is none"


def test_without_build_presets_that_is_said(tmp_path):
    write(tmp_path / "CMakePresets.json", {"name": "p"})
    with pytest.raises(UsageError) as caught:
        read(tmp_path).build("p")
    assert "has no build presets" in caught.value.hint


def test_a_build_preset_that_inherits_from_itself_says_what_it_says(tmp_path):
    presets = write_builds(tmp_path, {"name": "b", "inherits": ["b", "gone"], "jobs": 2})
    assert presets.build("b") == BuildPreset(jobs=2)


def test_a_width_that_is_no_number_is_refused_with_its_preset(tmp_path):
    with pytest.raises(FileError, match='"jobs" must be a number'):
        write_builds(tmp_path, {"name": "b", "jobs": "4"})
