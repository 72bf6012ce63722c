"""NinjaPool.cmake and the Python plan on the same machines and settings: the same numbers."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ninjapool import probe
from ninjapool.errors import MachineError
from ninjapool.model import Machine, Policy, Setting
from ninjapool.plan import plan_build
from ninjapool.profiles import estimate, read_profile
from ninjapool.resources import cmake_dir
from ninjapool.units import GIB, parse_size
from tests.builders import project

pytestmark = pytest.mark.cmake

MACHINES = sorted(path.parent for path in Path(__file__).parents[1].glob("machines/*/proc"))

PRELUDE = """
cmake_policy(VERSION 3.20)
include(NinjaPool)
function(answer)
  _ninjapool_budget(budget)
  math(EXPR budget_mib "(${budget_memory} - ${budget_reserve}) / 1048576")
  _ninjapool_demands(${budget_cpus} ${budget_memory})
  _ninjapool_size_pools(${budget_mib} compile link)
  _ninjapool_single_number(jobs worst)
  message("${budget_memory} ${budget_reserve} ${budget_cpus}"
    " ${compile_depth} ${link_depth} ${jobs}")
endfunction()
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Settings as Python is told them, and as CMake finds them at the end of a configure step."""

    name: str
    profile: str = "generic"
    project: Mapping[str, Any] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    variables: Mapping[str, str] = field(default_factory=dict)


def own(value):
    return Setting(value=value, source="the user")


CASES = [
    Case(name="plain"),
    Case(
        name="clang and lld",
        project={"compiler": "clang", "linker": "lld"},
        variables={"CMAKE_CXX_COMPILER_ID": "Clang", "CMAKE_EXE_LINKER_FLAGS": "-fuse-ld=lld"},
    ),
    Case(
        name="debug",
        project={"debug_info": "full", "build_type": "Debug"},
        variables={"CMAKE_BUILD_TYPE": "Debug", "CMAKE_CXX_FLAGS_DEBUG": "-g"},
    ),
    Case(
        name="debug information by a linker that needs more",
        profile="clang",
        project={"debug_info": "full", "build_type": "RelWithDebInfo", "linker": "mold"},
        variables={
            "CMAKE_BUILD_TYPE": "RelWithDebInfo",
            "CMAKE_CXX_FLAGS_RELWITHDEBINFO": "-O2 -g -DNDEBUG",
            "CMAKE_EXE_LINKER_FLAGS": "",
            "CMAKE_LINKER_TYPE": "MOLD",
        },
    ),
    Case(
        name="split DWARF and a sanitizer",
        project={"debug_info": "full", "split_dwarf": True, "sanitizers": ("address",)},
        variables={"CMAKE_CXX_FLAGS": "-g -gsplit-dwarf -fsanitize=address"},
    ),
    Case(
        name="line tables and a small sanitizer",
        profile="llvm",
        project={"debug_info": "lines", "sanitizers": ("undefined",)},
        variables={"CMAKE_CXX_FLAGS": "-g1 -fsanitize=undefined"},
    ),
    Case(
        name="full LTO",
        profile="mlir",
        project={"lto": "full"},
        variables={"CMAKE_INTERPROCEDURAL_OPTIMIZATION": "ON"},
    ),
    Case(
        name="ThinLTO",
        profile="llvm",
        project={"compiler": "clang", "lto": "thin", "linker": "lld"},
        variables={
            "CMAKE_CXX_COMPILER_ID": "Clang",
            "CMAKE_INTERPROCEDURAL_OPTIMIZATION": "ON",
            "CMAKE_EXE_LINKER_FLAGS": "-fuse-ld=lld",
        },
    ),
    Case(
        name="CUDA",
        profile="cuda",
        project={"cuda_threads": 4},
        variables={"CMAKE_CUDA_FLAGS": "--threads 4"},
    ),
    Case(
        name="depths of the user's own",
        policy=Policy(depths={"link": own(3)}),
        variables={"NINJAPOOL_LINK_JOBS": "3"},
    ),
    Case(
        name="figures of the user's own",
        policy=Policy(
            job_memory={"compile": own(parse_size("1.5G")), "link": own(3 * GIB)},
            reserve=own(parse_size("100M")),
        ),
        variables={
            "NINJAPOOL_COMPILE_MEMORY": "1.5G",
            "NINJAPOOL_LINK_MEMORY": "3G",
            "NINJAPOOL_RESERVE": "100M",
        },
    ),
    Case(
        name="less memory and fewer CPUs",
        policy=Policy(memory=own(400 << 20), cpus=own(2)),
        variables={"NINJAPOOL_MEMORY": "400M", "NINJAPOOL_CPUS": "2"},
    ),
]
# What the environment of this test may say, and what the recorded project does not.
DEFAULTS = {"CMAKE_CXX_COMPILER_ID": "GNU", "CMAKE_EXE_LINKER_FLAGS": "-fuse-ld=bfd"}


@cache
def recorded(root: Path) -> Machine:
    return probe.machine(root)


def planned(root: Path, case: Case) -> str:
    machine = recorded(root)
    assert machine.cpus is not None
    cpus = case.policy.cpus.value if case.policy.cpus else machine.cpus.cpus
    facts = project(llvm=False, **case.project)
    estimates = estimate(read_profile(case.profile), facts, cpus=cpus, only=("compile", "link"))
    plan = plan_build(machine, estimates, case.policy)
    depths = f"{plan.depth('compile')} {plan.depth('link')} {plan.jobs.value}"
    return f"{plan.memory.value} {plan.reserve.value} {plan.cpus.value} {depths}"


def script(root: Path, case: Case) -> str:
    variables = {"NINJAPOOL_ROOT_DIR": root, "NINJAPOOL_PROFILE": case.profile}
    variables |= {**DEFAULTS, **case.variables}
    lines = [f'set({name} "{value}")' for name, value in variables.items()]
    return "\n".join(["function(ask)", *lines, "answer()", "endfunction()", "ask()", ""])


def run(cmake, text: str, folder: Path) -> list[str]:
    path = folder / "ask.cmake"
    path.write_text(text, encoding="utf-8")
    command = [cmake.path, f"-DCMAKE_MODULE_PATH={cmake_dir()}", "-P", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr.splitlines()


def knows_both(root: Path) -> bool:
    try:
        machine = recorded(root)
    except MachineError:
        return False
    return machine.memory is not None and machine.cpus is not None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_both_size_alike(case, cmake_module_ends, tmp_path):
    roots = [root for root in MACHINES if knows_both(root)]
    text = PRELUDE + "".join(script(root, case) for root in roots)
    expected = {root.name: planned(root, case) for root in roots}
    found = dict(zip(expected, run(cmake_module_ends, text, tmp_path), strict=True))
    assert len(roots) > 10
    assert found == expected


def test_both_see_the_same_limits(cmake_module_ends, tmp_path):
    text = "cmake_policy(VERSION 3.20)\ninclude(NinjaPool)\n" + "".join(
        f'set(NINJAPOOL_ROOT_DIR "{root}")\n'
        "ninjapool_memory_limit(memory)\n"
        "ninjapool_cpu_limit(cpus)\n"
        'message("${memory} ${cpus}")\n'
        for root in MACHINES
    )
    found = dict(zip(MACHINES, run(cmake_module_ends, text, tmp_path), strict=True))
    assert found == {root: _limits(root) for root in MACHINES}


def _limits(root: Path) -> str:
    try:
        machine = recorded(root)
    except MachineError:
        return " "
    memory = machine.memory.bytes if machine.memory else ""
    return f"{memory} {machine.cpus.cpus if machine.cpus else ''}"
