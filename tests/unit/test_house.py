"""The rules of the house: imports go down, neighbours do not know each other, pure stays pure."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "ninjapool"

FLOORS = [
    {"ctrl_c", "errors"},
    {"units", "paths"},
    {"model", "state"},
    {
        "probe",
        "project",
        "remote",
        "profiles",
        "history",
        "record",
        "forecast",
        "plan",
        "emit",
        "files",
        "resources",
    },
    {"govern", "doctor", "configure", "size", "report"},
    {"whatif"},
    {"cli"},
    {"__main__", "shim"},
]
PURE = (
    "errors",
    "units",
    "model",
    "plan",
    "record.form",
    "record.model",
    "forecast",
    "emit",
    "history.calibration",
    "history.entry",
    "history.lines",
    "history.past",
    "history.signature",
    "profiles.tables",
    "report",
    "size.wishes",
    *(f"doctor.{name}" for name in (
        "advice", "after", "as_json", "daemons", "diagnosis", "evidence", "findings",
        "headline", "kernel", "layout", "messages", "ninjalog", "programs", "scan", "since",
        "stamps", "symptoms", "tell", "text", "words",
    )),
    "govern.arguments",
    "govern.away",
    "govern.banker",
    "govern.contract",
    "govern.grid",
    "govern.identify",
    "govern.learned",
    "govern.ledger",
    "govern.model",
    "govern.outlook",
    "govern.pace",
    "govern.ready",
    "govern.recorder",
    "govern.summary",
    "govern.verdict",
    "govern.victims",
    "govern.foresight",
    "govern.governor",
    "govern.simulate",
    "govern.static",
    "govern.trace",
    "govern.trail",
    "whatif.cells",
    "whatif.model",
    "whatif.picture",
    "whatif.sides",
    "whatif.table",
)  # fmt: skip
IMPURE = {
    "asyncio", "io", "multiprocessing", "os", "psutil", "random", "resource", "select", "shutil",
    "signal", "socket", "sqlite3", "subprocess", "sys", "tempfile", "threading", "time",
}  # fmt: skip

MODULES = sorted(PACKAGE.rglob("*.py"))


def dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def imports(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def own_imports(path: Path) -> list[str]:
    """`plan`, `probe.memory.read_x`, ...: what the module takes from this package."""
    prefix = "ninjapool."
    names = (name.removeprefix(prefix) for name in imports(path) if name.startswith(prefix))
    return [name for name in names if name != "__version__"]


def floor(room: str) -> int:
    found = [index for index, rooms in enumerate(FLOORS) if room in rooms]
    assert found, f"{room} has no floor: give it one in FLOORS"
    return found[0]


def is_pure(name: str) -> bool:
    return any(name == pure or name.startswith(f"{pure}.") for pure in PURE)


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_go_down(path: Path) -> None:
    own = dotted(path).split(".")[0]
    if own == "__init__":
        return
    for name in own_imports(path):
        other = name.split(".")[0]
        assert other == own or floor(other) < floor(own), f"{dotted(path)} imports {name}"


@pytest.mark.parametrize("path", [p for p in MODULES if is_pure(dotted(p))], ids=dotted)
def test_pure_modules_stay_pure(path: Path) -> None:
    for name in imports(path):
        assert name.split(".")[0] not in IMPURE, f"{dotted(path)} imports {name}"
    for name in own_imports(path):
        assert is_pure(name), f"{dotted(path)} imports {name}, which is not pure"


def test_what_is_said_to_be_pure_exists() -> None:
    found = {dotted(path) for path in MODULES}
    assert [name for name in PURE if name not in found] == []


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_each_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_no_room_is_crowded() -> None:
    lengths = {dotted(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}
