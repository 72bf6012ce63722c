"""What a governed build has left, made into a trace that can be replayed."""

import sys

import pytest

from examples.replay import make_trace, recorded


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


def test_what_was_never_built_is_said_in_a_line(tmp_path, capsys, monkeypatch) -> None:
    nowhere = str(tmp_path / "nowhere")
    monkeypatch.setattr(sys, "argv", ["make_trace", "recorded", nowhere, "-o", "never.gz"])
    with pytest.raises(SystemExit) as ended:
        make_trace.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"{nowhere} is not there\n"
