"""What a build directory's outputs took, kept between builds beside ninja's log."""

from pathlib import Path

import pytest

from ninjapool import history, state
from ninjapool.forecast import Prior
from ninjapool.govern import learned
from ninjapool.govern.contract import Measured
from ninjapool.history import Past
from ninjapool.units import MIB

PAST = Past(row=(0, 9000), job_class="compile", seconds=2.5, peak=100 * MIB)


@pytest.fixture
def build(tmp_path: Path) -> Path:
    folder = tmp_path / "b"
    folder.mkdir()
    return folder


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(tmp_path / "state")}


def log(build: Path, *rows: tuple[int, int, str]) -> None:
    lines = [f"{start}\t{end}\t1\t{name}\tabc" for start, end, name in rows]
    (build / ".ninja_log").write_text("\n".join(["# ninja log v7", *lines]) + "\n")


def measured(key: str, seconds: float, peak: int | None) -> Measured:
    return Measured(key=key, job_class="compile", seconds=seconds, peak=peak)


def test_what_is_written_is_read_again(build: Path) -> None:
    outputs = {"a.o": PAST, "b c.o": Past(row=(1, 2), job_class="link", seconds=0.1)}
    assert history.parse(history.render(build, outputs)) == outputs


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema": 2, "outputs": {}}',
        '{"schema": 1, "outputs": []}',
        '{"schema": 1, "outputs": {"a.o": [1]}}',
        '{"schema": 1, "outputs": {"a.o": [0, 1, "nonsense", 1, 1]}}',
        '{"schema": 1, "outputs": {"a.o": [0, 1, "link", "x", 1]}}',
    ],
)
def test_what_cannot_be_understood_is_nothing(text: str) -> None:
    assert history.parse(text) == {}


def test_two_build_directories_of_one_name_have_files_of_their_own(
    tmp_path: Path, env: dict[str, str]
) -> None:
    files = {history.place(tmp_path / name / "build", env) for name in ("x", "y")}
    assert len(files) == 2
    assert all(file.parent == tmp_path / "state" / "ninjapool" for file in files)


def test_a_job_that_was_held_back_is_remembered_by_what_it_needed(
    build: Path, env: dict[str, str]
) -> None:
    before = learned.recall(build, env)
    log(build, (0, 9000, "a.o"), (0, 50, "b.o"))
    learned.keep(before, [measured("a.o", 2.5, 100 * MIB)])
    after = learned.recall(build, env)
    assert after.durations == {"a.o": 2.5, "b.o": 0.05}
    forecast = after.forecast("a.o", {"compile": Prior()})
    assert forecast is not None
    assert (forecast.peak, forecast.seconds, forecast.source) == (100 * MIB, 2.5, "history")
    assert after.forecast("b.o", {}) is None


def test_what_ninja_alone_has_built_since_goes_by_its_log(build: Path, env: dict[str, str]) -> None:
    before = learned.recall(build, env)
    log(build, (0, 9000, "a.o"))
    learned.keep(before, [measured("a.o", 2.5, 100 * MIB)])
    log(build, (0, 9000, "a.o"), (10, 3010, "a.o"))
    after = learned.recall(build, env)
    assert after.durations == {"a.o": 3.0}
    assert after.forecast("a.o", {}) is None


def test_what_failed_has_no_row_and_is_not_remembered(build: Path, env: dict[str, str]) -> None:
    before = learned.recall(build, env)
    log(build, (0, 50, "b.o"))
    learned.keep(before, [measured("a.o", 2.5, 100 * MIB)])
    assert learned.recall(build, env).pasts == {}


def test_a_peak_that_was_not_seen_this_time_stays_the_last(
    build: Path, env: dict[str, str]
) -> None:
    for end, peak in ((9000, 100 * MIB), (8000, None)):
        before = learned.recall(build, env)
        log(build, (0, end, "a.o"))
        learned.keep(before, [measured("a.o", 2.5, peak)])
    assert learned.recall(build, env).pasts["a.o"].peak == 100 * MIB


def test_where_nothing_can_be_kept_the_build_is_well_without(build: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the way")
    before = learned.recall(build, {"XDG_STATE_HOME": str(tmp_path / "state")})
    log(build, (0, 9000, "a.o"))
    learned.keep(before, [measured("a.o", 2.5, 100 * MIB)])


def test_without_a_build_directory_nothing_is_known_or_kept() -> None:
    nothing = learned.recall(None, {})
    assert nothing.durations == {}
    learned.keep(nothing, [measured("a.o", 2.5, None)])


def test_the_state_folder_is_the_users_own_else_xdgs_else_the_platforms(tmp_path):
    assert state.folder({"NINJAPOOL_STATE": "/elsewhere", "XDG_STATE_HOME": "/s"}) == Path(
        "/elsewhere"
    )
    assert state.folder({"NINJAPOOL_STATE": "relative", "XDG_STATE_HOME": "/s"}) == Path(
        "/s/ninjapool"
    )
    assert state.folder({}).name == "ninjapool"
