"""The ways by which a build, not the desktop, dies for want of memory."""

from pathlib import Path

import pytest

from ninjapool.govern.confine import OOM_SCORE, dying_first, scope


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    (tmp_path / "proc/self").mkdir(parents=True)
    return tmp_path


def score(machine: Path) -> Path:
    return machine / "proc/self/oom_score_adj"


@pytest.mark.parametrize(("before", "after"), [(0, OOM_SCORE), (-17, OOM_SCORE), (800, 800)])
def test_a_job_dies_before_the_desktop_and_a_higher_score_stays(
    machine: Path, before: int, after: int
) -> None:
    score(machine).write_text(f"{before}\n")
    dying_first(machine)()
    assert int(score(machine).read_text()) == after


@pytest.mark.parametrize("text", [None, "", "x"])
def test_where_there_is_no_score_nothing_is_done(machine: Path, text: str | None) -> None:
    if text is not None:
        score(machine).write_text(text)
    dying_first(machine)()
    assert not score(machine).exists() or score(machine).read_text() == text


def session(machine: Path, cgroups: str, *, bus: bool = True) -> dict[str, str]:
    """The environment of a session; without a systemd-run on its PATH."""
    (machine / "proc/self/cgroup").write_text(cgroups)
    if bus:
        (machine / "bus").touch()
    return {"XDG_RUNTIME_DIR": str(machine), "PATH": str(machine)}


TERMINAL = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/vte-spawn.scope\n"


@pytest.mark.parametrize(
    ("cgroups", "bus"),
    [
        (TERMINAL, False),
        ("0::/\n", True),
        ("4:memory:/docker/x\n0::/\n", True),
        ("0::/system.slice/runner.service\n", True),
        (TERMINAL, True),  # no systemd-run
    ],
)
def test_only_a_desktop_session_has_a_scope(machine: Path, cgroups: str, bus: bool) -> None:
    assert scope(machine, session(machine, cgroups, bus=bus)) == ()


def test_no_proc_no_scope(tmp_path: Path) -> None:
    assert scope(tmp_path, {}) == ()
