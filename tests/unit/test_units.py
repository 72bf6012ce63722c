import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool.units import GIB, MIB, format_seconds, format_size, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("6G", 6 * GIB),
        ("1500M", 1500 * MIB),
        ("1.5GiB", 3 * GIB // 2),
        ("2 gb", 2 * GIB),
        ("4096", 4096),
        ("512B", 512),
        (".5G", GIB // 2),
    ],
)
def test_sizes_are_powers_of_1024(text, size):
    assert parse_size(text) == size


def test_percent_is_a_share_of_the_whole():
    assert parse_size("50%", whole=8 * GIB) == 4 * GIB


@pytest.mark.parametrize("text", ["", "G", "6X", "-1G", "6 G G", "1e9", "nan", "6iB", "٣G?"])
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="not a size"):
        parse_size(text)


def test_a_percentage_needs_a_whole():
    with pytest.raises(ValueError, match="percentage"):
        parse_size("50%")


@given(st.integers(min_value=0, max_value=2**60))
def test_plain_bytes_come_back_unchanged(size):
    assert parse_size(str(size)) == pytest.approx(size, rel=1e-15)


@given(st.integers(min_value=MIB, max_value=2**50))
def test_what_is_shown_can_be_read_again(size):
    assert parse_size(format_size(size)) == pytest.approx(size, rel=0.51)


def test_sizes_are_shown_in_the_unit_that_fits():
    assert format_size(6 * GIB) == "6.0 GiB"
    assert format_size(572 * MIB) == "572 MiB"
    assert format_size(12 * 1024) == "12 KiB"


def test_durations_are_shown_as_people_say_them():
    assert [format_seconds(s) for s in (0.42, 42, 59.6, 200, 7500)] == [
        "0.4 s",
        "42 s",
        "1 min 00 s",
        "3 min 20 s",
        "2 h 05 min",
    ]
