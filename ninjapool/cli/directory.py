"""What is built in a build directory. Starts nothing, and needs no system in particular."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool import project
from ninjapool.errors import NinjapoolError
from ninjapool.project.cache import read_cache

if TYPE_CHECKING:
    from ninjapool.model import Project


def project_of(directory: Path) -> Project | None:
    """What the build directory says of its source; None where that is no CMake project now."""
    source = read_cache(directory).get("CMAKE_HOME_DIRECTORY")
    if not source:
        return None
    try:
        return project.read_built(Path(source), directory, os.environ)
    except NinjapoolError:
        return None  # a build needs its ninja files only, so a source that has moved is no error
