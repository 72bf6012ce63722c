"""The command line from outside: what it prints, and what it exits with when the input is bad."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ninjapool import __version__, cli

MACHINES = Path(__file__).parents[1] / "machines"
NAMES = sorted(path.name for path in MACHINES.iterdir() if (path / "expected.json").exists())


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A small project, and nothing of ours in the environment."""
    for name in ("CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "CMAKE_BUILD_PARALLEL_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "CMakeLists.txt").write_text("project(small LANGUAGES CXX)\n")
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def run(capsys):
    def call(*args):
        code = cli.main([str(arg) for arg in args])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def on(name):
    return ("--root", MACHINES / name)


# ---------------------------------------------------------------- inspect


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("damaged")])
def test_every_recorded_machine_has_a_plan(run, source, name):
    code, out, err = run("inspect", source, *on(name))
    assert (code, err) == (0, "")
    assert "compile" in out
    document = json.loads(run("inspect", source, "--json", *on(name))[1])
    depths = [pool["depth"] for pool in document["plan"]["pools"]]
    assert all(1 <= depth <= document["plan"]["cpus"]["value"] for depth in depths)


@pytest.mark.parametrize(
    ("name", "depths"),
    [
        ("tiny-500m", {"compile": 1, "link": 1}),
        ("huge-1tib-512cpu", {"compile": 512, "link": 512}),
    ],
)
def test_extreme_machines_get_sane_depths(run, source, name, depths):
    document = json.loads(run("inspect", source, "--json", *on(name))[1])
    assert {p["job_class"]: p["depth"] for p in document["plan"]["pools"]} == depths


def test_the_lowest_ancestor_is_named_as_the_one_that_binds(run, source):
    _, out, _ = run("inspect", source, *on("ancestor-lower-than-leaf"))
    line = next(line for line in out.splitlines() if "this binds" in line)
    assert "2.0 GiB" in line


def test_without_a_project_the_plan_is_for_any(run, source):
    code, out, _ = run("inspect", *on("server-64core"))
    assert code == 0
    assert "Plan" in out
    assert "Project" not in out


def test_a_machine_that_tells_nothing_can_be_told(run, source):
    code, _, err = run("inspect", source, *on("damaged-silent"))
    assert code == 4
    assert "hint" in err
    code, out, _ = run("inspect", source, *on("damaged-silent"), "--memory", "8G", "--cpus", 4)
    assert code == 0
    assert "--memory 8G" in out


def test_the_users_figures_are_shown_as_theirs(run, source):
    _, out, _ = run("inspect", source, *on("server-64core"), "--link-jobs", 3)
    assert "yours, kept as it is (--link-jobs 3)" in out


def test_the_users_toml_is_read(run, source):
    (source / "ninjapool.toml").write_text('memory = "4G"\n')
    _, out, _ = run("inspect", source, *on("server-64core"))
    assert "memory in ninjapool.toml:1 4G" in out


def test_a_build_in_its_usual_place_is_looked_at(run, source):
    build = source / "build"
    build.mkdir()
    cache = f"CMAKE_HOME_DIRECTORY:INTERNAL={source}\nCMAKE_BUILD_TYPE:STRING=Debug\n"
    (build / "CMakeCache.txt").write_text(cache)
    _, out, _ = run("inspect", source, *on("server-64core"))
    assert "small: gcc, Debug, debug info" in out


# ---------------------------------------------------------------- configure and env


def test_configure_writes_and_says_what_to_do_next(run, source):
    code, out, _ = run("configure", "project", "-B", "build", *on("wsl2-8gb"))
    assert code == 0
    assert "cmake -S project -B build -G Ninja -C project/.ninjapool/cache.cmake" in out
    assert (source / ".ninjapool" / "cache.cmake").exists()


def test_a_second_configure_writes_nothing(run, source):
    run("configure", source, "-B", "build", *on("wsl2-8gb"))
    before = {path: path.stat().st_mtime_ns for path in source.rglob("*")}
    _, out, _ = run("configure", source, "-B", "build", *on("wsl2-8gb"))
    assert "Nothing to write" in out
    assert {path: path.stat().st_mtime_ns for path in source.rglob("*")} == before


def test_configure_leaves_the_presets_alone_when_told_to(run, source):
    run("configure", source, "--no-presets", *on("wsl2-8gb"))
    assert not (source / "CMakeUserPresets.json").exists()


def test_env_never_speaks_of_a_jobserver(run, source):
    code, out, _ = run("env", source, *on("wsl2-8gb"))
    assert code == 0
    assert "MAX_JOBS" in out
    assert "jobserver" not in out


