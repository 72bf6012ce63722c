"""What other build tools read: environment variables, and arguments for those that read none.

Static figures only. A jobserver's MAKEFLAGS never stands here: kept in an environment it goes
stale, and GNU make before 4.4 dies of a FIFO.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Literal

from ninjapool.units import MIB

if TYPE_CHECKING:
    from ninjapool.model import Plan, Project

Form = Literal["sh", "github", "json"]
FORMS: tuple[Form, ...] = ("sh", "github", "json")


def render_env(project: Project, plan: Plan, form: Form) -> str:
    """The settings as shell, as lines for $GITHUB_ENV, or as JSON.

    The first two carry arguments as NINJAPOOL_<TOOL>_ARGS: `meson setup $NINJAPOOL_MESON_ARGS`,
    `bazel build $NINJAPOOL_BAZEL_ARGS`, `gn gen --args="$NINJAPOOL_GN_ARGS ..."`.
    """
    variables, arguments = _variables(project, plan), _arguments(plan)
    if form == "json":
        document = {"schema": 1, "environment": variables, "arguments": arguments}
        return json.dumps(document, indent=2) + "\n"
    joined = {
        f"NINJAPOOL_{tool.upper()}_ARGS": shlex.join(args) for tool, args in arguments.items()
    }
    template = "export {}={}\n" if form == "sh" else "{}={}\n"
    quote = shlex.quote if form == "sh" else str
    lines = {**variables, **joined}
    return "".join(template.format(name, quote(value)) for name, value in lines.items())


def _variables(project: Project, plan: Plan) -> dict[str, str]:
    jobs = str(plan.jobs.value)
    return {
        "MAX_JOBS": jobs,  # setup.py of PyTorch and its extensions, where it means ninja -j
        "NVCC_THREADS": str(project.cuda_threads),  # the same; memory goes by their product
        "CMAKE_BUILD_PARALLEL_LEVEL": jobs,
        "CARGO_BUILD_JOBS": jobs,
        "MAKEFLAGS": f"-j{jobs}",
    }


def _arguments(plan: Plan) -> dict[str, list[str]]:
    resources = {"memory": plan.budget // MIB, "cpu": plan.cpus.value}
    bazel = [f"--local_resources={name}={value}" for name, value in resources.items()]
    links = plan.depth("link")
    if links is None:
        return {"bazel": bazel}
    return {
        "meson": [f"-Dbackend_max_links={links}"],
        "gn": [f"concurrent_links={links}"],
        "bazel": bazel,
    }
