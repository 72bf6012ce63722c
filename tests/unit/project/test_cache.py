from hypothesis import given
from hypothesis import strategies as st

from ninjapool.project.cache import parse_cache, parse_entries, read_cache

TEXT = """\
# This is the CMakeCache file.
# KEY:TYPE=VALUE

//Choose the type of build
CMAKE_BUILD_TYPE:STRING=Release

//No help, variable specified on the command line.
CMAKE_CXX_FLAGS:UNINITIALIZED=-g -DX=a:b=c
  INDENTED:BOOL=ON
PADDED:STRING='  two '
EMPTY:STRING=
"A:B":STRING=odd name
A b:STRING=name with a space

########################
//ADVANCED property for variable: CMAKE_AR
CMAKE_AR-ADVANCED:INTERNAL=1
//STRINGS property for variable: CMAKE_BUILD_TYPE
CMAKE_BUILD_TYPE-STRINGS:INTERNAL=Debug;Release
"""


def test_entries_are_read_as_cmake_writes_them():
    assert parse_cache(TEXT) == {
        "CMAKE_BUILD_TYPE": "Release",
        "CMAKE_CXX_FLAGS": "-g -DX=a:b=c",
        "INDENTED": "ON",
        "PADDED": "  two ",
        "EMPTY": "",
        "A:B": "odd name",
        "A b": "name with a space",
    }


def test_the_help_text_above_an_entry_belongs_to_it_alone():
    entries = parse_entries("//one\n//two\nA:STRING=1\nB:BOOL=2\n//lost\n#\nC:PATH=3\n")
    assert [(name, e.help, e.type) for name, e in entries.items()] == [
        ("A", "one two", "STRING"),
        ("B", "", "BOOL"),
        ("C", "", "PATH"),
    ]


def test_what_ninjapool_wrote_is_known_by_its_help_text():
    entries = parse_entries("//Set by ninjapool\nA:STRING=1\n//Define the maximum\nB:STRING=2\n")
    assert entries["A"].ours
    assert not entries["B"].ours


def test_a_value_of_ours_that_was_edited_is_the_users():
    entries = parse_entries("//Set to 5 by ninjapool.\nA:STRING=5\nB:STRING=\n")
    assert entries["A"].ours
    edited = parse_entries("//Set to 5 by ninjapool.\nA:STRING=4\n")
    assert not edited["A"].ours


def test_windows_line_ends_and_odd_lines_do_no_harm():
    assert parse_cache("A:STRING=1\r\nnonsense\n=x\n:STRING=1\nB=2\n\x00\nC:STRING=3") == {
        "A": "1",
        "C": "3",
    }


def test_no_cache_is_an_empty_one(tmp_path):
    assert read_cache(tmp_path / "nowhere") == {}
    (tmp_path / "CMakeCache.txt").mkdir()
    assert read_cache(tmp_path) == {}


def test_a_cache_with_foreign_bytes_is_still_read(tmp_path):
    (tmp_path / "CMakeCache.txt").write_bytes(b"A:STRING=\xff\xfe\nB:STRING=ok\n")
    assert read_cache(tmp_path)["B"] == "ok"


def test_a_cache_that_has_changed_is_read_anew(tmp_path):
    cache = tmp_path / "CMakeCache.txt"
    cache.write_text("A:STRING=1\n")
    read_cache(tmp_path)["B"] = "the caller's own"
    assert read_cache(tmp_path) == {"A": "1"}
    cache.write_text("A:STRING=22\n")
    assert read_cache(tmp_path) == {"A": "22"}
    cache.unlink()
    assert read_cache(tmp_path) == {}


@given(st.text(max_size=200) | st.text(alphabet="AB:=\"'/#\n -", max_size=200))
def test_no_text_breaks_the_reader(text):
    for name, value in parse_cache(text).items():
        assert "\n" not in name
        assert "\n" not in value


NAMES = st.text(alphabet="ABCXYZ_0123456789 :.+", min_size=1).map(str.strip).filter(bool)
VALUES = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n\0"))


@given(st.dictionaries(NAMES, VALUES))
def test_what_cmake_writes_comes_back(entries):
    def written(name: str, value: str) -> str:
        key = f'"{name}"' if ":" in name or name.startswith("//") else name
        # As cmake does for values that begin or end with a blank, and for quoted ones.
        odd = value != value.strip() or (value[:1] == value[-1:] == "'")
        return f"//help\n{key}:STRING={chr(39) + value + chr(39) if odd else value}\n"

    text = "".join(written(name, value) for name, value in entries.items())
    expected = {n: v for n, v in entries.items() if not n.endswith(("-ADVANCED", "-STRINGS"))}
    assert parse_cache(text) == expected
