"""What a user gets: sdist, wheel and editable install, and NinjaPool.cmake found by each way in."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cmake.conftest import CMake, with_module

pytestmark = [pytest.mark.build, pytest.mark.cmake]

REPOSITORY = Path(__file__).parents[2]
PARTS = ("ninjapool", "cmake_modules", "tests", "examples", "docs")
FILES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "pyproject.toml")
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*_cache", "build", ".hypothesis")

# No compiler is asked for: the pools stand in rules.ninja all the same.
FIND = """
cmake_minimum_required(VERSION 3.20)
project(consumer LANGUAGES NONE)
{way}
ninjapool_setup(COMPILE_JOBS 3 LINK_JOBS 2)
get_property(file GLOBAL PROPERTY NINJAPOOL_FILE)
message(STATUS "found ${{file}}")
"""
CONSUMER = """
[build-system]
requires = ["scikit-build-core", "ninjapool"]
build-backend = "scikit_build_core.build"
[project]
name = "consumer"
version = "1"
"""


@dataclass(frozen=True)
class Venv:
    """An environment with ninjapool in it; what else it may import is this test's own."""

    root: Path

    @property
    def python(self) -> Path:
        return self.root / "bin" / "python"

    @property
    def site(self) -> Path:
        return next((self.root / "lib").glob("python*/site-packages"))

    def run(self, *command: object, folder: Path | None = None, **env: str) -> str:
        return run(*command, folder=folder or self.root, **self.activated(), **env)

    def activated(self) -> dict[str, str]:
        return {"PATH": f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}"}

    def cmake_dir(self) -> Path:
        asked = "from ninjapool.resources import cmake_dir; print(cmake_dir())"
        return Path(self.run(self.python, "-c", asked).strip())


