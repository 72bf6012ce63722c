"""One function per command: look, size, show or write."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool import probe, project
from ninjapool.emit.env import render_env
from ninjapool.emit.json import render_json
from ninjapool.profiles import read_config
from ninjapool.report.inspection import inspection
from ninjapool.size import Sized, any_project, size_build

if TYPE_CHECKING:
    from ninjapool.cli.args import Args
    from ninjapool.model import Machine, Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """All that a command needs to know before it acts."""

    machine: Machine
    project: Project | None
    """None where no project was named and none is here: a plan for any C++ project."""
    sized: Sized


def look(args: Args) -> Look:
    """Machine, project and plan, from what the command line names."""
    machine = probe.machine(args.root, build_dir=args.build)
    source = _source(args)
    if source is None:
        sized = size_build(machine, any_project(), args.wishes)
        return Look(machine=machine, project=None, sized=sized)
    found = project.read_project(
        source, build=args.build, cmake_args=args.rest, preset=args.preset, env=os.environ
    )
    sized = size_build(machine, found, args.wishes, read_config(Path(found.source)))
    return Look(machine=machine, project=found, sized=sized)


def _source(args: Args) -> Path | None:
    if args.source is not None:
        return args.source
    here = Path()
    return here if args.build or args.preset or (here / "CMakeLists.txt").exists() else None


def inspect(args: Args) -> int:
    seen = look(args)
    if args.json:
        sys.stdout.write(render_json(seen.machine, seen.project, seen.sized.plan))
    else:
        sys.stdout.write(
            inspection(seen.machine, seen.project, seen.sized.plan, seen.sized.profile)
        )
    return 0


def env(args: Args) -> int:
    seen = look(args)
    sys.stdout.write(render_env(seen.project or any_project(), seen.sized.plan, args.form))
    return 0


def configure(args: Args) -> int:
    raise NotImplementedError


def cmakedir(args: Args) -> int:
    raise NotImplementedError
