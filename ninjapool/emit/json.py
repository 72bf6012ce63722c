"""Machine, project and plan as JSON, for programs that read `ninjapool inspect --json`.

Sizes are bytes, durations seconds; what is not known is null. Names follow model.py, which is why
a test pins them: renaming a field is a new schema.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ninjapool.model import Machine, Plan, Project

SCHEMA = 1


def render_json(machine: Machine, project: Project | None = None, plan: Plan | None = None) -> str:
    """One document; `project` and `plan` are null where only the machine was looked at."""
    document = {
        "schema": SCHEMA,
        "machine": {**_object(machine), "binding": _binding(machine)},
        "project": _plain(project),
        "plan": _plain(plan),
    }
    return json.dumps(document, indent=2) + "\n"


def _binding(machine: Machine) -> dict[str, str | None]:
    """The names of the limits that bind, so that no reader must look for the lowest itself."""
    limits = {"memory": machine.memory, "headroom": machine.headroom, "cpus": machine.cpus}
    return {what: limit.name if limit else None for what, limit in limits.items()}


def _object(value: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return _object(value)
    if isinstance(value, PurePath):
        return value.as_posix()
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value
