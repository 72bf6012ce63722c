"""Brings a plan into a project: writes what CMake reads, and runs cmake.

Sizes nothing and reads no project itself; both are given.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.configure.command import FOLDER, build_folder, cmake_command, cmake_word, shown
from ninjapool.configure.governed import check
from ninjapool.configure.presets import PresetFiles, preset_files
from ninjapool.configure.request import Configured, ConfigureRequest, Step
from ninjapool.configure.surroundings import environment_notices
from ninjapool.ctrl_c import ctrl_c_left_to_the_child
from ninjapool.emit.cache import CACHE_SCRIPT, HOOK, render_cache, render_hook
from ninjapool.emit.govern import Govern, render_program
from ninjapool.errors import CannotRunError, FileError, NotFoundError
from ninjapool.files import write_all
from ninjapool.history.exchange import SHARED_NAME
from ninjapool.project.presets import read_presets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ninjapool.project.presets import ConfigurePreset

__all__ = ["ConfigureRequest", "Configured", "Step", "configure", "run_cmake"]

GITIGNORE = f"# Sized by ninjapool for this machine: not for the repository.\n*\n!{SHARED_NAME}\n"


def configure(request: ConfigureRequest) -> Configured:
    """Writes the settings into <source>/.ninjapool/ and the preset beside the project's.

    Only what has changed is written, and all of it or nothing. Raises OutputError where it cannot
    be, UsageError and FileError for a preset that does not exist or is broken.
    """
    chosen, found = _presets(request)
    check(request, chosen)
    folder = request.source / FOLDER
    carried = request.project, request.plan, request.govern, request.launching
    files = {
        folder / ".gitignore": GITIGNORE,
        folder / CACHE_SCRIPT: render_cache(*carried),
        folder / HOOK: render_hook(*carried),
        **found.files,
    }
    program = folder / Govern.name
    if request.govern and request.govern.on:
        files[program] = render_program(request.govern, request.plan.jobs.value)
    jobs = request.plan.jobs.value
    return Configured(
        written=write_all(files, programs=(program,)),
        command=cmake_command(request, chosen),
        build=build_folder(request),
        steps=(_build_step(request), *found.steps),
        notices=(*environment_notices(request.env, jobs), *found.notices),
    )


def run_cmake(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Runs cmake on our own terminal; its exit code, 128 + n where signal n has ended it.

    Raises NotFoundError or CannotRunError.
    """
    try:
        with ctrl_c_left_to_the_child(), subprocess.Popen(command, env=dict(env)) as process:
            process.wait()
    except FileNotFoundError as error:
        raise NotFoundError(f"{command[0]} is not there", hint="pip install cmake") from error
    except OSError as error:
        raise CannotRunError(f"{command[0]} cannot be started: {error.strerror}") from error
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def _presets(request: ConfigureRequest) -> tuple[ConfigurePreset | None, PresetFiles]:
    """The preset that was asked for, and the files for one of our own."""
    arguments = request.arguments
    file = Path(arguments.presets_file) if arguments.presets_file else None
    try:
        presets = read_presets(request.source, request.env, file)
    except FileError as error:
        if arguments.preset:
            raise
        return None, PresetFiles(notices=(f"no preset is written: {error}",))
    chosen = presets.configure(arguments.preset) if arguments.preset else None
    return chosen, preset_files(request, presets, chosen)


def _build_step(request: ConfigureRequest) -> Step:
    wide = ("-j", str(request.width)) if request.width is not None else ()
    command = (cmake_word(request), "--build", shown(build_folder(request)), *wide)
    governed = request.govern is not None and request.govern.on
    return Step(what="then build, governed" if governed else "then build", commands=(command,))
