from pathlib import Path

import pytest

from ninjapool.model import Setting
from ninjapool.project.compiler import Host, family_of, read_compiler
from ninjapool.project.variables import Variables

GCC_ANSWER = "c++ (Debian 12) 12.2\nCopyright (C) 2022 Free Software Foundation, Inc.\n"


def never(path: Path) -> str:
    raise AssertionError(f"{path} was asked")


def variables(**given: str) -> Variables:
    return Variables(settings={n: Setting(value=v, source=f"-D{n}={v}") for n, v in given.items()})


def program(path: Path, target: str = "") -> Path:
    """An executable, or a link to the file `target` beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if target:
        program(path.parent / target)
        path.symlink_to(target)
    else:
        path.touch()
        path.chmod(0o755)
    return path


def on_path(folder: Path, answer: str | None = None, platform: str = "linux") -> Host:
    env = {"PATH": str(folder)}
    return Host(env=env, platform=platform, ask=never if answer is None else lambda _: answer)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("clang++", "clang"),
        ("/usr/bin/clang++-19", "clang"),
        ("clang-cl", "clang"),
        ("aarch64-linux-android21-clang++", "clang"),
        ("amdclang++", "clang"),
        ("icpx", "clang"),
        ("em++", "clang"),
        ("g++", "gcc"),
        ("g++-12", "gcc"),
        ("gcc.exe", "gcc"),
        ("/opt/x/x86_64-linux-gnu-g++", "gcc"),
        ("arm-none-eabi-gcc-13.2", "gcc"),
        ("cl", "msvc"),
        (r"C:\VC\bin\cl.exe", "msvc"),
        ("c++", None),
        ("cc", None),
        ("nvc++", None),
        ("tcl", None),
    ],
)
def test_a_name_tells_the_family(name, family):
    assert family_of(name) == family


@pytest.mark.parametrize(
    "text",
    ["g++", "ccache g++ -m64", "/usr/bin/ccache /usr/bin/g++-12", "g++;-m64", "CCACHE_X=1 g++"],
)
def test_the_compiler_is_found_behind_its_launcher_and_before_its_flags(tmp_path, text):
    found = read_compiler(variables(CMAKE_CXX_COMPILER=text), "CXX", on_path(tmp_path))
    assert found.value == "gcc"


def test_an_open_quote_does_no_harm(tmp_path):
    given = variables(CMAKE_CXX_COMPILER="/home/o'neil/g++")
    assert read_compiler(given, "CXX", on_path(tmp_path)).value == "gcc"


def test_arguments_that_cmake_split_off_are_put_back(tmp_path):
    given = variables(CMAKE_CXX_COMPILER="/usr/bin/ccache", CMAKE_CXX_COMPILER_ARG1=" clang++")
    assert read_compiler(given, "CXX", on_path(tmp_path)).value == "clang"


def test_links_are_followed(tmp_path):
    program(tmp_path / "c++", target="x86_64-linux-gnu-g++-12")
    found = read_compiler(variables(CMAKE_CXX_COMPILER="c++"), "CXX", on_path(tmp_path))
    assert found.value == "gcc"
    assert found.source == "-DCMAKE_CXX_COMPILER=c++, which is x86_64-linux-gnu-g++-12"


def test_a_path_with_spaces_is_one_program(tmp_path):
    path = program(tmp_path / "my tools" / "c++", target="clang-19")
    found = read_compiler(variables(CMAKE_CXX_COMPILER=str(path)), "CXX", on_path(tmp_path))
    assert found.value == "clang"


def test_a_compiler_that_neither_name_nor_link_tells_is_asked(tmp_path):
    program(tmp_path / "c++")
    for answer, family in (
        (GCC_ANSWER, "gcc"),
        ("Ubuntu clang version 19.1.1", "clang"),
        ("Microsoft (R) C/C++ Optimizing Compiler", "msvc"),
        ("nvc++ 24.1", "other"),
        ("", "other"),
    ):
        host = on_path(tmp_path, answer)
        assert read_compiler(variables(CMAKE_CXX_COMPILER="c++"), "CXX", host).value == family


def test_the_answer_is_said(tmp_path):
    program(tmp_path / "c++")
    found = read_compiler(Variables(), "CXX", on_path(tmp_path, GCC_ANSWER))
    assert found.source.endswith("which says 'c++ (Debian 12) 12.2'")


def test_apples_gcc_is_asked_since_it_is_clang(tmp_path):
    program(tmp_path / "g++")
    host = on_path(tmp_path, "Apple clang version 15.0.0", platform="darwin")
    assert read_compiler(variables(CMAKE_CXX_COMPILER="g++"), "CXX", host).value == "clang"
    assert read_compiler(variables(CMAKE_CXX_COMPILER="g++-14"), "CXX", host).value == "gcc"


def test_nothing_said_means_the_first_that_cmake_finds(tmp_path):
    program(tmp_path / "clang++")
    found = read_compiler(Variables(), "CXX", on_path(tmp_path))
    assert (found.value, found.source) == ("clang", f"default: CMake takes {tmp_path}/clang++")
    program(tmp_path / "g++")
    assert read_compiler(Variables(), "CXX", on_path(tmp_path)).value == "gcc"
    program(tmp_path / "clang")
    assert read_compiler(Variables(), "C", on_path(tmp_path)).value == "clang"


def test_no_compiler_at_all_is_other_and_said(tmp_path):
    found = read_compiler(Variables(), "CXX", on_path(tmp_path))
    assert (found.value, found.source) == ("other", "default: no compiler is on the PATH")
    gone = read_compiler(variables(CMAKE_CXX_COMPILER="/gone/c++"), "CXX", on_path(tmp_path))
    assert gone.value == "other"


def test_an_existing_build_directory_knows_what_its_compiler_is(tmp_path):
    folder = tmp_path / "CMakeFiles" / "3.25.1"
    folder.mkdir(parents=True)
    given = Setting(value="/usr/bin/c++", source="b/CMakeCache.txt")
    cached = Variables(settings={"CMAKE_CXX_COMPILER": given})
    for identity, family in (
        ("GNU", "gcc"),
        ("AppleClang", "clang"),
        ("MSVC", "msvc"),
        ("XL", "other"),
    ):
        text = f'set(CMAKE_CXX_COMPILER "/usr/bin/c++")\nset(CMAKE_CXX_COMPILER_ID "{identity}")\n'
        (folder / "CMakeCXXCompiler.cmake").write_text(text)
        assert read_compiler(cached, "CXX", on_path(tmp_path), tmp_path).value == family


def test_a_new_compiler_on_the_command_line_is_not_the_one_of_the_build_directory(tmp_path):
    folder = tmp_path / "CMakeFiles" / "3.25.1"
    folder.mkdir(parents=True)
    (folder / "CMakeCXXCompiler.cmake").write_text('set(CMAKE_CXX_COMPILER_ID "GNU")')
    given = variables(CMAKE_CXX_COMPILER="clang++")
    assert read_compiler(given, "CXX", on_path(tmp_path), tmp_path).value == "clang"
