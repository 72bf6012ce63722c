"""What all tests share: golden files, their switch, who runs alone, and that CI skips nothing."""

import os
import signal
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# A busy machine is slow, not wrong: no property test fails for its time.
settings.register_profile("calm", deadline=None)
settings.load_profile("calm")

# A shell's background job ignores it, and so would every build that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

EXPECTED = Path(__file__).parent / "expected"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-expected",
        action="store_true",
        help="write what the tests got to tests/expected/ instead of comparing",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: is_alone(item.nodeid))


def is_alone(nodeid: str) -> bool:
    """Real builds and browsers need the machine to themselves."""
    return nodeid.startswith(("tests/build/", "tests/browser/"))


class AloneAtLast(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """With `-n`: those that need the machine to themselves come last, all on one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return "alone" if is_alone(nodeid) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> AloneAtLast:
    return AloneAtLast(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A machine may lack what a test needs, but the one that judges changes (CI=true) must not."""
    report = yield
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped, which no test may be in CI: {report.longreprtext}"
    return report


@pytest.fixture(autouse=True)
def no_state_of_this_user(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a build leaves for the next one is kept in a folder of the test's own."""
    monkeypatch.delenv("NINJAPOOL_STATE", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture
def expect(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`expect("env.sh", text)`: the text is what tests/expected/env.sh holds."""

    def compare(name: str, text: str) -> None:
        path = EXPECTED / name
        if request.config.getoption("--update-expected"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"run pytest --update-expected for {name}"

    return compare
