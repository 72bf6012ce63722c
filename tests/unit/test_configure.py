"""What configure writes, says and would run; cmake itself is run in tests/cmake."""

import json
import os
import re
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from ninjapool.configure import ConfigureRequest, configure
from ninjapool.configure.governed import governing
from ninjapool.configure.surroundings import environment_notices
from ninjapool.emit.govern import Govern, render_program
from ninjapool.errors import FileError, OutputError, UsageError
from ninjapool.model import Setting
from ninjapool.project.tools import Tool
from tests.planned import a_plan, a_project

CMAKE = Tool(path=Path("/opt/cmake/bin/cmake"), version="4.4.4", source="PATH")
NINJA = Tool(path=Path("/usr/bin/ninja"), version="1.13.0", source="PATH")
PACKAGED = Tool(path=Path("/venv/ninja"), version="1.13.0", source="Python package ninja")
SCRIPT = "-C .ninjapool/cache.cmake"


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def request_for(source, args="", **more):
    values = {
        "project": a_project(str(source)),
        "plan": a_plan(),
        "cmake": CMAKE,
        "ninja": NINJA,
        "cmake_args": tuple(shlex.split(args)),
        "env": {"PATH": "/nowhere"},
    }
    return ConfigureRequest(**{**values, **more})


def command(source, args="", **more):
    """The command line after the path of cmake."""
    return shlex.join(configure(request_for(source, args, **more)).command[1:])


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def version(text):
    return replace(CMAKE, version=text)


def set_to(value):
    return Setting(value=value, source="test")


# ---------------------------------------------------------------- files


def test_all_lies_in_one_folder_that_git_ignores(source):
    done = configure(request_for(source))
    folder = source / ".ninjapool"
    assert names(folder) == [".gitignore", "cache.cmake", "ninjapool-hook.cmake"]
    assert (folder / ".gitignore").read_text().splitlines()[1:] == ["*", "!history.jsonl"]
    assert set(done.written) == {*folder.iterdir(), source / "CMakeUserPresets.json"}


def test_a_second_time_nothing_is_written(source):
    configure(request_for(source))
    assert configure(request_for(source)).written == ()


def test_new_depths_are_written_where_they_stand(source):
    configure(request_for(source))
    done = configure(request_for(source, plan=a_plan(compile=3, link=1)))
    assert [path.name for path in done.written] == ["ninjapool-hook.cmake"]


def test_where_nothing_can_be_written_nothing_is(source):
    (source / ".ninjapool").write_text("a file in the way")
    with pytest.raises(OutputError, match="cannot write"):
        configure(request_for(source))
    assert names(source) == [".ninjapool"]


# ---------------------------------------------------------------- the command


def test_what_the_user_left_out_is_filled_in(source):
    assert command(source) == f"-S . -B build -G Ninja {SCRIPT}"


def test_the_script_comes_after_all_that_the_user_says(source):
    said = command(source, "-DA=1 -C own.cmake -DLLVM_PARALLEL_LINK_JOBS=1")
    assert said.endswith(f"-DA=1 -C own.cmake -DLLVM_PARALLEL_LINK_JOBS=1 {SCRIPT}")


def test_source_build_and_generator_of_the_arguments_stand(source):
    project = replace(a_project(str(source)), generator=set_to("Ninja"), build=source / "b")
    args = f"-S {source} -B b -G Ninja"
    assert command(source, args, project=project) == f"{args} {SCRIPT}"


def test_ninjapools_own_b_is_handed_on(source):
    project = replace(a_project(str(source)), build=source / "out")
    said = command(source, project=project, build=Path("out"))
    assert said == f"-S . -B out -G Ninja {SCRIPT}"


def test_an_existing_build_directory_keeps_its_generator(source):
    project = replace(a_project(str(source)), generator=set_to("Unix Makefiles"))
    assert "-G" not in command(source, project=project)


def test_from_elsewhere_the_paths_are_in_full(source, monkeypatch):
    (source / "away").mkdir()
    monkeypatch.chdir(source / "away")
    said = command(source)
    assert said == f"-S {source} -B {source}/build -G Ninja -C {source}/.ninjapool/cache.cmake"


