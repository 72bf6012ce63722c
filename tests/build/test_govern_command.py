"""`ninjapool build`, `run` and the shim, as a user starts them, with the real governor."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ninjapool.govern.ninjas import MARK
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


def build_in_cmakes_way(folder: Path, *, cache: str = "", generator: str = "Ninja") -> Path:
    """A build directory with three quick jobs, and the cache of one that CMake has made."""
    ninja_file(folder, {name: f"echo {name} && touch {name}" for name in ("a", "b", "c")})
    text = f"CMAKE_GENERATOR:INTERNAL={generator}\n{cache}\n"
    (folder / "CMakeCache.txt").write_text(text)
    return folder


def on_a_terminal(*command: str, folder: Path) -> bytes:
    """All that a command writes to its terminal."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**clean(), "TERM": "xterm"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    seen = b""
    try:
        while data := os.read(master, 65536):
            seen += data
    except OSError:  # that is how a terminal ends
        pass
    os.close(master)
    assert process.wait() == 0
    return seen


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


def test_the_summary_tells_the_memory_of_jobs_that_nobody_decided_about(
    tmp_path: Path, hog: Path
) -> None:
    """Where memory is plentiful decisions are a second apart, and a job is over before."""
    folder = ninja_file(tmp_path / "b", {"o": f"{hog} 90 150 -o o"})
    done = run(*BUILD, str(folder), "--json", str(tmp_path / "told.json"), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "told.json").read_text())["peak"] >= 150 * MIB


def test_quiet_adds_nothing(tmp_path: Path, hog: Path) -> None:
    folder = compiles(tmp_path, hog, 2, 5)
    assert run(*BUILD, str(folder), "--quiet", folder=tmp_path).stderr == ""


def test_a_folder_that_is_not_configured_has_an_exit_code_and_advice(tmp_path: Path) -> None:
    done = run(*BUILD, str(tmp_path), folder=tmp_path)
    assert done.returncode == 125
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


# ---------------------------------------------------------------- as one types it


def test_what_ninja_prints_is_what_ninja_alone_would_print(tmp_path: Path) -> None:
    edges = {f"o{n}": f"echo loud {n}; touch o{n}" for n in range(5)}
    plain = ninja_file(tmp_path / "plain", edges)
    ours = ninja_file(tmp_path / "ours", edges)
    for words in (("-j1",), ("-j1", "-v"), ("-n",), ("-k0", "-j1", "nosuch")):
        ninja = run(str(NINJA), *words, folder=plain)
        governed = run(*BUILD, ".", "-q", "--", *words, folder=ours)
        assert (governed.returncode, governed.stdout, governed.stderr) == (
            ninja.returncode,
            ninja.stdout,
            ninja.stderr,
        )


def test_on_a_terminal_it_looks_as_ninja_alone_does(tmp_path: Path) -> None:
    edges = {f"o{n}": f"touch o{n}" for n in range(5)}
    plain = ninja_file(tmp_path / "plain", edges)
    ours = ninja_file(tmp_path / "ours", edges)
    seen = on_a_terminal(str(NINJA), "-j1", folder=plain)
    assert b"\r[1/5] RUN o0\x1b[K" in seen
    assert on_a_terminal(*BUILD, ".", "-q", "-j1", folder=ours) == seen


def test_several_targets_follow_one_option(tmp_path: Path) -> None:
    folder = build_in_cmakes_way(tmp_path / "b")
    done = run(*BUILD, "b", "--target", "a", "b", "-q", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [name for name in "abc" if (folder / name).exists()] == ["a", "b"]


def test_the_build_directory_need_not_be_named(tmp_path: Path) -> None:
    folder = build_in_cmakes_way(tmp_path / "build")
    done = run(*BUILD, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "ninjapool: building build\n" in done.stderr
    assert run(*BUILD, folder=folder).stdout == "ninja: no work to do.\n"


def test_clean_first_builds_the_target_clean_before(tmp_path: Path) -> None:
    ninja_file(tmp_path, {"clean": "echo gone", "a": "touch a"})
    with (tmp_path / "build.ninja").open("a") as file:
        file.write("default a\n")
    done = run(*BUILD, "-q", "--clean-first", "-v", folder=tmp_path)
    assert done.stdout.splitlines() == ["[1/1] echo gone", "gone", "[1/1] touch a"]


def test_a_j_without_a_number_leaves_the_width_to_us(tmp_path: Path) -> None:
    build_in_cmakes_way(tmp_path / "build")
    told = tmp_path / "told.json"
    assert run(*BUILD, "-j", "build", "--json", str(told), folder=tmp_path).returncode == 0
    assert json.loads(told.read_text())["width"] == len(os.sched_getaffinity(0)) + 1 + (
        len(os.sched_getaffinity(0)) > 2
    )


def test_the_width_of_the_environment_is_how_many_run(tmp_path: Path) -> None:
    build_in_cmakes_way(tmp_path / "build")
    told = tmp_path / "told.json"
    environ = {**clean(), "CMAKE_BUILD_PARALLEL_LEVEL": "1"}
    subprocess.run([*BUILD, "--json", told], cwd=tmp_path, env=environ, check=True)
    assert (json.loads(told.read_text())["width"], json.loads(told.read_text())["slots"]) == (
        1,
        "ninja -j1",
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["build", "b", "extra"], "not understood: extra"),
        (["build", "b", "-j0"], "a number of at least 1 is needed"),
        (["build", "b", "-j", "--nonsense"], "not understood: --nonsense"),
        (["build", "b", "--memory", "much"], "not a size"),
        (["build", "b", "--preset", "p"], "a directory and a preset are both given"),
        (["build", "nowhere"], "nowhere is not there"),
        (["run"], "which command?"),
    ],
)
def test_what_is_wrong_with_us_is_125_and_what_the_build_says_is_its_own(
    tmp_path: Path, words: list[str], said: str
) -> None:
    build_in_cmakes_way(tmp_path / "b")
    done = run(sys.executable, "-m", "ninjapool", *words, folder=tmp_path)
    assert done.returncode == 125
    assert done.stderr.startswith("ninjapool: error: ")
    assert said in done.stderr


