"""One function per command: look, size, show or write."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool import probe, project
from ninjapool.cli.remote import launching, wanted
from ninjapool.cli.telling import say
from ninjapool.configure import Configured, ConfigureRequest, run_cmake
from ninjapool.configure import configure as apply
from ninjapool.configure.command import usual_build
from ninjapool.configure.governed import governing
from ninjapool.emit.env import render_env
from ninjapool.emit.json import render_json
from ninjapool.errors import MachineError, SourceError
from ninjapool.history import store
from ninjapool.history.book import Book
from ninjapool.model import Machine
from ninjapool.paths import exists
from ninjapool.profiles import read_config
from ninjapool.project.tools import find_cmake, find_ninja
from ninjapool.report.configured import Commands, next_steps, plan_in_short, written
from ninjapool.report.inspection import inspection
from ninjapool.resources import cmake_dir
from ninjapool.size import Sized, any_project, size_build

if TYPE_CHECKING:
    from ninjapool.cli.args import Args
    from ninjapool.history.entry import Entry
    from ninjapool.model import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """All that a command needs to know before it acts."""

    machine: Machine
    project: Project | None
    """None where no project was named and none is here: a plan for any C++ project."""
    sized: Sized


def look(args: Args) -> Look:
    """Machine, project and plan, from what the command line names."""
    machine = _machine(args)
    source = _source(args)
    if source is None:
        anything = replace(any_project(), remote=wanted(args, Path(), Path()))
        sized = size_build(machine, anything, args.wishes)
        return Look(machine=machine, project=None, sized=sized)
    found = project.read_project(
        source,
        build=args.build or _usual_build(source, args),
        cmake_args=args.rest,
        preset=args.preset,
        env=os.environ,
    )
    found = replace(found, remote=wanted(args, Path(found.source), usual_build(found)))
    past = _past(args, Path(found.source))
    sized = size_build(machine, found, args.wishes, read_config(Path(found.source)), past)
    return Look(machine=machine, project=found, sized=sized)


def _past(args: Args, source: Path) -> list[Entry]:
    """What is known of the source's edges, without those of files that are gone."""
    book = Book(store.place(source, os.environ), partial(say, args))
    return [one for one in book.entries.values() if not one.source or exists(source / one.source)]


def _machine(args: Args) -> Machine:
    try:
        return probe.machine(args.root, build_dir=args.build)
    except MachineError:
        if args.memory is None or args.cpus is None:
            raise
        return Machine(platform="unknown", memory_limits=(), cpu_limits=())


def _source(args: Args) -> Path | None:
    if args.source is not None:
        return args.source
    here = Path()
    return here if args.build or args.preset or exists(here / "CMakeLists.txt") else None


def _usual_build(source: Path, args: Args) -> Path | None:
    """SOURCE/build where it is one already and no other is named: it knows how it is built."""
    named = args.preset or any(word.startswith(("-B", "--preset")) for word in args.rest)
    folder = source / "build"
    return folder if not named and exists(folder / "CMakeCache.txt") else None


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
    seen = look(args)
    if seen.project is None:
        raise SourceError("there is no CMakeLists.txt here", hint="ninjapool configure SOURCE")
    ninja = find_ninja(os.environ, usual_build(seen.project))
    request = ConfigureRequest(
        project=seen.project,
        plan=seen.sized.plan,
        cmake=find_cmake(os.environ, args.build),
        ninja=ninja,
        govern=governing(seen.project, ninja, os.environ, asked=args.govern),
        build=args.build,
        preset=args.preset,
        cmake_args=tuple(args.rest),
        presets=args.presets,
        launching=launching(args, seen.project.remote),
        env=os.environ,
    )
    done = apply(request)
    say = sys.stderr if args.has_rest else sys.stdout
    governed = request.govern is not None and request.govern.on
    say.write(plan_in_short(seen.machine, seen.project, seen.sized.plan, governed=governed))
    remote = seen.project.remote
    notices = (*seen.project.notes, *(remote.notes if remote else ()), *done.notices)
    say.write(written([_near(path) for path in done.written], notices))
    if not args.has_rest:
        say.write(next_steps([("Next", [done.command], None), *_steps(done)]))
        return 0
    say.flush()
    code = run_cmake(done.command, os.environ)
    if code == 0:
        say.write(next_steps(_steps(done)))
    return code


def _near(path: Path) -> Path:
    """As seen from here, where that is shorter."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _steps(done: Configured) -> list[Commands]:
    return [
        (step.what.capitalize(), step.commands, _near(step.folder) if step.folder else None)
        for step in done.steps
    ]


def cmakedir(_: Args) -> int:
    print(cmake_dir())
    return 0
