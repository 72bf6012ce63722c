"""What of a command is the same next time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool.history.signature import Roots, signature

HERE = Roots(build="/home/me/llvm/build", source="/home/me/llvm")
THERE = Roots(build="/ci/out/b2", source="/ci/llvm")
COMMAND = (
    "/usr/bin/c++ -DX -I{build}/include -I{source}/include -isystem {build} -O3 -DNDEBUG "
    "-MD -MT {o} -MF {o}.d -o {o} -c {source}/lib/a.cpp"
)


def signed(text, roots, family="gcc"):
    return signature(text, roots, family)


def at(roots, *, output="lib/a.o", extra=""):
    text = COMMAND.format(build=roots.build, source=roots.source, o=output)
    return text.replace(" -O3", f" -O3{extra}")


def test_the_place_of_source_and_build_is_no_part_of_it():
    assert signed(at(HERE), HERE) == signed(at(THERE), THERE)


def test_a_renamed_build_directory_changes_nothing():
    renamed = Roots(build="/home/me/llvm/build-2", source="/home/me/llvm")
    assert signed(at(HERE), HERE) == signed(at(renamed), renamed)


def test_a_folder_whose_name_only_begins_alike_is_another():
    text = "c++ -I/home/me/llvm/build2/x -c a.cpp"
    assert HERE.without(text) == "c++ -I@S/build2/x -c a.cpp"


def test_names_of_outputs_and_sources_are_no_part_of_it():
    assert signed(at(HERE), HERE) == signed(at(HERE, output="elsewhere/b.o"), HERE)


def test_an_added_flag_is_another_command_of_the_same_variant():
    one, other = signed(at(HERE), HERE), signed(at(HERE, extra=" -Wall"), HERE)
    assert one.command != other.command
    assert one.variant == other.variant == "gcc -O3"


@pytest.mark.parametrize(
    ("flags", "variant"),
    [
        ("-O0 -g", "gcc -O0 -g"),
        ("-g -O3", "gcc -O3 -g"),
        ("-O2 -O3", "gcc -O3"),
        ("-g -g0", "gcc"),
        ("-gsplit-dwarf -g2", "gcc -g2 -gsplit-dwarf"),
        ("-flto=thin -O2 -flto=thin", "gcc -O2 -flto=thin"),
        ("-fsanitize=address", "gcc -fsanitize=address"),
        ("-fuse-ld=lld", "gcc -fuse-ld=lld"),
        ("-Og -ggdb3", "gcc -Og -ggdb3"),
        ("-fPIC -std=c++17 -grecord-gcc-switches", "gcc"),
    ],
)
def test_what_changes_memory_by_factors_is_kept_apart(flags, variant):
    assert signed(f"g++ {flags} -c a.cpp -o a.o", HERE).variant == variant


def test_sources_are_named_from_the_root_of_their_tree():
    assert HERE.relative("/home/me/llvm/lib/a.cpp") == "lib/a.cpp"
    assert HERE.relative("/usr/src/a.cpp") == "/usr/src/a.cpp"


@given(st.text(max_size=200), st.text(max_size=20), st.text(max_size=20))
def test_any_text_has_a_signature_that_does_not_tell_the_root(text, build, source):
    roots = Roots(build=f"/b{build}", source=f"/s{source}")
    found = signature(text, roots, "gcc")
    assert found == signature(text, roots, "gcc")
    assert found.variant.startswith("gcc")