@pytest.mark.parametrize(
    ("script", "code"), [("exit 3", 3), ("exit 125", 125), ("kill -9 $$", 137), ("kill $$", 143)]
)
def test_run_ends_as_its_command_does(tmp_path: Path, script: str, code: int) -> None:
    done = run(sys.executable, "-m", "ninjapool", "run", "--", "sh", "-c", script, folder=tmp_path)
    assert (done.returncode, done.stderr) == (code, "")


@pytest.mark.parametrize(("command", "code"), [("no-such-command", 127), ("./text", 126)])
def test_a_command_that_cannot_run_is_as_for_timeout(
    tmp_path: Path, command: str, code: int
) -> None:
    (tmp_path / "text").write_text("no program")
    done = run(sys.executable, "-m", "ninjapool", "run", "--", command, folder=tmp_path)
    assert done.returncode == code
    assert "ninjapool: error: " in done.stderr


def test_a_script_whose_interpreter_is_not_there_is_not_said_to_be_missing(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    done = run(sys.executable, "-m", "ninjapool", "run", "--", "./script", folder=tmp_path)
    assert done.returncode == 127
    assert "it is there, but not the interpreter that it names" in done.stderr


def test_a_generator_that_is_not_governed_is_refused_with_the_way_round(tmp_path: Path) -> None:
    build_in_cmakes_way(tmp_path / "b", generator="Xcode")
    done = run(*BUILD, "b", folder=tmp_path)
    assert done.returncode == 125
    assert "ninjapool run -- cmake --build b" in done.stderr


def test_a_configuration_that_is_not_there_is_told_those_that_are(tmp_path: Path) -> None:
    folder = build_in_cmakes_way(tmp_path / "b", generator="Ninja Multi-Config")
    (folder / "build-Debug.ninja").write_text("")
    done = run(*BUILD, "b", "--config", "Fast", folder=tmp_path)
    assert done.returncode == 125
    assert "it has Debug" in done.stderr


def test_explain_shows_the_numbers_and_builds_nothing(tmp_path: Path) -> None:
    folder = build_in_cmakes_way(tmp_path / "b")
    done = run(*BUILD, "b", "--explain", "--memory", "2G", "--reserve", "500M", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    for text in ("--memory 2G", "--reserve 500M", "1.5 GiB", f"{NINJA} -j", "profile generic"):
        assert text in done.stdout
    assert not (folder / "a").exists()


def test_ninjapool_toml_is_heeded(tmp_path: Path) -> None:
    build_in_cmakes_way(tmp_path / "b", cache=f"CMAKE_HOME_DIRECTORY:INTERNAL={tmp_path}")
    (tmp_path / "CMakeLists.txt").write_text("project(x C)\n")
    (tmp_path / "ninjapool.toml").write_text(
        'memory = "1G"\n[[figures]]\nclass = "compile"\nmedian = "7M"\np95 = "8M"\n'
        'p99 = "9M"\nmax = "10M"\nsource = "us"\n'
    )
    done = run(*BUILD, "b", "--explain", folder=tmp_path)
    assert "memory in ninjapool.toml:1 1G" in done.stdout, done.stderr
    assert "7 MiB, one in 20 over 8 MiB" in done.stdout


def test_memory_that_the_user_gives_is_all_that_the_jobs_hold(tmp_path: Path, hog: Path) -> None:
    folder = compiles(tmp_path, hog, 6, 100)
    told = tmp_path / "told.json"
    limits = ("--memory", "700M", "--reserve", "200M")
    done = run(*BUILD, str(folder), "-j6", *limits, "--json", str(told), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(told.read_text())["peak"] <= 700 * MIB


def test_where_memory_is_plentiful_no_job_is_stopped_at_its_birth(tmp_path: Path) -> None:
    waits = "for i in 1 2 3 4 5 6; do sleep 0.05; done"
    edges = {
        f"o{n}": f"bash -c 'trap \"touch stopped{n}\" CONT; {waits}; touch o{n}'" for n in range(10)
    }
    folder = ninja_file(tmp_path / "b", edges)
    done = run(*BUILD, str(folder), "-j2", "--profile", "generic", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(list(folder.glob("o?"))) == 10
    stopped = {path.name for path in folder.glob("stopped*")}
    assert stopped <= {"stopped0", "stopped1"}, "before the first decision nobody knows"


def test_the_second_build_knows_what_each_job_took_in_the_first(tmp_path: Path, hog: Path) -> None:
    folder = compiles(tmp_path, hog, 6, 60)
    told = tmp_path / "told.json"
    sources, said = [], ""
    for _ in range(2):
        for output in folder.glob("o?"):
            output.unlink()
        done = run(*BUILD, str(folder), "--json", str(told), folder=tmp_path)
        assert done.returncode == 0, done.stderr
        sources.append(json.loads(told.read_text())["forecasts"])
        said = done.stderr
    assert "history" not in sources[0]
    assert sources[1] == {"history": 6}
    assert "known from earlier builds: 6 jobs by memory" in said


def test_what_ninja_alone_built_is_forecast_by_its_time(tmp_path: Path, hog: Path) -> None:
    folder = compiles(tmp_path, hog, 3, 20)
    assert run(str(NINJA), folder=folder).returncode == 0
    for output in folder.glob("o?"):
        output.unlink()
    told = tmp_path / "told.json"
    # from elsewhere, so that the keys must be those of the build directory
    command = ("run", "--json", str(told), "--", str(NINJA), "-C", str(folder))
    done = run(sys.executable, "-m", "ninjapool", *command, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(told.read_text())["forecasts"] == {"log": 3}


# ---------------------------------------------------------------- the shim


def test_cmakes_trial_builds_go_to_ninja_itself(tmp_path: Path) -> None:
    folder = ninja_file(tmp_path / "b/CMakeFiles/CMakeScratch/TryCompile-x", {"cmTC": "touch cmTC"})
    shim = run(*SHIM, "-v", "cmTC", folder=folder)
    assert (shim.returncode, shim.stdout, shim.stderr) == (0, "[1/1] touch cmTC\n", "")


def test_the_shim_within_a_governed_build_is_ninja_itself(tmp_path: Path) -> None:
    ninja_file(tmp_path / "inner", {"x": "touch x"})
    text = f"cd {tmp_path / 'inner'} && {sys.executable} -m ninjapool.shim && touch {tmp_path}/y"
    folder = ninja_file(tmp_path / "outer", {"y": text})
    done = run(*BUILD, ".", folder=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("ninjapool: ") == 1


def test_quiet_for_ninja_is_quiet_for_us(tmp_path: Path) -> None:
    folder = ninja_file(tmp_path, {"x": "touch x"})
    done = run(*SHIM, "--quiet", folder=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_question_is_answered_without_importing_the_tool(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "ours = lambda: (name for name in sys.modules if 'ninjapool' in name)\n"
        "os.execv = lambda *_: (print(*ours()), os._exit(0))\n"
        "sys.argv[1:] = ['--version']\nfrom ninjapool.shim import main\nmain()"
    )
    done = run(sys.executable, "-uc", code, folder=tmp_path)
    assert set(done.stdout.split()) == {
        "ninjapool",
        "ninjapool.shim",
        "ninjapool.govern",
        "ninjapool.govern.ninjas",
    }


# ---------------------------------------------------------------- what is left behind


def test_a_summary_that_cannot_be_written_is_125_unless_the_build_failed(tmp_path: Path) -> None:
    folder = ninja_file(tmp_path / "b", {"a": "touch a", "bad": "exit 7"})
    (tmp_path / "file").write_text("in the way")
    to = ("--json", str(tmp_path / "file" / "told.json"))
    done = run(*BUILD, str(folder), "--target", "a", *to, folder=tmp_path)
    assert (done.returncode, "cannot write" in done.stderr) == (125, True)
    failed = run(*BUILD, str(folder), *to, folder=tmp_path)
    assert failed.returncode == run(str(NINJA), folder=folder).returncode
    assert "cannot write" in failed.stderr


def test_pools_that_bind_a_governed_build_as_well_are_told(tmp_path: Path) -> None:
    folder = build_in_cmakes_way(tmp_path / "b")
    rules = folder / "CMakeFiles" / "rules.ninja"
    rules.parent.mkdir()
    rules.write_text("pool ninjapool_compile\n  depth = 1\npool deep\n  depth = 99\n")
    done = run(*BUILD, "b", folder=tmp_path)
    assert "ninjapool: job pools bind as well: ninjapool_compile=1; " in done.stderr


def test_nothing_of_ours_is_left_in_the_build_directory(tmp_path: Path) -> None:
    edges = {name: f"touch {name}" for name in ("a", "b")}
    plain, ours = ninja_file(tmp_path / "plain", edges), ninja_file(tmp_path / "ours", edges)
    run(str(NINJA), folder=plain)
    run(*BUILD, ".", folder=ours)
    assert sorted(path.name for path in ours.iterdir()) == sorted(
        path.name for path in plain.iterdir()
    )
