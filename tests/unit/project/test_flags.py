import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool.project import flags


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("-O2 -g", "full"),
        ("-g2", "full"),
        ("-ggdb3", "full"),
        ("-gdwarf-5", "full"),
        ("-gdwarf-4 -O2", "full"),
        ("/Zi /Od", "full"),
        ("-Z7", "full"),
        ("-g1", "lines"),
        ("-gline-tables-only", "lines"),
        ("-gmlt", "lines"),
        ("-g -g0", "none"),
        ("-ggdb0", "none"),
        ("-g0 -g", "full"),
        ("-g3 -g1", "lines"),
    ],
)
def test_the_last_debug_flag_decides(text, level):
    found = flags.debug_flag(text)
    assert found is not None
    assert found[0] == level


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-O2",
        "-gz",
        "-gsplit-dwarf",
        "-gno-column-info",
        "-gcolumn-info",
        "-grecord-gcc-switches",
    ],
)
def test_flags_that_only_begin_with_g_say_nothing_of_debug_information(text):
    assert flags.debug_flag(text) is None


def test_split_dwarf_can_be_taken_back():
    assert flags.splits_dwarf("-g -gsplit-dwarf=single")
    assert not flags.splits_dwarf("-gsplit-dwarf -gno-split-dwarf")
    assert not flags.splits_dwarf("-g")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("-flto", ("full", "-flto")),
        ("-flto=auto", ("full", "-flto=auto")),
        ("-flto=8", ("full", "-flto=8")),
        ("-O2 -flto=thin", ("thin", "-flto=thin")),
        ("/GL", ("full", "/GL")),
        ("-flto -fno-lto", ("off", "-fno-lto")),
        ("-flto-partition=none", None),
        ("", None),
    ],
)
def test_the_last_lto_flag_decides(text, found):
    assert flags.lto_flag(text) == found


@pytest.mark.parametrize(
    ("text", "linker"),
    [
        ("-fuse-ld=lld", "lld"),
        ("-fuse-ld=gold -fuse-ld=mold", "mold"),
        ("--ld-path=/usr/bin/ld.lld-19", "lld"),
        ("-fuse-ld=bfd -Wl,-O1", "bfd"),
        ("-fuse-ld=/opt/wild", "other"),
    ],
)
def test_the_last_linker_flag_decides(text, linker):
    found = flags.linker_flag(text)
    assert found is not None
    assert found[0] == linker


def test_no_linker_flag_is_none():
    assert flags.linker_flag("-O2 -Wl,--gc-sections") is None


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("LLD", "lld"),
        ("C:\\LLVM\\bin\\lld-link.exe", "lld"),
        ("/home/mold/bin/ld.gold", "gold"),
        ("x86_64-linux-gnu-ld.bfd", "bfd"),
        ("ld", "other"),
    ],
)
def test_a_linker_is_known_by_the_last_part_of_its_path(name, family):
    assert flags.linker_of(name) == family


def test_sanitizers_add_up_and_can_be_taken_back():
    text = "-fsanitize=address,undefined -fsanitize=fuzzer -fno-sanitize=undefined"
    assert flags.sanitizers(text) == ("address", "fuzzer")
    assert flags.sanitizers("-fsanitize=thread -fno-sanitize=all") == ()
    assert flags.sanitizers("-fsanitize-coverage=edge -fsanitize=") == ()


@pytest.mark.parametrize(
    ("text", "threads"),
    [
        ("--threads 4", 4),
        ("--threads=8 -O3", 8),
        ("-t4", 4),
        ("-t 2 --threads 0", 0),
        ("-O3", None),
        ("--threads-x 4", None),
        ("-target 3", None),
    ],
)
def test_the_threads_of_nvcc(text, threads):
    assert flags.nvcc_threads(text) == threads


def test_build_types_bring_flags_in_any_spelling():
    assert flags.default_flags("debug", "gcc") == "-g"
    assert flags.default_flags("RelWithDebInfo", "clang") == "-O2 -g -DNDEBUG"
    assert flags.default_flags("Debug", "msvc").startswith("/Zi")
    assert flags.default_flags("Coverage", "gcc") == ""


@given(st.text(alphabet="-gflto=sanize, 0123\t", max_size=60))
def test_no_flags_break_the_readers(text):
    flags.debug_flag(text)
    flags.lto_flag(text)
    flags.linker_flag(text)
    flags.nvcc_threads(text)
    assert isinstance(flags.sanitizers(text), tuple)
