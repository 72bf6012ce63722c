"""A scope of systemd's, with a stand-in for systemd-run that does what it does: note and exec."""

import subprocess
from pathlib import Path

import pytest

from ninjapool.govern.confine import scope

pytestmark = pytest.mark.build

SYSTEMD_RUN = """#!/bin/sh
echo "$@" >> {noted}
while [ "$1" != -- ]; do shift; done
shift
{last}
"""


@pytest.fixture
def session(tmp_path: Path) -> dict[str, str]:
    """The environment of a desktop session, whose systemd-run is ours."""
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text(
        "0::/user.slice/user-1000.slice/user@1000.service/app.slice/term.scope\n"
    )
    (tmp_path / "bus").touch()
    return {"XDG_RUNTIME_DIR": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin"}


def put_systemd_run(folder: Path, last: str) -> None:
    program = folder / "systemd-run"
    program.write_text(SYSTEMD_RUN.format(noted=folder / "noted", last=last))
    program.chmod(0o755)


def test_in_a_desktop_session_the_build_gets_a_scope(
    tmp_path: Path, session: dict[str, str]
) -> None:
    put_systemd_run(tmp_path, 'exec "$@"')
    prefix = scope(tmp_path, session)
    assert prefix[0] == "systemd-run"
    done = subprocess.run(
        [*prefix, "sh", "-c", "echo $PPID; exit 7"], env=session, check=False, capture_output=True
    )
    assert done.returncode == 7
    noted = (tmp_path / "noted").read_text()
    assert "--user --scope" in noted
    # Else systemd would end the whole build after the kernel has killed one job.
    assert "Delegate=yes" in noted


def test_a_bus_that_refuses_means_no_scope(tmp_path: Path, session: dict[str, str]) -> None:
    put_systemd_run(tmp_path, "echo Failed to connect to bus >&2; exit 1")
    assert scope(tmp_path, session) == ()
