"""What the README shows is what the program prints."""

from __future__ import annotations

import re
from pathlib import Path

from ninjapool import cli

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
COMMAND = "ninjapool configure llvm -B build"
MARK = re.compile(
    r"(<!-- configure on tests/machines/wsl2-8gb -->\n```console\n)(.*?)(```\n)", re.DOTALL
)


def llvm(folder: Path) -> None:
    """As much of LLVM 14's tree as is read."""
    source = folder / "llvm"
    source.mkdir()
    (source / "CMakeLists.txt").write_text(
        "set(LLVM_VERSION_MAJOR 14)\nproject(LLVM)\ninclude(HandleLLVMOptions)\n"
    )


def test_the_first_screen_is_true(tmp_path, monkeypatch, capsys, request):
    llvm(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "CMAKE_BUILD_PARALLEL_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    machine = ROOT / "tests" / "machines" / "wsl2-8gb"
    args = [*COMMAND.split()[1:], "--root", str(machine)]
    assert cli.main(args) == 0
    shown = f"$ {COMMAND}\n{capsys.readouterr().out}"
    text = README.read_text(encoding="utf-8")
    if request.config.getoption("--update-expected"):
        text = MARK.sub(lambda match: match[1] + shown + match[3], text)
        README.write_text(text, encoding="utf-8")
    found = MARK.search(text)
    assert found is not None
    assert found[2] == shown


def test_the_output_stands_on_the_first_screen():
    lines = README.read_text(encoding="utf-8").splitlines()
    assert lines.index(f"$ {COMMAND}") < 25
