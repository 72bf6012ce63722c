"""The figures that CMake reads against the profiles that they were made from."""

import pytest

from tests.make_cmake_tables import FILES, TABLES, text_of


@pytest.mark.parametrize("name", FILES)
def test_the_tables_are_what_the_profiles_say(name):
    written = (TABLES / f"{name}.cmake").read_text(encoding="utf-8")
    assert written == text_of(name), "run python -m tests.make_cmake_tables"
