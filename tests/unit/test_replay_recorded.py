"""What a governed build has left, made into a trace that can be replayed."""

import pytest

from examples.replay import recorded


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("lib/CMakeFiles/x.dir/a.cpp.o", "lib/CMakeFiles/x.dir/a.cpp.o"),
        ("lib/x.dir/__/__/a+b.c.o", "lib/x.dir/__/__/a+b.c.o"),
        ("../gen/version.h", "_/gen/version.h"),
        ("a/../../b.o", "a/_/_/b.o"),
        ("/abs/b.o", "_/abs/b.o"),
        ("with space/it's $x.o", "with_space/it_s__x.o"),
        ("a..b/c.o", "a..b/c.o"),
    ],
)
def test_names_mean_nothing_to_ninja_or_a_shell(path: str, plain: str) -> None:
    assert recorded.plain(path) == plain
