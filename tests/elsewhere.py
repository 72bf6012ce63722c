"""A real C++ project for distributed compilers, built in a memory cgroup against real daemons."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ninjapool.govern.ninjas import MARK
from tests.governing import NINJA, wait_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.governing import MemoryGroup

MIB = 1 << 20
SOURCES, PROGRAMS = 5, 8
SLOTS = 16
"""More than the CPUs of what these tests were made on, which has two."""
LIMIT = 450 * MIB
BLOB = 100 * MIB
"""What each program links in, and GNU ld holds while it does."""

CMAKE = f"""
cmake_minimum_required(VERSION 3.16)
project(elsewhere CXX)
foreach(number RANGE 1 {SOURCES})
  list(APPEND sources part${{number}}.cpp)
endforeach()
add_library(parts STATIC ${{sources}} blob.cpp)
foreach(number RANGE 1 {PROGRAMS})
  add_executable(program${{number}} main.cpp)
  target_link_libraries(program${{number}} PRIVATE parts)
endforeach()
"""
PART = """
#include <map>
#include <regex>
#include <string>
std::size_t part{n}(const std::string& text) {{
  std::map<std::string, std::size_t> found;
  const std::regex word("[a-z]+{n}");
  for (std::sregex_iterator at(text.begin(), text.end(), word), end; at != end; ++at)
    ++found[at->str()];
  return found.size();
}}
"""
MAIN = """
extern volatile char blob;
int main() { return blob - 7; }
"""


def project(folder: Path) -> Path:
    """Sources that are heavy, and may be compiled elsewhere, and programs whose links are heavy."""
    folder.mkdir()
    (folder / "CMakeLists.txt").write_text(CMAKE)
    for number in range(1, SOURCES + 1):
        (folder / f"part{number}.cpp").write_text(PART.format(n=number))
    (folder / "main.cpp").write_text(MAIN)
    blob = f'__asm__(".data\\n.globl blob\\nblob: .fill {BLOB},1,7\\n");\n'
    (folder / "blob.cpp").write_text(blob)
    return folder


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@dataclass
class Workshop:
    """Where the project is configured and built."""

    folder: Path
    group: MemoryGroup
    env: Mapping[str, str]
    before: tuple[str, ...] = ()
    """What brings a command to where the daemons can be reached."""

    @classmethod
    def open(cls, folder: Path, group: MemoryGroup, **env: str) -> Workshop:
        dropped = (MARK, "MAKEFLAGS", "CMAKE_BUILD_PARALLEL_LEVEL", "CCACHE_PREFIX")
        clean = {name: value for name, value in os.environ.items() if name not in dropped}
        paths = os.pathsep.join((str(NINJA.parent), clean["PATH"]))
        group.limit(LIMIT)
        project(folder / "src")
        return cls(folder, group, {**clean, "PATH": paths, **env})

    def ninjapool(self, *words: object, confined: bool = True) -> subprocess.Popen[str]:
        return self.start(sys.executable, "-m", "ninjapool", *words, confined=confined)

    def start(self, *words: object, confined: bool = True) -> subprocess.Popen[str]:
        entering = self.group.entering if confined else ()
        return subprocess.Popen(
            [*self.before, *entering, *map(str, words)],
            cwd=self.folder,
            env=dict(self.env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def configure(self, kind: str, launcher: str = "") -> str:
        """`launcher`: the user's own."""
        own = [f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}"] if launcher else []
        started = self.ninjapool(
            "configure", "src", "-B", "build", "--govern", "--remote", kind,
            "--", "-DCMAKE_BUILD_TYPE=None", "-DCMAKE_CXX_FLAGS=-O0", *own, confined=False,
        )  # fmt: skip
        return finish(started)

    def cmake(self, *words: str) -> str:
        """Configured by cmake alone."""
        usual = ("-G", "Ninja", "-DCMAKE_BUILD_TYPE=None", "-DCMAKE_CXX_FLAGS=-O0")
        return finish(self.start("cmake", "-S", "src", "-B", "build", *usual, *words))

    def clean(self) -> None:
        finish(self.start(NINJA, "-C", "build", "-t", "clean"))

    def learned(self) -> dict[str, int]:
        """The peaks that builds have left in the history, by output."""
        text = finish(self.ninjapool("history", "export", "src", "--file", "-"))
        rows = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        return {row["output"]: row["peak"] for row in rows if "peak" in row}

    def build(self, *words: str) -> subprocess.Popen[str]:
        return self.ninjapool("build", "build", "--json", "outcome.json", *words)

    @property
    def outcome(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "outcome.json").read_text())
        return found

    def came_home_unharmed(self, whose: str, limit: int) -> None:
        """After the hosts have died: what was compiled here fitted, and nothing is missing."""
        found, kills = self.outcome, self.group.kills()
        sys.stdout.write(
            f"{whose} died: {found['went']} compiles elsewhere, {found['came_home']} came home, "
            f"{kills} kills, at most {found['peak'] // MIB} MiB of {limit // MIB}\n"
        )
        assert found["came_home"] >= 1
        assert kills == 0
        assert self.objects() == SOURCES

    def objects(self) -> int:
        return len(list((self.folder / "build").rglob("part*.o")))

    def programs(self) -> list[Path]:
        return [self.folder / "build" / f"program{n}" for n in range(1, PROGRAMS + 1)]

    def links_alone_by_ninja(self) -> int:
        """The kernel's kills when plain ninja links again, as wide as the slots."""
        before = self.group.kills()
        for program in self.programs():
            program.unlink()
        started = self.start(NINJA, "-C", "build", f"-j{SLOTS}")
        started.communicate(timeout=120)
        assert started.returncode != 0
        return self.group.kills() - before


def finish(started: subprocess.Popen[str]) -> str:
    """What it printed; it must have ended well."""
    text, _ = started.communicate(timeout=180)
    assert started.returncode == 0, text
    return text


@dataclass
class Daemon:
    """A server that runs until it is ended, with all its children."""

    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, log: Path, *words: object, **env: str) -> Daemon:
        with log.open("wb") as out:
            process = subprocess.Popen(
                list(map(str, words)),
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return cls(process)

    def end(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def wait_for_port(port: int) -> None:
    wait_for(lambda: listens(port), 30, else_show=lambda: f"nobody listens at {port}")