def test_the_packages_ninja_is_named_where_the_path_has_none(source):
    assert "-DCMAKE_MAKE_PROGRAM=/venv/ninja" in command(source, ninja=PACKAGED)


@pytest.mark.parametrize(
    ("args", "generator"),
    [("-DCMAKE_MAKE_PROGRAM=/my/ninja", None), ("", "Unix Makefiles")],
    ids=["the user names one", "it is no Ninja build"],
)
def test_the_packages_ninja_is_not_named(source, args, generator):
    known = set_to(generator) if generator else None
    project = replace(a_project(str(source)), generator=known)
    assert "/venv/ninja" not in command(source, args, ninja=PACKAGED, project=project)


def test_the_cmake_of_the_path_is_called_by_its_name(source):
    program = source / "bin" / "cmake"
    program.parent.mkdir()
    program.touch(mode=0o755)
    env = {"PATH": str(program.parent)}
    tool = replace(CMAKE, path=program)
    assert configure(request_for(source, cmake=tool, env=env)).command[0] == "cmake"
    assert configure(request_for(source, env=env)).command[0] == "/opt/cmake/bin/cmake"


# ---------------------------------------------------------------- presets

DEV = '{"name": "dev", "generator": "Ninja", "binaryDir": "${sourceDir}/out/${presetName}"}'


def write_presets(source, preset=DEV, name="CMakePresets.json"):
    (source / name).write_text(f'{{"version": 3, "configurePresets": [{preset}]}}')


def user_preset(source):
    document = json.loads((source / "CMakeUserPresets.json").read_text())
    return next(p for p in document["configurePresets"] if p["name"] == "ninjapool")


@pytest.mark.parametrize("args", ["--preset dev", "--preset=dev"])
def test_a_preset_of_the_arguments_stands_and_is_derived_from(source, args):
    write_presets(source)
    project = replace(a_project(str(source)), generator=set_to("Ninja"), build=source / "out/dev")
    assert command(source, args, project=project) == f"-S . {args} {SCRIPT}"
    preset = user_preset(source)
    assert preset["inherits"] == "dev"
    assert preset["binaryDir"] == f"{source}/out/dev"


def test_ninjapools_own_preset_option_is_handed_on(source):
    write_presets(source)
    project = replace(a_project(str(source)), generator=set_to("Ninja"), build=source / "out/dev")
    assert command(source, preset="dev", project=project) == f"-S . --preset dev {SCRIPT}"


def test_b_beside_a_preset_goes_into_ours(source):
    write_presets(source)
    project = replace(a_project(str(source)), generator=set_to("Ninja"), build=source / "else")
    said = command(source, "--preset dev -B else", project=project)
    assert said == f"-S . --preset dev -B else {SCRIPT}"
    assert user_preset(source)["binaryDir"] == "${sourceDir}/else"


def test_a_preset_without_a_folder_gets_one(source):
    write_presets(source, '{"name": "dev", "generator": "Ninja"}')
    project = replace(a_project(str(source)), generator=set_to("Ninja"))
    said = command(source, "--preset dev", project=project)
    assert said == f"-S . -B build --preset dev {SCRIPT}"


def test_our_own_preset_is_no_base_of_itself(source):
    configure(request_for(source))
    before = (source / "CMakeUserPresets.json").read_bytes()
    project = replace(a_project(str(source)), generator=set_to("Ninja"), build=source / "build")
    configure(request_for(source, "--preset ninjapool", project=project))
    assert (source / "CMakeUserPresets.json").read_bytes() == before


def test_a_preset_that_does_not_exist_is_an_error_and_nothing_is_written(source):
    write_presets(source)
    with pytest.raises(UsageError, match="dve"):
        configure(request_for(source, "--preset dve"))
    assert names(source) == ["CMakePresets.json"]


FOREIGN = [
    '{"version": 4, "vendor": {"conan": {}}, "include": []}',
    '{"version": 3}',
    '{"version": 3, // mine\n "configurePresets": []}',
]


