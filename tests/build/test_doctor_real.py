"""Real compilers and linkers that run out of memory, and what the doctor makes of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from ninjapool import cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.governing import MemoryGroup

pytestmark = pytest.mark.build

MIB = 1 << 20
SYMBOLS = 120_000
LIMIT_KIB = 150_000
LINK = "gcc -shared -nostdlib -fuse-ld={linker} l0.o l1.o l2.o -o out.so"

KILLS = {
    # what is run, under how many MiB, and who dies of it by which of its names
    "gcc": ("gcc -c big.c", 100, {"cc1"}),
    "clang": ("clang -c big.c", 200, {"clang"}),
    "bfd": (LINK.format(linker="bfd"), 120, {"ld", "ld.bfd"}),
    "gold": (LINK.format(linker="gold"), 60, {"ld.gold"}),
    "lld": (LINK.format(linker="lld"), 80, {"ld.lld", "lld"}),
    "mold": (LINK.format(linker="mold"), 60, {"mold", "ld.mold"}),
}


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source whose compilation takes 400 MiB, and objects whose link takes 200."""
    for tool in ("gcc", "clang", "ld.bfd", "ld.gold", "ld.lld", "mold", "ninja"):
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool}")
    folder = tmp_path_factory.mktemp("sources")
    (folder / "big.c").write_text("int a[] = {\n" + "1,2,3,4,5,6,7,8,9,10,\n" * 400_000 + "};\n")
    for n in range(3):
        symbols = (
            f".globl symbol_{n}_{i}\nsymbol_{n}_{i}: .quad symbol_{(n + 1) % 3}_{i}\n"
            for i in range(SYMBOLS)
        )
        (folder / f"l{n}.s").write_text(".data\n" + "".join(symbols))
        subprocess.run(["gcc", "-c", f"l{n}.s"], cwd=folder, check=True)
    return folder


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """The command, as JSON; its exit code is 10 where memory was why."""

    def ask(*words: str | Path) -> dict[str, Any]:
        code = cli.main(["doctor", *map(str, words), "--json"])
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert code == (10 if told["memory"] else 0)
        return told

    return ask


def run(folder: Path, log: Path, words: list[str]) -> int:
    with log.open("wb") as output:
        done = subprocess.run(words, cwd=folder, stdout=output, stderr=output, check=False)
    return done.returncode


def kernel_log_is_open() -> bool:
    try:
        os.close(os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK))
    except OSError:
        return subprocess.run(["dmesg"], capture_output=True, check=False).returncode == 0
    return True


@pytest.mark.cgroup
@pytest.mark.parametrize("name", KILLS)
def test_a_real_kill_is_diagnosed_by_output_and_kernel_log(
    name: str,
    sources: Path,
    tmp_path: Path,
    group: MemoryGroup,
    doctor: Callable[..., dict[str, Any]],
) -> None:
    if not kernel_log_is_open():
        pytest.skip("the kernel's log may not be read")
    command, limit, names = KILLS[name]
    group.limit(limit * MIB)
    since = datetime.now().astimezone().isoformat(timespec="seconds")
    log = tmp_path / "build.log"
    assert run(sources, log, [*group.entering, "sh", "-c", f"{command}; echo exit status $?"]) == 0
    assert group.kills() >= 1
    by_output = doctor(log, "--logs-only")
    assert (by_output["cause"], by_output["proven"]) == ("killed", False)
    told = doctor(log, "--since", since)
    assert (told["cause"], told["proven"], told["by"]) == ("cgroup", True, "kernel")
    [death] = told["deaths"]
    assert death["program"] in names
    assert death["stage"] == ("compile" if name in ("gcc", "clang") else "link")
    assert told["limit"] == limit * MIB
    assert told["cgroup"].endswith(group.folder.name)
    assert told["alone"]
    assert death["size"] <= limit * MIB
    assert told["more"]


@pytest.mark.cgroup
def test_the_job_that_a_kill_has_cost_is_named(
    sources: Path, tmp_path: Path, group: MemoryGroup, doctor: Callable[..., dict[str, Any]]
) -> None:
    (tmp_path / "build.ninja").write_text(
        f"rule cc\n command = gcc -c {sources}/big.c -o $out\nbuild lib/big.o: cc\n"
    )
    group.limit(100 * MIB)
    log = tmp_path / "build.log"
    assert run(tmp_path, log, [*group.entering, "ninja"]) != 0
    told = doctor(log, "--logs-only")
    assert [job["output"] for job in told["jobs"]] == ["lib/big.o"]
    assert told["driver"] == "ninja"


@pytest.mark.cgroup
def test_after_a_governed_build_the_answer_comes_by_itself(
    sources: Path, tmp_path: Path, group: MemoryGroup
) -> None:
    (tmp_path / "build.ninja").write_text(
        f"rule cc\n command = gcc -c {sources}/big.c -o $out\nbuild lib/big.o: cc\n"
    )
    group.limit(200 * MIB)
    log = tmp_path / "build.log"
    build = [sys.executable, "-m", "ninjapool", "build", str(tmp_path)]
    assert run(tmp_path, log, [*group.entering, *build]) not in (0, 125)
    text = log.read_text()
    assert "ninjapool: lib/big.o is too big: killed while alone" in text
    assert "and needed more, with nothing beside it, of 200 MiB (cgroup" in text
    assert "ninjapool:   -g1" not in text  # nothing is known of debug information
    assert "[docs.kernel.org/admin-guide/cgroup-v2]" in text


@pytest.mark.parametrize("name", KILLS)
def test_a_real_limit_on_each_process_is_no_kill(
    name: str, sources: Path, tmp_path: Path, doctor: Callable[..., dict[str, Any]]
) -> None:
    log = tmp_path / "build.log"
    script = f"ulimit -v {LIMIT_KIB}; {KILLS[name][0]}"
    assert run(sources, log, ["bash", "-xc", script]) != 0
    told = doctor(log, "--logs-only")
    assert told["cause"] == "limit", log.read_text()
    assert told["limit"] == LIMIT_KIB * 1024
    assert told["now"][0] == "ulimit -v unlimited"


def test_a_real_error_is_no_sign_of_memory(
    tmp_path: Path, doctor: Callable[..., dict[str, Any]]
) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("no gcc")
    log = tmp_path / "build.log"
    (tmp_path / "a.c").write_text("int missing(void); int main(void) { return missing(); }\n")
    assert run(tmp_path, log, ["gcc", "a.c"]) != 0
    assert doctor(log, "--logs-only")["cause"] == "none"
