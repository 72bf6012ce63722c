"""NinjaPool.cmake function by function: each script in scripts/ is a case.

A case is named after what it shows. One with a .stderr file beside it must fail, and say what
that regular expression matches.
"""

import re
import subprocess
from pathlib import Path

import pytest

from ninjapool.resources import cmake_dir

pytestmark = pytest.mark.cmake

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.cmake"))


def test_each_expected_failure_has_its_script():
    expected = {path.with_suffix(".cmake") for path in (SCRIPTS[0].parent).glob("*.stderr")}
    assert expected <= set(SCRIPTS)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_script(script, cmake_module_ends, tmp_path):
    command = [cmake_module_ends.path, f"-DCMAKE_MODULE_PATH={cmake_dir()}", f"-DSPACE={tmp_path}"]
    done = subprocess.run([*command, "-P", script], capture_output=True, text=True, check=False)
    expected = script.with_suffix(".stderr")
    if expected.exists():
        said = " ".join(done.stderr.split())  # cmake wraps its lines
        assert done.returncode != 0
        assert re.search(expected.read_text(encoding="utf-8").strip(), said), said
    else:
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""


def test_an_older_cmake_is_told_so(cmake_old):
    module = cmake_dir() / "NinjaPool.cmake"
    done = subprocess.run(
        [cmake_old.path, "-P", module], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    said = " ".join(done.stderr.split())
    assert f"NinjaPool needs CMake 3.20 or newer, this is {cmake_old}" in said
