import os
from dataclasses import replace
from pathlib import Path

import pytest

from ninjapool.errors import CannotRunError, NotFoundError, SourceError
from ninjapool.govern import driver, programs
from ninjapool.govern.contract import BuildRequest, Options, RunRequest
from ninjapool.govern.jobserver import Form, JobServer
from ninjapool.govern.ninjas import MARK, SHIM, cache_entries, is_governed, real_ninja

NEWEST = "1.13.2\n"
KITWARE_OLD = "1.11.1.git.kitware.jobserver-1\n"
MAKE_43 = "GNU Make 4.3\nBuilt for x86_64-pc-linux-gnu\n"
MAKE_44 = "GNU Make 4.4.1\n"


@pytest.fixture
def versions(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What each program says of itself, by its name."""
    told = {"ninja": NEWEST, "make": MAKE_43, "gmake": MAKE_43}

    def tell(program: str, environ: object) -> str:
        del environ
        return told.get(Path(program).name, "")

    monkeypatch.setattr(programs, "version_text", tell)
    return told


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("ninja", "make", "cargo", "cmake", "script", SHIM):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def options(tools: Path, versions: dict[str, str]) -> Options:
    del versions
    return Options(environ={"PATH": str(tools)}, cores=8, root=Path("/"))


@pytest.fixture
def build(tmp_path: Path) -> Path:
    folder = tmp_path / "build"
    folder.mkdir()
    (folder / "build.ninja").touch()
    return folder


def run(options: Options, folder: Path, *command: str) -> driver.Launch:
    return driver.for_run(RunRequest(command=command, folder=folder, options=options))


# ---------------------------------------------------------------- build


def test_ninja_is_given_room_for_those_that_wait(options: Options, build: Path) -> None:
    launch = driver.for_build(BuildRequest(directory=build, targets=("llc",), options=options))
    assert launch.cores == 10  # what ninja itself takes with 8 CPUs
    assert launch.command[1:] == ("-j40", "llc")
    assert launch.folder == build
    assert launch.log == build / ".ninja_log"
    assert launch.jobserver == "pipe"  # for a nested make 4.3


@pytest.mark.parametrize(("cpus", "width"), [(1, 2), (2, 3), (3, 5), (16, 18)])
def test_without_a_width_as_many_run_as_ninja_would(cpus: int, width: int) -> None:
    assert driver.ninjas_own_width(cpus) == width


def test_the_users_width_is_how_many_run(options: Options, build: Path) -> None:
    for request in (
        BuildRequest(directory=build, native=("-j3",), options=options),
        BuildRequest(directory=build, options=replace(options, jobs=3)),
    ):
        launch = driver.for_build(request)
        assert (launch.cores, launch.slots) == (3, 12)
        assert launch.command[1:] == ("-j12",)


def test_the_window_may_be_none(options: Options, build: Path) -> None:
    request = BuildRequest(directory=build, options=replace(options, jobs=5, window=0))
    assert driver.for_build(request).command[1:] == ("-j5",)


def test_kitwares_old_ninja_joins_a_pipe_because_a_width_makes_it_warn(
    options: Options, build: Path, versions: dict[str, str]
) -> None:
    versions["ninja"] = KITWARE_OLD
    launch = driver.for_build(BuildRequest(directory=build, options=options))
    assert launch.jobserver == "pipe"
    assert launch.command[1:] == ()
    assert "jobserver" in launch.says


def test_a_new_make_gets_a_fifo(options: Options, build: Path, versions: dict[str, str]) -> None:
    versions["make"] = MAKE_44
    launch = driver.for_build(BuildRequest(directory=build, options=options))
    assert launch.jobserver == "fifo"


def test_one_old_make_is_enough_for_a_pipe() -> None:
    forms: dict[tuple[str, ...], Form] = {
        (): "fifo",
        (MAKE_44,): "fifo",
        (MAKE_44, MAKE_43): "pipe",
        ("GNU Make 3.82\n",): "pipe",
        ("bmake\n",): "fifo",
    }
    for texts, form in forms.items():
        assert programs.jobserver_form(texts) == form


def test_a_configuration_of_multi_config_has_its_own_file(options: Options, build: Path) -> None:
    (build / "CMakeCache.txt").write_text("CMAKE_GENERATOR:INTERNAL=Ninja Multi-Config\n")
    (build / "build-Debug.ninja").write_text("builddir = logs\n")
    request = BuildRequest(directory=build, config="Debug", verbose=True, options=options)
    launch = driver.for_build(request)
    assert launch.command[1:] == ("-j40", "-fbuild-Debug.ninja", "-v")
    assert launch.log == build / "logs" / ".ninja_log"
    assert launch.query[-2:] == ("-f", "build-Debug.ninja")


def test_a_configuration_means_nothing_to_one_that_has_only_one(
    options: Options, build: Path
) -> None:
    request = BuildRequest(directory=build, config="Debug", options=options)
    assert driver.for_build(request).command[1:] == ("-j40",)


def test_a_folder_that_is_not_configured_is_refused(options: Options, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"has no build\.ninja"):
        driver.for_build(BuildRequest(directory=tmp_path, options=options))


def test_makefiles_are_built_by_make_with_a_jobserver(options: Options, build: Path) -> None:
    (build / "CMakeCache.txt").write_text("CMAKE_GENERATOR:INTERNAL=Unix Makefiles\n")
    request = BuildRequest(directory=build, targets=("all",), verbose=True, options=options)
    launch = driver.for_build(request)
    assert launch.command == ("make", "VERBOSE=1", "all")
    assert launch.jobserver == "pipe"


# ---------------------------------------------------------------- which ninja


def test_a_directory_keeps_its_ninja(options: Options, build: Path, tmp_path: Path) -> None:
    own = tmp_path / "own-ninja"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    (build / "CMakeCache.txt").write_text(f"//x\nCMAKE_MAKE_PROGRAM:FILEPATH={own}\n")
    assert real_ninja(str(build), options.environ) == str(own)


def test_behind_the_shim_is_the_one_that_the_cache_names(
    options: Options, build: Path, tools: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own-ninja"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    (build / "CMakeCache.txt").write_text(
        f"CMAKE_MAKE_PROGRAM:FILEPATH={tools / SHIM}\nNINJAPOOL_NINJA:FILEPATH={own}\n"
    )
    assert real_ninja(str(build), options.environ) == str(own)


def test_a_link_to_the_shim_is_the_shim(build: Path, tools: Path, tmp_path: Path) -> None:
    links = tmp_path / "links"
    links.mkdir()
    (links / "ninja").symlink_to(tools / SHIM)
    path = f"{links}:{tools}"
    assert real_ninja(str(build), {"PATH": path}) == str(tools / "ninja")


def test_the_environment_goes_before_the_cache(options: Options, build: Path, tools: Path) -> None:
    environ = {**options.environ, "NINJAPOOL_NINJA": str(tools / "script")}
    assert real_ninja(str(build), environ) == str(tools / "script")


def test_without_any_ninja_the_packages_is_taken(build: Path) -> None:
    found = real_ninja(str(build), {"PATH": "/nowhere"})
    assert found is not None
    assert Path(found).name == "ninja"


def test_a_cache_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert cache_entries(str(tmp_path)) == {}


# ---------------------------------------------------------------- run


def test_a_ninja_that_only_tells_is_run_as_it_stands(options: Options, build: Path) -> None:
    for words in (["-t", "targets"], ["--version"], ["-n"], ["-jx"]):
        launch = run(options, build, "ninja", *words)
        assert not launch.governed
        assert launch.command == ("ninja", *words)


def test_make_joins_instead_of_its_own_width(options: Options, build: Path) -> None:
    launch = run(options, build, "make", "-j6", "all")
    assert launch.command == ("make", "all")
    assert (launch.cores, launch.slots, launch.jobserver) == (6, 24, "pipe")


def test_make_without_a_width_is_left_serial(options: Options, build: Path) -> None:
    launch = run(options, build, "make", "all")
    assert launch.jobserver is None
    assert launch.governed
    assert launch.repeatable


def test_a_width_in_makeflags_counts_for_make(options: Options, build: Path) -> None:
    environ = {**options.environ, "MAKEFLAGS": "-j6"}
    assert run(replace(options, environ=environ), build, "make").cores == 6


def test_cargo_joins(options: Options, build: Path) -> None:
    launch = run(options, build, "cargo", "build", "-j", "4")
    assert launch.command == ("cargo", "build")
    assert (launch.kind, launch.cores) == ("cargo", 4)


def test_cmake_build_hands_our_width_on(options: Options, build: Path) -> None:
    (build / "CMakeCache.txt").write_text("CMAKE_GENERATOR:INTERNAL=Ninja\n")
    launch = run(options, build.parent, "cmake", "--build", "build")
    assert launch.environ["CMAKE_BUILD_PARALLEL_LEVEL"] == str(launch.slots)
    assert launch.command == ("cmake", "--build", "build")
    assert launch.log == build / ".ninja_log"


def test_cmake_build_with_a_width_is_the_users(options: Options, build: Path) -> None:
    launch = run(options, build.parent, "cmake", "--build", "build", "-j4")
    assert "CMAKE_BUILD_PARALLEL_LEVEL" not in launch.environ
    assert launch.cores == 4


def test_a_script_cannot_be_repeated(options: Options, build: Path) -> None:
    launch = run(options, build, "script")
    assert launch.kind == "other"
    assert not launch.repeatable
    assert launch.jobserver == "pipe"


def test_a_jobserver_that_is_there_is_joined(options: Options, build: Path) -> None:
    server = programs_jobserver()
    environ = {**options.environ, "MAKEFLAGS": server.flags}
    for command in (("ninja", "all"), ("script",)):
        launch = run(replace(options, environ=environ), build, *command)
        assert launch.jobserver is None
        assert launch.command[-1] == command[-1]
        assert "that was there" in launch.says
    server.close()


def programs_jobserver() -> JobServer:
    return JobServer("fifo", 4)


def test_a_missing_command_and_one_that_is_no_program(options: Options, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("x")
    with pytest.raises(NotFoundError) as missing:
        run(options, tmp_path, "no-such")
    with pytest.raises(CannotRunError) as refused:
        run(options, tmp_path, "./text")
    assert (missing.value.exit_code, refused.value.exit_code) == (127, 126)


# ---------------------------------------------------------------- the user's word


def test_the_environments_width_counts_for_a_build_after_ours(
    options: Options, build: Path
) -> None:
    told = replace(options, environ={**options.environ, driver.CMAKE_WIDTH: "3"})
    assert driver.for_build(BuildRequest(directory=build, options=told)).cores == 3
    ours = replace(told, jobs=5)
    assert driver.for_build(BuildRequest(directory=build, options=ours)).cores == 5


@pytest.mark.parametrize("value", ["", "0", "many"])
def test_a_width_of_the_environment_that_is_none_is_passed_over(
    options: Options, build: Path, value: str
) -> None:
    told = replace(options, environ={**options.environ, driver.CMAKE_WIDTH: value})
    assert driver.for_build(BuildRequest(directory=build, options=told)).cores == 10


def test_one_at_a_time_is_in_ninjas_own_order(options: Options, build: Path) -> None:
    launch = driver.for_build(BuildRequest(directory=build, options=replace(options, jobs=1)))
    assert launch.command[1:] == ("-j1",)


def test_the_environments_width_is_how_many_run_under_cmake(options: Options, build: Path) -> None:
    (build / "CMakeCache.txt").write_text("CMAKE_GENERATOR:INTERNAL=Ninja\n")
    told = replace(options, environ={**options.environ, driver.CMAKE_WIDTH: "3"})
    launch = run(told, build.parent, "cmake", "--build", "build")
    assert (launch.cores, launch.environ[driver.CMAKE_WIDTH]) == (3, "12")


def test_a_presets_width_is_how_many_run_under_cmake(options: Options, build: Path) -> None:
    (build / "CMakeCache.txt").write_text("CMAKE_GENERATOR:INTERNAL=Ninja\n")
    text = (
        '{"version": 3, "configurePresets": [{"name": "p", "binaryDir": "${sourceDir}/build"}],'
        ' "buildPresets": [{"name": "p", "configurePreset": "p", "jobs": 4}]}'
    )
    (build.parent / "CMakePresets.json").write_text(text)
    launch = run(options, build.parent, "cmake", "--build", "--preset", "p")
    assert (launch.cores, launch.environ[driver.CMAKE_WIDTH]) == (4, "16")
    assert launch.base == build


def test_jobs_are_known_by_what_ninjas_log_calls_them(options: Options, build: Path) -> None:
    (build / "CMakeCache.txt").write_text("CMAKE_GENERATOR:INTERNAL=Ninja\n")
    for command in ("ninja -C build", "ninjapool-ninja -Cbuild", "cmake --build build"):
        launch = run(options, build.parent, *command.split())
        assert (launch.base, launch.log) == (build, build / ".ninja_log")
        assert launch.folder == build.parent


def test_the_shim_in_another_folder_takes_the_ninja_of_that_folder(
    options: Options, build: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own-ninja"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    (build / "CMakeCache.txt").write_text(f"NINJAPOOL_NINJA:FILEPATH={own}\n")
    launch = run(options, build.parent, SHIM, "-C", "build")
    assert launch.command[0] == str(own)
    assert launch.kind == "ninja"


def test_a_governor_that_is_gone_governs_nothing() -> None:
    start = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    assert is_governed({MARK: f"{os.getpid()}.{start}.abc"})
    for mark in ("", "x", f"{os.getpid()}.1.abc", f"4194305.{start}.abc", "..", "-1.1.1"):
        assert not is_governed({MARK: mark})
