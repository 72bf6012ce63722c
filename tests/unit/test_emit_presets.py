"""The presets as text; that cmake takes them is tried in tests/cmake."""

import json

import pytest

from ninjapool.emit.presets import (
    BasePreset,
    PresetSettings,
    can_include,
    parse_ours,
    render_presets_file,
    render_user_presets,
)

HOOK = "${sourceDir}/.ninjapool/ninjapool-hook.cmake"
DEV = BasePreset(name="dev", binary_dir="/src/out/dev")


def presets(text):
    """Our configure preset and our build preset."""
    document = json.loads(text)
    kinds = (document["configurePresets"], document["buildPresets"])
    return tuple(next(p for p in kind if p["name"] == "ninjapool") for kind in kinds)


def again(settings, text, change):
    """The file after a person has changed it and `configure` has run once more."""
    document = json.loads(text)
    change(document)
    ours = parse_ours(json.dumps(document))
    assert ours is not None
    return render_user_presets(settings, ours)


def test_the_files_are_as_expected(expect):
    expect("presets/alone.json", render_user_presets(PresetSettings()))
    expect("presets/derived.json", render_user_presets(PresetSettings(base=DEV)))
    settings = PresetSettings(base=DEV, make_program="/opt/bin/ninja")
    expect("presets/file.json", render_presets_file(settings, ("../CMakePresets.json",)))


def test_alone_it_says_ninja_and_a_folder():
    configure, build = presets(render_user_presets(PresetSettings()))
    assert configure["generator"] == "Ninja"
    assert configure["binaryDir"] == "${sourceDir}/build"
    assert configure["cacheVariables"] == {"CMAKE_PROJECT_INCLUDE": HOOK}
    assert build["configurePreset"] == "ninjapool"


def test_the_build_passes_no_j_to_ninja():
    build = presets(render_user_presets(PresetSettings()))[1]
    assert build["jobs"] == 0
    assert build["environment"] == {"CMAKE_BUILD_PARALLEL_LEVEL": ""}


def test_with_a_base_it_inherits_and_keeps_the_bases_folder():
    configure = presets(render_user_presets(PresetSettings(base=DEV)))[0]
    assert configure["inherits"] == "dev"
    assert configure["binaryDir"] == "/src/out/dev"
    assert "generator" not in configure


def test_a_base_without_a_folder_leaves_it_to_b():
    base = BasePreset(name="dev")
    assert "binaryDir" not in presets(render_user_presets(PresetSettings(base=base)))[0]


def test_folder_and_generator_of_the_command_line_win():
    settings = PresetSettings(base=DEV, binary_dir="/b", generator="Ninja Multi-Config")
    configure = presets(render_user_presets(settings))[0]
    assert (configure["binaryDir"], configure["generator"]) == ("/b", "Ninja Multi-Config")


def test_the_include_of_the_base_is_not_replaced():
    base = BasePreset(name="dev", includes={"CMAKE_PROJECT_INCLUDE": "ide.cmake"})
    variables = presets(render_user_presets(PresetSettings(base=base)))[0]["cacheVariables"]
    assert variables == {"CMAKE_PROJECT_INCLUDE_BEFORE": HOOK}


@pytest.mark.parametrize(("second", "possible"), [("", True), ("b.cmake", False)])
def test_a_base_that_takes_both_includes_leaves_no_room(second, possible):
    includes = {"CMAKE_PROJECT_INCLUDE": "a.cmake", "CMAKE_PROJECT_INCLUDE_BEFORE": second}
    assert can_include(BasePreset(name="dev", includes=includes)) is possible
    assert can_include(None)


def test_what_a_person_adds_to_our_file_stays():
    def change(document):
        document["version"] = 6
        document["include"] = ["more.json"]
        document["vendor"]["editor"] = {"colour": 1}
        document["configurePresets"].insert(0, {"name": "mine", "inherits": "ninjapool"})
        document["buildPresets"].append({"name": "mine", "configurePreset": "mine", "jobs": 3})
        document["testPresets"] = [{"name": "mine", "configurePreset": "mine"}]

    settings = PresetSettings()
    first = render_user_presets(settings)
    second = json.loads(again(settings, first, change))
    expected = json.loads(first)
    change(expected)
    assert second == expected


def test_what_a_person_changes_in_our_presets_stays():
    def change(document):
        configure, build = document["configurePresets"][0], document["buildPresets"][0]
        configure["cacheVariables"]["CMAKE_BUILD_TYPE"] = "Release"
        configure["binaryDir"] = "${sourceDir}/elsewhere"
        configure["environment"] = {"CC": "clang"}
        build["jobs"] = 7

    settings = PresetSettings()
    configure, build = presets(again(settings, render_user_presets(settings), change))
    assert configure["cacheVariables"]["CMAKE_BUILD_TYPE"] == "Release"
    assert configure["cacheVariables"]["CMAKE_PROJECT_INCLUDE"] == HOOK
    assert configure["binaryDir"] == "${sourceDir}/elsewhere"
    assert configure["environment"] == {"CC": "clang"}
    assert build["jobs"] == 7


def test_jobs_that_we_wrote_go_when_compiles_stay_here_again():
    wide = render_user_presets(PresetSettings(jobs=34))
    assert presets(wide)[1]["jobs"] == 34
    assert presets(again(PresetSettings(jobs=50), wide, lambda _: None))[1]["jobs"] == 50
    assert again(PresetSettings(), wide, lambda _: None) == render_user_presets(PresetSettings())


def test_jobs_that_a_person_wrote_stay_whatever_becomes_of_the_compiles():
    def change(document):
        document["buildPresets"][0]["jobs"] = 7
        document["buildPresets"][0]["vendor"]["editor"] = "mine"

    changed = again(PresetSettings(jobs=50), render_user_presets(PresetSettings(jobs=34)), change)
    for text in (changed, again(PresetSettings(), changed, lambda _: None)):
        build = presets(text)[1]
        assert build["jobs"] == 7
        assert build["vendor"] == {"editor": "mine"}


def test_sizing_anew_without_a_base_keeps_the_one_there_is():
    first = render_user_presets(PresetSettings(base=DEV))
    assert again(PresetSettings(), first, lambda _: None) == first


def test_our_include_moves_when_the_base_needs_its_place():
    base = BasePreset(name="dev", includes={"CMAKE_PROJECT_INCLUDE": "ide.cmake"})
    first = render_user_presets(PresetSettings(base=DEV))
    configure = presets(again(PresetSettings(base=base), first, lambda _: None))[0]
    assert configure["cacheVariables"] == {"CMAKE_PROJECT_INCLUDE_BEFORE": HOOK}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"version": 4, "vendor": {"conan": {}}}',
        '{"vendor": "ninjapool"}',
        '{"vendor": {"ninjapool": {}}, "configurePresets": {}}',
        '{"vendor": {"ninjapool": {}}, "buildPresets": ["ninjapool"]}',
        '{"vendor": {"ninjapool": {}}, // a comment\n "version": 3}',
    ],
)
def test_a_file_without_our_mark_or_broken_is_not_ours(text):
    assert parse_ours(text) is None


def test_a_presets_file_includes_the_projects_presets():
    document = json.loads(render_presets_file(PresetSettings(base=DEV), ("../CMakePresets.json",)))
    assert (document["version"], document["include"]) == (4, ["../CMakePresets.json"])
    assert "include" not in json.loads(render_presets_file(PresetSettings(), ()))