@pytest.mark.parametrize("text", FOREIGN)
@pytest.mark.parametrize("old", [True, False], ids=["CMake 4.3", "CMake 4.4"])
def test_a_foreign_file_stays_byte_for_byte_and_the_way_round_is_shown(source, text, old):
    write_presets(source)
    user = source / "CMakeUserPresets.json"
    user.write_text(text)
    project = replace(a_project(str(source)), generator=set_to("Ninja"), build=source / "out/dev")
    tool = version("4.3.4") if old else CMAKE
    done = configure(request_for(source, "--preset dev", project=project, cmake=tool))
    assert user.read_text() == text
    assert f"`cmake --preset NAME {SCRIPT}`" in done.notices[0]
    assert (source / ".ninjapool/presets.json").exists() is not old
    steps = [shlex.join(words) for step in done.steps for words in step.commands]
    with_file = "--presets-file .ninjapool/presets.json --preset ninjapool"
    assert any(step.endswith(with_file) for step in steps) is not old


def test_a_base_of_the_foreign_file_itself_is_out_of_reach(source):
    write_presets(source, name="CMakeUserPresets.json")
    project = replace(a_project(str(source)), generator=set_to("Ninja"), build=source / "out/dev")
    done = configure(request_for(source, "--preset dev", project=project))
    assert not (source / ".ninjapool/presets.json").exists()
    assert "left as it is" in done.notices[0]


def test_a_broken_foreign_file_is_left_and_said_with_its_line(source):
    user = source / "CMakeUserPresets.json"
    user.write_text('{\n"version": 3,\n}')
    done = configure(request_for(source))
    assert "CMakeUserPresets.json:" in done.notices[0]
    assert user.read_text() == '{\n"version": 3,\n}'
    assert (source / ".ninjapool/cache.cmake").exists()


def test_a_broken_file_with_a_preset_asked_for_is_an_error(source):
    (source / "CMakePresets.json").write_text("{")
    with pytest.raises(FileError, match=r"CMakePresets.json:1"):
        configure(request_for(source, "--preset dev"))


def test_conans_place_is_left_to_conan(source):
    (source / "conanfile.txt").touch()
    configure(request_for(source))
    assert not (source / "CMakeUserPresets.json").exists()


def test_a_project_with_a_preset_of_our_name_keeps_it(source):
    write_presets(source, DEV.replace("dev", "ninjapool"))
    done = configure(request_for(source))
    assert not (source / "CMakeUserPresets.json").exists()
    assert done.notices == (
        "no preset ninjapool is written: CMakePresets.json has a preset of that name",
    )


def test_a_base_that_takes_both_includes_is_said(source):
    both = '{"CMAKE_PROJECT_INCLUDE": "a", "CMAKE_PROJECT_INCLUDE_BEFORE": "b"}'
    write_presets(source, f'{DEV[:-1]}, "cacheVariables": {both}}}')
    project = replace(a_project(str(source)), generator=set_to("Ninja"), build=source / "out/dev")
    done = configure(request_for(source, "--preset dev", project=project))
    assert "leaves none of" in done.notices[0]


@pytest.mark.parametrize("more", [{"presets": False}, {"cmake": version("3.20.5")}])
def test_without_presets_no_file_appears_in_the_source(source, more):
    done = configure(request_for(source, **more))
    assert not (source / "CMakeUserPresets.json").exists()
    assert [step.what for step in done.steps] == ["then build"]


def test_the_preset_step_names_the_folder_where_it_works(source, monkeypatch):
    assert configure(request_for(source)).steps[1].folder is None
    (source / "away").mkdir()
    monkeypatch.chdir(source / "away")
    assert configure(request_for(source)).steps[1].folder == source


# ---------------------------------------------------------------- the environment


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({}, None),
        ({"CMAKE_BUILD_PARALLEL_LEVEL": ""}, None),
        ({"CMAKE_BUILD_PARALLEL_LEVEL": "8"}, "passes -j8 to ninja"),
        ({"MAKEFLAGS": "-j6"}, None),
        ({"MAKEFLAGS": "-k --jobs=4"}, None),
        ({"MAKEFLAGS": "-kj16"}, "starts 16 jobs, where 6 jobs fit"),
        ({"MAKEFLAGS": "-j"}, "any number of jobs"),
        ({"MAKEFLAGS": "-j -k"}, "any number of jobs"),
        ({"MAKEFLAGS": " -j9 --jobserver-auth=fifo:/tmp/x"}, "jobserver-auth=fifo:/tmp/x"),
        ({"MAKEFLAGS": "--just-print"}, None),
    ],
)
def test_what_works_against_the_plan_is_said(env, said):
    notices = list(environment_notices(env, jobs=6))
    assert len(notices) == (said is not None)
    assert said is None or said in notices[0]


