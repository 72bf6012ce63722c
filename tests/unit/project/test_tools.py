from collections.abc import Callable
from pathlib import Path

import pytest

from ninjapool.errors import CannotRunError, NotFoundError
from ninjapool.project import tools
from ninjapool.project.compiler import Host
from ninjapool.project.tools import Tool, find_cmake, find_ninja


@pytest.fixture(autouse=True)
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """No program is run: each says version 1.2.3 of itself, or what a test wants."""
    said = ["tool version 1.2.3 of /its/path"]

    class Answering(Host):
        def __init__(self, *, env: dict[str, str]) -> None:
            super().__init__(env=env, ask=lambda _: said[0])

    monkeypatch.setattr(tools, "Host", Answering)
    monkeypatch.setattr("ninja.BIN_DIR", "")
    monkeypatch.setattr("cmake.CMAKE_BIN_DIR", "")
    return lambda text: said.__setitem__(0, text)


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    path.chmod(0o755)
    return path


def cache(build: Path, text: str) -> Path:
    build.mkdir(exist_ok=True)
    (build / "CMakeCache.txt").write_text(text)
    return build


def test_the_one_on_the_path_is_found_with_its_version(tmp_path):
    path = program(tmp_path / "cmake")
    tool = find_cmake({"PATH": str(tmp_path)})
    assert tool == Tool(path=path, version="1.2.3", source="PATH")
    assert tool.numbers == (1, 2, 3)


def test_ninja_has_other_names_too(tmp_path):
    path = program(tmp_path / "ninja-build")
    assert find_ninja({"PATH": str(tmp_path)}).path == path


def test_without_one_on_the_path_the_packages_is_taken(tmp_path, monkeypatch):
    path = program(tmp_path / "ninja")
    monkeypatch.setattr("ninja.BIN_DIR", str(tmp_path))
    tool = find_ninja({"PATH": ""})
    assert (tool.path, tool.source) == (path, "Python package ninja")


def test_an_existing_build_directory_keeps_its_own(tmp_path):
    own = program(tmp_path / "own" / "ninja-1.11")
    program(tmp_path / "ninja")
    build = cache(tmp_path / "b", f"CMAKE_MAKE_PROGRAM:FILEPATH={own}\n")
    tool = find_ninja({"PATH": str(tmp_path)}, build)
    assert (tool.path, tool.source) == (own, "b/CMakeCache.txt")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CMAKE_MAKE_PROGRAM:FILEPATH=/gone/ninja\n",
        "CMAKE_MAKE_PROGRAM:FILEPATH={folder}/make\n",
        "CMAKE_MAKE_PROGRAM:FILEPATH={folder}/ninjapool-ninja\n",
        "//set by ninjapool\nCMAKE_MAKE_PROGRAM:FILEPATH={folder}/ninja-shim\n",
    ],
)
def test_what_is_gone_no_ninja_or_our_own_stand_in_is_passed_over(tmp_path, text):
    for name in ("make", "ninjapool-ninja", "ninja-shim"):
        program(tmp_path / "x" / name)
    path = program(tmp_path / "ninja")
    build = cache(tmp_path / "b", text.format(folder=tmp_path / "x"))
    assert find_ninja({"PATH": str(tmp_path)}, build).path == path


def test_the_cmake_that_made_a_build_directory_is_kept(tmp_path):
    own = program(tmp_path / "own" / "cmake")
    build = cache(tmp_path / "b", f"CMAKE_COMMAND:INTERNAL={own}\n")
    assert find_cmake({"PATH": ""}, build).path == own


def test_none_at_all_is_an_error_that_says_how_to_get_one():
    with pytest.raises(NotFoundError) as caught:
        find_ninja({"PATH": ""})
    assert "pip install ninja" in caught.value.hint
    assert caught.value.exit_code == 127


def test_one_that_tells_no_version_is_an_error(tmp_path, answer):
    program(tmp_path / "cmake")
    answer("")
    with pytest.raises(CannotRunError, match="tells no version"):
        find_cmake({"PATH": str(tmp_path)})


def test_a_long_version_is_kept_and_compared_by_its_numbers(tmp_path, answer):
    program(tmp_path / "ninja")
    answer("1.13.2.git.kitware.jobserver-pipe-1\n")
    tool = find_ninja({"PATH": str(tmp_path)})
    assert tool.version == "1.13.2.git.kitware.jobserver-pipe-1"
    assert tool.numbers == (1, 13, 2)


def test_behind_our_stand_in_is_the_ninja_that_the_cache_names(tmp_path):
    behind = program(tmp_path / "x" / "ninja")
    program(tmp_path / "ninja")
    shim = program(tmp_path / "x" / "ninjapool-ninja")
    text = f"CMAKE_MAKE_PROGRAM:FILEPATH={shim}\nNINJAPOOL_NINJA:FILEPATH={behind}\n"
    build = cache(tmp_path / "b", text)
    assert find_ninja({"PATH": str(tmp_path)}, build).path == behind
