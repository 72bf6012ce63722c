"""Any text, quoted by the template's filter, comes back unchanged from real cmake."""

import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ninjapool.emit.template import cmake_quoted, one_line

pytestmark = pytest.mark.cmake

SPECIAL = st.sampled_from(['"', "\\", "$", "${x}", "$ENV{HOME}", ";", "@x@", "#", "[[", "]]", "\n"])
# NUL ends a CMake file, and surrogates are no text.
ANY = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
TEXTS = st.lists(st.lists(SPECIAL | ANY, max_size=6).map("".join), min_size=1, max_size=40)
NO_RUSH = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def run(cmake, script):
    """Runs a script in an empty folder, which it returns."""
    folder = Path(tempfile.mkdtemp(dir=script.parent))
    subprocess.run([cmake.path, "-P", script], cwd=folder, check=True, capture_output=True)
    return folder


@NO_RUSH
@given(texts=TEXTS)
def test_any_text_comes_back_unchanged(cmake_ends, tmp_path, texts):
    script = tmp_path / "script.cmake"
    lines = [f'file(WRITE "{n}" {cmake_quoted(text)})\n' for n, text in enumerate(texts)]
    header = "cmake_policy(VERSION 3.15...4.0)\nset(x wrong)\n"
    script.write_bytes((header + "".join(lines)).encode())
    folder = run(cmake_ends, script)
    assert [(folder / str(n)).read_bytes().decode() for n in range(len(texts))] == texts


@NO_RUSH
@given(texts=TEXTS)
def test_no_text_leaves_its_comment(cmake_ends, tmp_path, texts):
    script = tmp_path / "script.cmake"
    lines = [f"# {one_line(text + 'x) message(FATAL_ERROR')}\n" for text in texts]
    script.write_bytes("".join(lines).encode() + b'file(WRITE "end" "")\n')
    assert (run(cmake_ends, script) / "end").exists()
