"""What can be said of cmake_modules/ without running CMake."""

import re
from pathlib import Path

import ninjapool
from ninjapool.resources import cmake_dir
from tests.make_cmake_tables import FILES, TABLES

MODULES = Path(__file__).parents[2] / "cmake_modules"
OWN = [path for path in sorted(MODULES.rglob("*.cmake")) if TABLES not in path.parents]
TEMPLATES = Path(ninjapool.__file__).parent / "emit" / "templates"
FUNCTION = re.compile(r"^\s*function\((\w+)", re.MULTILINE)


def functions(path: Path) -> set[str]:
    return set(FUNCTION.findall(path.read_text(encoding="utf-8")))


def test_no_table_is_left_over():
    assert {path.stem for path in TABLES.iterdir()} == set(FILES)


def test_the_package_and_the_modules_have_one_version():
    text = (MODULES / "NinjaPoolConfigVersion.cmake").read_text(encoding="utf-8")
    assert f'set(PACKAGE_VERSION "{ninjapool.__version__}")' in text


def test_the_modules_beside_the_package_are_found():
    assert (cmake_dir() / "NinjaPoolConfig.cmake").is_file()


def test_all_functions_bear_the_name_of_the_project():
    for path in OWN:
        for name in functions(path):
            public = path.name == "NinjaPool.cmake" and name.startswith("ninjapool_")
            assert public or name.startswith("_ninjapool_"), f"{name} in {path.name}"


def test_no_function_hides_another():
    """CMake has one space of names, and what is defined last wins without a word."""
    hooks = [path for path in TEMPLATES.iterdir() if path.name.startswith("hook")]
    seen: dict[str, Path] = {}
    for path in [*OWN, *hooks]:
        for name in functions(path):
            assert name not in seen, f"{name} is in {path.name} and in {seen[name].name}"
            seen[name] = path


def test_there_are_no_macros():
    assert [path.name for path in OWN if re.search(r"^\s*macro\(", path.read_text(), re.M)] == []


def test_every_public_function_is_documented():
    text = (MODULES / "NinjaPool.cmake").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\.\. command:: (\w+)$", text, re.MULTILINE))
    assert documented == {name for name in functions(MODULES / "NinjaPool.cmake") if name[0] != "_"}


def test_no_module_is_crowded():
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in OWN}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}
