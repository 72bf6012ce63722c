"""A real C++ project, fetched as a Debian source package, and builds of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import cmake
import ninja

PACKAGE = "abseil"
"""185 edges, 120 of them C++ sources; a minute on two cores."""
NINJA = Path(ninja.BIN_DIR) / "ninja"
CMAKE = Path(cmake.CMAKE_BIN_DIR) / "cmake"


class FetchError(Exception):
    """The package cannot be had here."""


def fetch(folder: Path) -> Path:
    """The source tree of PACKAGE, fetched by apt into the folder; no file of the system changes."""
    folder.mkdir(parents=True, exist_ok=True)
    if not _trees(folder):
        options = _private_apt(folder)
        _apt(folder, *options, "update")
        _apt(folder, *options, "source", "--download-only", PACKAGE)
        archive = next(folder.glob("*.orig.tar.*"))
        subprocess.run(["tar", "xf", archive], cwd=folder, check=True)
    return _trees(folder)[0]


def _trees(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob("*/CMakeLists.txt"))


def _apt(folder: Path, *words: str) -> None:
    try:
        subprocess.run(["apt-get", "-q", *words], cwd=folder, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise FetchError(f"apt-get {words[-1]}: {error}") from error


def _private_apt(folder: Path) -> list[str]:
    """Options by which apt keeps lists of its own, of sources only."""
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    names = dict(line.split("=", 1) for line in release.splitlines() if "=" in line)
    code = names.get("VERSION_CODENAME", "stable").strip('"')
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / "apt" / name).mkdir(parents=True, exist_ok=True)
    sources = folder / "apt" / "sources.list"
    sources.write_text(f"deb-src {_mirror()} {code} main\n", encoding="ascii")
    settings = {
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": "-",
        "Dir::State::Lists": folder / "apt" / "lists",
        "Dir::Cache": folder / "apt" / "cache",
        "Acquire::Languages": "none",
    }
    return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]


def _mirror() -> str:
    """Debian's, as the system itself is told to find it."""
    for path in [*Path("/etc/apt").glob("sources.list.d/*"), Path("/etc/apt/sources.list")]:
        if path.is_file():
            for word in path.read_text(encoding="utf-8", errors="replace").split():
                if word.startswith("http") and word.rstrip("/").endswith("debian"):
                    return word
    return "http://deb.debian.org/debian"


class Workshop:
    """One copy of a source tree, its build directories, and a state folder of its own."""

    def __init__(self, source: Path, folder: Path, flags: tuple[str, ...]) -> None:
        self.folder, self.flags = folder, flags
        self.source = folder / source.name
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree(source, self.source)
        self.env = {**os.environ, "NINJAPOOL_STATE": str(folder / "state")}
        self.build = folder / "build"

    def configure(self, name: str = "build") -> None:
        self.build = self.folder / name
        command = [CMAKE, "-G", "Ninja", "-S", self.source, "-B", self.build, *self.flags]
        self._run(*command, f"-DCMAKE_MAKE_PROGRAM={NINJA}")

    def ninja(self, *words: str) -> None:
        self._run(NINJA, "-C", self.build, *words)

    def governed(self) -> str:
        """What `ninjapool build` says of itself."""
        return self._run(sys.executable, "-m", "ninjapool", "build", self.build)

    def start_again(self, name: str) -> None:
        """Under another name, without what was built."""
        shutil.rmtree(self.build)
        self.configure(name)

    def touch(self, part: float) -> int:
        """Adds a line to so many of the sources; how many these are."""
        sources = sorted(self.source.rglob("*.cc"))
        chosen = sources[:: round(1 / part)]
        for path in chosen:
            with path.open("a", encoding="utf-8") as text:
                text.write("\n// touched\n")
        return len(chosen)

    def _run(self, *command: object) -> str:
        words = [str(word) for word in command]
        done = subprocess.run(words, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stderr
