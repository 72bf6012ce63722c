"""`ninjapool build`, `run` and the shim, as a user starts them, with the real governor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ninjapool.govern.watchdog import MARK
from tests.governing import NINJA, MemoryGroup, ninja_file, wait_for

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.build

MIB = 1 << 20
BUILD = (sys.executable, "-m", "ninjapool", "build")
SHIM = (sys.executable, "-c", "import sys; from ninjapool.shim import main; sys.exit(main())")


def clean() -> dict[str, str]:
    """Our environment without a build that is around us, and with a ninja of the tests'."""
    kept = {name: value for name, value in os.environ.items() if name not in (MARK, "MAKEFLAGS")}
    return {**kept, "PATH": f"{NINJA.parent}{os.pathsep}{kept['PATH']}"}


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=clean(), capture_output=True, text=True, check=False
    )


def compiles(folder: Path, hog: Path, count: int, megabytes: int) -> Path:
    """Jobs that ninjapool takes for compiles, by the name of their program."""
    compiler = folder / "g++"
    if not compiler.exists():
        compiler.symlink_to(hog)
    edges = {f"o{n}": f"{compiler} 60 {megabytes} -o o{n} -c 2>/dev/null" for n in range(count)}
    return ninja_file(folder / "b", edges)


def test_a_build_is_a_drop_in_for_ninja(tmp_path: Path, hog: Path) -> None:
    folder = compiles(tmp_path, hog, 4, 10)
    done = run(*BUILD, str(folder), "--json", str(tmp_path / "told.json"), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "[4/4] RUN" in done.stdout
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["jobs"] == 4
    assert "ninjapool: 4 jobs in" in done.stderr
    again = run(*BUILD, str(folder), folder=tmp_path)
    assert again.stdout == "ninja: no work to do.\n"


def test_quiet_adds_nothing(tmp_path: Path, hog: Path) -> None:
    folder = compiles(tmp_path, hog, 2, 5)
    assert run(*BUILD, str(folder), "--quiet", folder=tmp_path).stderr == ""


def test_a_folder_that_is_not_configured_has_an_exit_code_and_advice(tmp_path: Path) -> None:
    done = run(*BUILD, str(tmp_path), folder=tmp_path)
    assert done.returncode == 5
    assert "has no build.ninja" in done.stderr
    assert "cmake -G Ninja" in done.stderr


@pytest.mark.parametrize(
    "words", [["--version"], ["-t", "targets"], ["-n"], ["-C", ".", "-t", "list"]]
)
def test_the_shim_hands_on_what_only_asks(tmp_path: Path, hog: Path, words: list[str]) -> None:
    folder = compiles(tmp_path, hog, 2, 5)
    shim, ninja = run(*SHIM, *words, folder=folder), run(str(NINJA), *words, folder=folder)
    assert (shim.returncode, shim.stdout, shim.stderr) == (
        ninja.returncode,
        ninja.stdout,
        ninja.stderr,
    )


def test_the_shim_builds_governed_and_ends_as_ninja_does(tmp_path: Path, hog: Path) -> None:
    folder = compiles(tmp_path, hog, 3, 5)
    done = run(*SHIM, "-j2", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "ninjapool: 3 jobs in" in done.stderr
    ninja_file(folder, {"bad": f"{hog} 2 1 -x 9"})
    assert run(*SHIM, folder=folder).returncode == 9


def test_the_shim_says_when_there_is_nothing_behind_it(tmp_path: Path) -> None:
    environ = {**clean(), "NINJAPOOL_NINJA": "/nowhere", "PATH": "/nowhere"}
    code = (
        "import sys; sys.modules['ninja'] = None; from ninjapool.shim import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--version"],
        cwd=tmp_path, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 127
    assert "pip install ninja" in done.stderr


@pytest.mark.cgroup
def test_what_ninja_cannot_build_on_this_memory_is_built(
    tmp_path: Path, hog: Path, group: MemoryGroup
) -> None:
    group.limit(600 * MIB)
    folder = compiles(tmp_path, hog, 8, 150)
    plain = run(*group.entering, str(NINJA), "-j8", folder=folder)
    assert plain.returncode != 0
    assert group.kills() >= 1
    for path in (*folder.glob("o?"), folder / ".ninja_log"):
        path.unlink(missing_ok=True)
    done = run(*group.entering, *BUILD, ".", "-j8", folder=folder)
    assert done.returncode == 0, done.stderr
    assert len(list(folder.glob("o?"))) == 8


@pytest.mark.cgroup
def test_memory_that_another_program_takes_in_mid_build_is_done_without(
    tmp_path: Path, hog: Path, group: MemoryGroup
) -> None:
    group.limit(800 * MIB)
    folder = compiles(tmp_path, hog, 8, 120)
    build = subprocess.Popen(
        [*group.entering, *BUILD, ".", "-j6"],
        cwd=folder, env=clean(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    wait_for(lambda: list(folder.glob("o?")))
    other = subprocess.Popen([*group.entering, str(hog), "200", "300"])
    text, _ = build.communicate(timeout=120)
    other.kill()
    other.wait()
    assert build.returncode == 0, text
    assert len(list(folder.glob("o?"))) == 8
