import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool.govern.identify import identify, shell_text
from ninjapool.model import JobClass

BASE = "/src/build"


def by_shell(text: str, folder: str = BASE) -> tuple[JobClass, str]:
    found = identify(["/bin/sh", "-c", text], folder, BASE)
    return found.job_class, found.key


@pytest.mark.parametrize(
    ("text", "job_class", "key"),
    [
        (
            "/usr/bin/c++ -DX -I/i -MD -MT lib/a.o -MF lib/a.o.d -o lib/a.cpp.o -c /src/a.cpp",
            "compile",
            "lib/a.cpp.o",
        ),
        ("/usr/bin/clang++-19 -o x.o -c /src/x.cpp", "compile", "x.o"),
        ("x86_64-linux-gnu-g++-12 -c /src/x.cpp -ox.o", "compile", "x.o"),
        ("ccache /usr/bin/c++ -o x.o -c /src/x.cpp", "compile", "x.o"),
        ("/usr/bin/c++ -c /src/x.cpp -o x.o; touch done", "compile", "x.o"),
        ("/usr/bin/c++ -c /src/x.cpp -o x.o&&touch done", "compile", "x.o"),
        ("CCACHE_DIR=/c ccache /usr/bin/c++ -o x.o -c /src/x.cpp", "compile", "x.o"),
        (
            "/usr/bin/cmake -E __run_co_compile --tidy=t --source=x -- /bin/c++ -o x.o -c x.cpp",
            "compile",
            "x.o",
        ),
        (": && /usr/bin/c++ -fuse-ld=lld a.o -o bin/llc  lib/liba.a && :", "link", "bin/llc"),
        (": && /usr/bin/clang++ -shared -o lib/libA.so.19.1 a.o && :", "link", "lib/libA.so.19.1"),
        ("/usr/bin/ld.lld -r a.o -o b.o", "link", "b.o"),
        (
            ": && cmake -E rm -f lib/libA.a && ar qc lib/libA.a  a.o && ranlib lib/libA.a && :",
            "archive",
            "lib/libA.a",
        ),
        (
            "cd /src/build && /src/build/bin/llvm-tblgen -gen-dag-isel -o lib/X86.inc X86.td",
            "tablegen",
            "lib/X86.inc",
        ),
        (": && /usr/bin/c++ a.o -o bin/llvm-tblgen && :", "link", "bin/llvm-tblgen"),
        ("cd /src/build/sub && /usr/bin/python3 gen.py -o out.h", "other", "sub/out.h"),
        ("/usr/bin/nvcc -c x.cu -o x.cu.o", "compile", "x.cu.o"),
        (
            "/usr/bin/c++ -o tools/flang/lib/Parser/a.cpp.o -c a.cpp",
            "flang",
            "tools/flang/lib/Parser/a.cpp.o",
        ),
        ("/usr/bin/c++ -o /elsewhere/x.o -c x.cpp", "compile", "/elsewhere/x.o"),
        ("/usr/bin/c++ -o './dir with blank/../x.o' -c x.cpp", "compile", "x.o"),
    ],
)  # fmt: skip
def test_class_and_key_come_from_the_command(text: str, job_class: str, key: str) -> None:
    assert by_shell(text) == (job_class, key)


def test_a_command_without_a_shell_is_the_same_job() -> None:
    words = ["/usr/bin/g++", "-c", "a.cc", "-o", "a.o"]
    assert identify(words, "/src/build/sub", BASE).key == "sub/a.o"
    assert identify(words, "/src/build/sub", BASE).job_class == "compile"


def test_a_shell_that_became_its_command_keeps_its_key() -> None:
    text = "/usr/bin/g++ -c a.cc -o a.o"
    before = identify(["/bin/sh", "-c", text], BASE, BASE)
    after = identify(text.split(), BASE, BASE)
    assert (before.key, before.command) == (after.key, after.command)


def test_what_names_no_output_is_known_by_its_text() -> None:
    one = by_shell("/usr/bin/python3 check.py")
    assert one == by_shell("/usr/bin/python3 check.py")
    assert one != by_shell("/usr/bin/python3 check2.py")
    assert one[0] == "other"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cd /src/build && /usr/bin/python3 -B /src/tools/check.py --all", "python3 check.py"),
        ("cd /src/build && /usr/bin/cmake -E copy a.h b.h", "cmake copy"),
        ("cd /src/build && /src/build/bin/generate && touch stamp", "generate"),
        ("VERBOSE=1 'make' all", "make all"),
        (": && :", ""),
        ("./run\x1b[31m 'two words'", ""),
    ],
)
def test_what_names_no_output_says_to_people_what_it_is(text: str, said: str) -> None:
    assert re.fullmatch(f"command {said + ' ' if said else ''}[0-9a-f]{{16}}", by_shell(text)[1])


def test_a_crate_is_named() -> None:
    found = identify(["rustc", "--crate-name", "serde", "src/lib.rs"], BASE, BASE)
    assert found.job_class == "compile"
    assert found.key.startswith("command serde ")


def test_output_to_the_terminal_is_no_output() -> None:
    assert identify(["c++", "-E", "a.cc", "-o", "-"], BASE, BASE).output is None


def test_a_busybox_or_a_named_shell_is_a_shell() -> None:
    assert shell_text(["/usr/bin/bash", "-c", "make all"]) == "make all"
    assert shell_text(["sh", "script.sh"]) == "sh script.sh"


@given(st.lists(st.text(max_size=30), max_size=6))
def test_any_command_has_an_identity(words: list[str]) -> None:
    found = identify(words, None, BASE)
    assert found.key
    assert found.job_class in {"compile", "link", "tablegen", "flang", "archive", "other"}
