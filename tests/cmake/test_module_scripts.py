"""NinjaPool.cmake function by function: each script in scripts/ is a case, named after what it shows.

A case with a .stderr file beside it must fail, and say what that regular expression matches.
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
def test_script(script, cmake_ends, tmp_path):
    command = [cmake_ends.path, f"-DCMAKE_MODULE_PATH={cmake_dir()}", f"-DSPACE={tmp_path}"]
    done = subprocess.run([*command, "-P", script], capture_output=True, text=True, check=False)
    expected = script.with_suffix(".stderr")
    if expected.exists():
        said = " ".join(done.stderr.split())  # cmake wraps its lines
        assert done.returncode != 0
        assert re.search(expected.read_text(encoding="utf-8").strip(), said), said
    else:
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
