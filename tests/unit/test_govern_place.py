"""Which build directory is meant: where none is named, and where a command would build."""

import json
from pathlib import Path

import pytest

from ninjapool.errors import SourceError
from ninjapool.govern import place
from ninjapool.govern.place import Place


def made(folder: Path, name: str = "build.ninja") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("")
    return folder


# ---------------------------------------------------------------- none named


def test_a_build_directory_is_meant_by_who_stands_in_it(tmp_path: Path) -> None:
    made(tmp_path / "build")
    made(tmp_path)
    assert place.usual(tmp_path) == tmp_path


def test_build_goes_before_its_neighbours(tmp_path: Path) -> None:
    made(tmp_path / "release")
    made(tmp_path / "build", "CMakeCache.txt")
    assert place.usual(tmp_path) == tmp_path / "build"


@pytest.mark.parametrize("name", ["cmake-build-debug", "build/Release", "out/build/x64"])
def test_the_only_one_is_found_where_editors_put_it(tmp_path: Path, name: str) -> None:
    made(tmp_path / name)
    assert place.usual(tmp_path) == tmp_path / name


def test_of_two_none_is_guessed(tmp_path: Path) -> None:
    made(tmp_path / "debug")
    made(tmp_path / "release")
    with pytest.raises(SourceError, match="there are debug, release") as error:
        place.usual(tmp_path)
    assert error.value.hint == "ninjapool build DIR"


def test_a_source_that_is_not_configured_gets_the_command(tmp_path: Path) -> None:
    made(tmp_path, "CMakeLists.txt")
    with pytest.raises(SourceError, match="is the source") as error:
        place.usual(tmp_path)
    assert error.value.hint.startswith("configure it first: ninjapool configure")


def test_a_source_named_for_its_build_directory_is_told_the_other(tmp_path: Path) -> None:
    made(tmp_path, "CMakeLists.txt")
    made(tmp_path / "build")
    error = place.not_configured(tmp_path, "no build.ninja")
    assert error.hint.endswith(f"ninjapool build {tmp_path / 'build'}")


def test_an_empty_folder_has_nothing_to_build(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no build directory here"):
        place.usual(tmp_path)


# ---------------------------------------------------------------- a command's


@pytest.mark.parametrize(
    ("command", "folder"),
    [
        ("ninja -C out all", "out"),
        ("/usr/bin/ninja -vCout", "out"),
        ("ninjapool-ninja all", "."),
        ("make -C out -j4", "out"),
        ("cmake --build out -j 4", "out"),
        ("cmake --build out -- -k0", "out"),
    ],
)
def test_a_command_tells_where_it_builds(tmp_path: Path, command: str, folder: str) -> None:
    assert place.of_command(command.split(), tmp_path, {}).folder == tmp_path / folder


def test_a_script_builds_here_if_this_is_a_build_directory(tmp_path: Path) -> None:
    assert place.of_command(["./script"], tmp_path, {}) == Place()
    made(tmp_path)
    assert place.of_command(["./script"], tmp_path, {}).folder == tmp_path


def presets(folder: Path) -> None:
    text = {
        "version": 3,
        "configurePresets": [
            {"name": "dev", "generator": "Ninja", "binaryDir": "${sourceDir}/out/${presetName}"}
        ],
        "buildPresets": [
            {"name": "base", "hidden": True, "configurePreset": "dev", "jobs": 5},
            {"name": "dev", "inherits": ["base"]},
            {"name": "wide", "inherits": "dev", "jobs": 0},
            {"name": "lost", "inherits": "lost"},
        ],
    }
    (folder / "CMakePresets.json").write_text(json.dumps(text))


@pytest.mark.parametrize(
    ("words", "folder", "jobs"),
    [
        ("--preset dev", "out/dev", 5),
        ("--preset=dev", "out/dev", 5),
        ("--preset wide", "out/dev", 0),
        ("--preset dev -j3", "out/dev", 3),
        ("--preset base", None, None),
        ("--preset none", None, None),
        ("--preset lost", None, None),
    ],
)
def test_a_build_preset_tells_place_and_width(
    tmp_path: Path, words: str, folder: str | None, jobs: int | None
) -> None:
    presets(tmp_path)
    command = ["cmake", "--build", *words.split()]
    expected = Place(folder=tmp_path / folder if folder else None, jobs=jobs)
    assert place.of_command(command, tmp_path, {}) == expected


# ---------------------------------------------------------------- pools


@pytest.mark.parametrize("name", ["CMakeFiles/rules.ninja", "rules.ninja"])
def test_the_pools_of_the_build_directory_are_known(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("rule x\n  command = y\npool a\n  depth = 2\n\npool b\n  depth = 1\n")
    assert place.pools(tmp_path) == {"a": 2, "b": 1}


def test_without_rules_there_are_no_pools(tmp_path: Path) -> None:
    assert place.pools(tmp_path) == {}