def run(*command: object, folder: Path, **env: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    clean |= {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"} | env
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=clean,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def new_venv(root: Path) -> Venv:
    run(sys.executable, "-m", "venv", root, folder=root.parent)
    venv = Venv(root)
    # Build backends come from here, so that nothing is downloaded. What this environment has
    # installed in place (ninjapool itself) is not seen this way.
    (venv.site / "backends.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return venv


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean copy of the repository."""
    root = tmp_path_factory.mktemp("source")
    for name in PARTS:
        if (REPOSITORY / name).is_dir():
            shutil.copytree(REPOSITORY / name, root / name, ignore=LEFT_OUT)
    for name in FILES:
        if (REPOSITORY / name).is_file():
            shutil.copy2(REPOSITORY / name, root / name)
    return root


@pytest.fixture(scope="module")
def built(source: Path) -> dict[str, Path]:
    """The sdist, and the wheel that is made from it."""
    run(sys.executable, "-m", "build", "--no-isolation", folder=source)
    sdist, wheel = (next((source / "dist").glob(f"*.{kind}")) for kind in ("tar.gz", "whl"))
    return {"sdist": sdist, "wheel": wheel}


@pytest.fixture(scope="module")
def installed(built: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Venv:
    venv = new_venv(tmp_path_factory.mktemp("installed") / "venv")
    venv.run(venv.python, "-m", "pip", "install", "--no-deps", built["wheel"])
    return venv


@pytest.fixture(scope="module")
def editable(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Venv:
    venv = new_venv(tmp_path_factory.mktemp("editable") / "venv")
    options = ("--no-deps", "--no-build-isolation", "--editable")
    venv.run(venv.python, "-m", "pip", "install", *options, source)
    return venv


@pytest.fixture(params=["wheel", "editable"])
def venv(request: pytest.FixtureRequest) -> Venv:
    fixture = "installed" if request.param == "wheel" else "editable"
    found: Venv = request.getfixturevalue(fixture)
    return found


@pytest.fixture(params=[with_module()[0], with_module()[-1]], ids=str)
def cmake(request: pytest.FixtureRequest) -> CMake:
    found: CMake = request.param
    return found


def found_by(cmake: CMake, folder: Path, *arguments: object, way: str, **env: str) -> Path:
    """The NinjaPool.cmake that a project gets, which also has its pools afterwards."""
    source = folder / "src"
    source.mkdir()
    (source / "CMakeLists.txt").write_text(FIND.format(way=way), encoding="utf-8")
    command = [cmake.path, "-S", source, "-B", folder / "build", "-G", "Ninja", *arguments]
    output = run(*command, folder=folder, **env)
    rules = (folder / "build" / "CMakeFiles" / "rules.ninja").read_text(encoding="utf-8")
    assert "pool ninjapool_compile\n  depth = 3\n" in rules
    found = next(line for line in output.splitlines() if line.startswith("-- found "))
    return Path(found.removeprefix("-- found "))


def test_the_wheel_holds_package_data_and_modules(built):
    with zipfile.ZipFile(built["wheel"]) as archive:
        names = set(archive.namelist())
    modules = {
        path.relative_to(REPOSITORY / "cmake_modules").as_posix()
        for path in (REPOSITORY / "cmake_modules").rglob("*")
        if path.is_file()
    }
    assert {f"ninjapool/cmake/{name}" for name in modules} <= names
    shared = {name.split("/data/", 1)[1] for name in names if ".data/data/" in name}
    assert {f"share/cmake/NinjaPool/{name}" for name in modules} <= shared
    for suffix in ("profiles/data/generic.toml", "emit/templates/hook.cmake.j2", "py.typed"):
        assert f"ninjapool/{suffix}" in names
    assert not any(name.startswith(("tests/", "examples/")) for name in names)


def test_the_sdist_holds_what_its_tests_need(built):
    with tarfile.open(built["sdist"]) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
    assert {"pyproject.toml", "LICENSE", "README.md", "cmake_modules/CMakeLists.txt"} <= names
    assert "tests/machines/wsl2-8gb/proc/meminfo" in names
    assert "tests/cmake/testing.cmake" in names
    assert "docs/reference.md" in names


def test_an_activated_environment_is_enough(venv, cmake, tmp_path):
    way = "find_package(NinjaPool REQUIRED)"
    found = found_by(cmake, tmp_path, way=way, **venv.activated())
    assert found == venv.root / "share" / "cmake" / "NinjaPool" / "NinjaPool.cmake"


def test_the_path_that_ninjapool_tells_is_a_root(venv, cmake, tmp_path):
    folder = venv.cmake_dir()
    way = "find_package(NinjaPool 0.1 CONFIG REQUIRED)"
    found = found_by(cmake, tmp_path, f"-DNinjaPool_ROOT={folder}", way=way)
    assert found == folder / "NinjaPool.cmake"


def test_the_path_that_ninjapool_tells_is_a_module_path(venv, cmake, tmp_path):
    folder = venv.cmake_dir()
    argument = f"-DCMAKE_MODULE_PATH={folder}"
    found = found_by(cmake, tmp_path, argument, way="include(NinjaPool)")
    assert found == folder / "NinjaPool.cmake"


@pytest.mark.parametrize("prefix", [".", "site-packages", "site-packages/ninjapool"])
def test_a_prefix_path_is_enough(installed, cmake, tmp_path, prefix):
    root = installed.root if prefix == "." else installed.site.parent / prefix
    way = "find_package(NinjaPool REQUIRED)"
    found = found_by(cmake, tmp_path, f"-DCMAKE_PREFIX_PATH={root}", way=way)
    assert found.is_relative_to(root)


def test_an_editable_install_shows_the_sources(editable, source):
    assert editable.cmake_dir() == source / "cmake_modules"


def test_a_wheel_shows_the_folder_in_the_package(installed):
    assert installed.cmake_dir() == installed.site / "ninjapool" / "cmake"


@pytest.mark.skipif(
    importlib.util.find_spec("scikit_build_core") is None, reason="needs scikit-build-core"
)
@pytest.mark.parametrize("way", ["find_package(NinjaPool REQUIRED)", "include(NinjaPool)"])
def test_scikit_build_core_finds_it_by_the_entry_points(installed, tmp_path, way):
    text = FIND.format(way=way) + "install(FILES CMakeLists.txt DESTINATION consumer)\n"
    (tmp_path / "CMakeLists.txt").write_text(text, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(CONSUMER, encoding="utf-8")
    options = ("--no-deps", "--no-build-isolation", "--verbose")
    # not activated: PATH must not be what leads to the module
    output = run(
        installed.python, "-m", "pip", "wheel", *options, ".", folder=tmp_path,
        CMAKE_GENERATOR="Ninja",
    )  # fmt: skip
    assert f"found {installed.site / 'ninjapool' / 'cmake' / 'NinjaPool.cmake'}" in output