def test_env_speaks_github_and_json(run, source):
    assert "MAX_JOBS=" in run("env", source, "--format", "github", *on("wsl2-8gb"))[1]
    document = json.loads(run("env", source, "--format", "json", *on("wsl2-8gb"))[1])
    assert document["environment"]["MAX_JOBS"].isdecimal()


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        ([], 2, "a command is needed"),
        (["inspekt"], 2, "inspekt"),
        (["inspect", "project", "--memory", "lots"], 2, "--memory: not a size: 'lots'"),
        (["inspect", "project", "--memory", "-1G"], 2, "--memory"),
        (["inspect", "project", "--compile-jobs", "-2"], 2, "--compile-jobs"),
        (["inspect", "project", "--cpus", "many"], 2, "--cpus"),
        (["inspect", "project", "--memory", "900G"], 7, "asks for 900.0 GiB"),
        (["inspect", "project", "--cpus", "5000"], 7, "asks for 5000 CPUs"),
        (["inspect", "project", "--reserve", "100%"], 2, "nothing is left"),
        (["inspect", "project", "--profile", "lvm"], 2, "unknown profile 'lvm'"),
        (["inspect", "nowhere"], 5, "nowhere"),
        (["configure", "."], 5, "no CMakeLists.txt"),
        (["configure"], 5, "no CMakeLists.txt"),
        (["inspect", "project", "--preset", "dev"], 2, "dev"),
        (["inspect", "project", "--root", "nowhere"], 4, "nowhere"),
    ],
)
def test_bad_input_is_one_line_a_hint_and_its_own_code(run, source, args, code, message):
    if "--root" not in args and args:
        args = [*args, *on("server-64core")] if args[0] in {"inspect", "configure"} else args
    found, out, err = run(*args)
    assert (found, out) == (code, "")
    first, *more = err.splitlines()
    assert first.startswith("ninjapool: error: ")
    assert message in first
    assert len(more) <= 1


def test_a_broken_toml_is_named_with_its_line(run, source):
    (source / "ninjapool.toml").write_text("\nmemory = =\n")
    code, _, err = run("inspect", source, *on("wsl2-8gb"))
    assert code == 3
    assert "ninjapool.toml:2: is not TOML" in err


def test_a_broken_preset_is_named_with_its_line(run, source):
    (source / "CMakePresets.json").write_text('{\n "version": 4,\n}')
    code, _, err = run("inspect", source, "--preset", "dev", *on("wsl2-8gb"))
    assert code == 3
    assert "CMakePresets.json:" in err  # Python 3.13 points at the comma, older ones behind it


def test_nothing_is_written_when_the_input_is_bad(run, source):
    (source / "ninjapool.toml").write_text("memory = =\n")
    run("configure", source, "-B", "build", *on("wsl2-8gb"))
    assert sorted(path.name for path in source.iterdir()) == ["CMakeLists.txt", "ninjapool.toml"]


def test_the_version_can_be_asked(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"ninjapool {__version__}\n"


def test_cmakedir_holds_the_module(run):
    code, out, _ = run("--cmakedir")
    assert code == 0
    assert (Path(out.strip()) / "NinjaPool.cmake").exists()


@pytest.mark.parametrize("name", ["wsl2-8gb", "kubernetes-cgroup2", "docker-2g-cgroup1"])
def test_the_page_is_as_it_was_approved(run, source, expect, name):
    expect(f"inspect/{name}.txt", run("inspect", *on(name))[1])


# ---------------------------------------------------------------- what nobody understands


@pytest.mark.parametrize(
    "words", [("inspect", "a", "b"), ("env", "--nonsense"), ("configure", "-x")]
)
def test_what_is_not_understood_is_named_with_a_hint(run, words):
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert f"not understood: {words[-1]}" in err
    assert f"ninjapool {words[0]} --help" in err


@pytest.mark.parametrize(
    "words", [("build", "-j", "x", "--bad"), ("build", "--jobs=x"), ("run", "x")]
)
def test_what_build_and_run_do_not_understand_is_125(run, words):
    code, out, err = run(*words)
    assert (code, out) == (125, "")
    assert err.startswith("ninjapool: error: ")
    assert "ninjapool: hint: " in err


def test_an_extra_word_for_build_may_have_been_a_target(run):
    _, _, err = run("build", "b", "llc")
    assert "a target: --target llc" in err


def test_configure_can_have_the_builds_governed(run, source):
    code, out, _ = run("configure", source, "--govern", *on("wsl2-8gb"))
    assert code == 0
    assert "Governed: " in out
    assert "ninjapool-ninja" in out
    assert "Then build, governed:" in out
    assert " jobs  x " not in out