# ---------------------------------------------------------------- governed

GOVERNED = Govern(on=True, ninja="/usr/bin/ninja", program="/venv/bin/ninjapool-ninja")


def test_a_program_that_cmake_takes_for_ninja_is_written_and_may_be_run(source):
    done = configure(request_for(source, govern=GOVERNED))
    program = source / ".ninjapool" / "ninjapool-ninja"
    assert program in done.written
    assert os.access(program, os.X_OK)
    assert done.steps[0].what == "then build, governed"


@pytest.mark.parametrize("name", ["/opt/my ninja", "/it's/ninja", "/$HOME/`id`/ninja"])
def test_names_of_programs_are_quoted_for_the_shell(name):
    text = render_program(replace(GOVERNED, ninja=name), 4)
    line = next(line for line in text.splitlines() if line.startswith("ninja="))
    told = subprocess.run(
        ["sh", "-c", f'{line}; printf %s "$ninja"'], capture_output=True, text=True, check=True
    )
    assert told.stdout == name


def test_the_packages_ninja_is_no_argument_then(source):
    assert "MAKE_PROGRAM" not in command(source, ninja=PACKAGED, govern=GOVERNED)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("-DCMAKE_MAKE_PROGRAM=/opt/ninja", "so does -DCMAKE_MAKE_PROGRAM=/opt/ninja"),
        ("--preset dev", "so does preset dev: /opt/ninja"),
    ],
)
def test_beside_a_program_of_the_users_it_is_refused_and_nothing_is_written(source, args, said):
    preset = {"name": "dev", "cacheVariables": {"CMAKE_MAKE_PROGRAM": "/opt/ninja"}}
    presets = {"version": 3, "configurePresets": [preset]}
    (source / "CMakePresets.json").write_text(json.dumps(presets))
    with pytest.raises(UsageError, match=re.escape(said)):
        configure(request_for(source, args, govern=GOVERNED))
    assert names(source) == ["CMakePresets.json"]


def test_makefiles_cannot_be_governed_so(source):
    project = replace(a_project(str(source)), generator=set_to("Unix Makefiles"))
    with pytest.raises(UsageError, match="is for Ninja") as refused:
        configure(request_for(source, project=project, govern=GOVERNED))
    assert "ninjapool run --" in refused.value.hint


def test_a_build_directory_that_is_governed_stays_so(source):
    build = source / "build"
    build.mkdir()
    text = "CMAKE_MAKE_PROGRAM:FILEPATH=/x/.ninjapool/ninjapool-ninja\n"
    (build / "CMakeCache.txt").write_text(text)
    project = a_project(str(source))
    kept = governing(project, NINJA, {}, asked=None)
    assert kept is not None
    assert (kept.on, kept.ninja) == (True, "/usr/bin/ninja")
    assert Path(kept.program).name == "ninjapool-ninja"
    off = governing(project, NINJA, {}, asked=False)
    assert off is not None
    assert not off.on
    (build / "CMakeCache.txt").write_text("CMAKE_MAKE_PROGRAM:FILEPATH=/usr/bin/ninja\n")
    assert governing(project, NINJA, {}, asked=None) is None


def test_in_our_own_preset_the_program_is_kept_up_to_date(source):
    file = source / "CMakeUserPresets.json"
    configure(request_for(source, ninja=PACKAGED))
    assert "/venv/ninja" in file.read_text()
    configure(request_for(source, ninja=PACKAGED, govern=GOVERNED))
    assert "${sourceDir}/.ninjapool/ninjapool-ninja" in file.read_text()
    configure(request_for(source, ninja=PACKAGED, govern=replace(GOVERNED, on=False)))
    assert "/venv/ninja" in file.read_text()
