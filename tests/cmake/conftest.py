"""Every cmake and ninja at hand, and a space in which a small project is configured and built.

NINJAPOOL_TEST_CMAKES names a folder of more of them, one per version, as
`pip install --target FOLDER/3.21.4 cmake==3.21.4` and `FOLDER/ninja-1.11.1.4` leave them.
"""

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cmake as cmake_package
import ninja as ninja_package
import pytest

from ninjapool.emit.cache import HOOK, render_cache, render_hook
from ninjapool.model import Plan
from tests.planned import a_plan, a_project


@dataclass(frozen=True)
class CMake:
    path: Path
    version: tuple[int, ...]

    def __str__(self) -> str:
        return ".".join(map(str, self.version))


@functools.cache
def asked(program: Path) -> tuple[int, ...]:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return tuple(int(part) for part in re.findall(r"\d+", done.stdout)[:3])


def at_hand(program: str, packaged: str, pattern: str) -> list[Path]:
    """The one on PATH, the one of the Python package, those of the folder; each version once."""
    folder = Path(os.environ.get("NINJAPOOL_TEST_CMAKES", "none"))
    on_path = shutil.which(program)
    paths = [Path(on_path)] if on_path else []
    paths += [Path(packaged, program), *folder.glob(pattern)]
    return sorted({asked(path): path for path in paths}.values(), key=asked)


@functools.cache
def cmakes() -> list[CMake]:
    paths = at_hand("cmake", cmake_package.CMAKE_BIN_DIR, "*/cmake/data/bin/cmake")
    return [CMake(path=path, version=asked(path)) for path in paths]


def with_presets() -> list[CMake]:
    return [cmake for cmake in cmakes() if cmake.version >= (3, 21)]


def with_module() -> list[CMake]:
    return [cmake for cmake in cmakes() if cmake.version >= (3, 20)]


@functools.cache
def ninjas() -> list[Path]:
    return at_hand("ninja", ninja_package.BIN_DIR, "ninja-*/bin/ninja")


# What a test asks for by the name of its argument.
KINDS: dict[str, Callable[[CMake], bool]] = {
    "cmake": lambda cmake: cmake.version >= (3, 19),
    "cmake_any": lambda _: True,
    "cmake_old": lambda cmake: cmake.version < (3, 19),
    "cmake_presets": lambda cmake: cmake.version >= (3, 21),
    "cmake_top_level": lambda cmake: cmake.version >= (3, 24),
    "cmake_one_include": lambda cmake: (3, 19) <= cmake.version < (3, 24),
    "cmake_presets_file": lambda cmake: cmake.version >= (4, 4),
    "cmake_newest": lambda cmake: cmake == cmakes()[-1],
    # For what is slow: the oldest for which it is made, and the newest.
    "cmake_module_ends": lambda cmake: cmake in (with_module()[0], cmakes()[-1]),
    "cmake_ends": lambda cmake: cmake in (with_presets()[0], cmakes()[-1]),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for name, fits in KINDS.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, [cmake for cmake in cmakes() if fits(cmake)], ids=str)
    if "ninja" in metafunc.fixturenames:
        metafunc.parametrize("ninja", ninjas(), ids=lambda path: ".".join(map(str, asked(path))))


@dataclass
class Space:
    """A source folder `src`, a build folder `build` in it, and the programs run there."""

    root: Path

    @property
    def source(self) -> Path:
        return self.root / "src"

    @property
    def cache_script(self) -> Path:
        return self.source / ".ninjapool" / "cache.cmake"

    @property
    def hook(self) -> Path:
        return self.source / ".ninjapool" / HOOK

    def write(self, name: str, text: str) -> Path:
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def emit(self, plan: Plan | None = None, *, llvm: bool = False) -> None:
        """Writes what `configure` would write for the project into .ninjapool/."""
        project, plan = a_project(llvm=llvm), plan or a_plan()
        self.write(".ninjapool/cache.cmake", render_cache(project, plan))
        self.write(f".ninjapool/{HOOK}", render_hook(project, plan))

    def run(self, *command: object, **env: str) -> str:
        """What the command prints; it must succeed."""
        done = subprocess.run(
            [str(word) for word in command],
            cwd=self.source,
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def configure(self, cmake: CMake, *arguments: object, generator: str = "Ninja") -> str:
        """Configures with the cache script last, as `ninjapool configure` does."""
        own = ["-S", ".", "-B", "build", *(["-G", generator] if generator else [])]
        return self.run(cmake.path, *own, *arguments, "-C", self.cache_script)

    def ninja_text(self, build: str = "build") -> str:
        folder = self.source / build
        paths = [*folder.glob("*.ninja"), *folder.glob("CMakeFiles/*.ninja")]
        return "".join(path.read_text(encoding="utf-8") for path in sorted(paths))

    def pools(self, build: str = "build") -> dict[str, int]:
        """Name and depth of each pool, and that none is there twice."""
        found = re.findall(r"^pool (\S+)\n  depth = (\d+)$", self.ninja_text(build), re.MULTILINE)
        assert len(found) == len(dict(found)), found
        return {name: int(depth) for name, depth in found}

    def pool_of(self, output: str, build: str = "build") -> str | None:
        """The pool of the edge whose first output is `output`, None where it has none."""
        pattern = rf"^build {re.escape(output)}(?: .*)?:.*\n((?:  .*\n)*)"
        edges = re.findall(pattern, self.ninja_text(build), re.MULTILINE)
        assert edges, f"no edge makes {output}"
        pool = re.search(r"^  pool = (\S+)$", edges[0], re.MULTILINE)
        return pool[1] if pool else None


@pytest.fixture
def space(tmp_path: Path) -> Space:
    (tmp_path / "src").mkdir()
    return Space(tmp_path)
