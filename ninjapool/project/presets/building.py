"""Build presets, as far as they say where a build is and how wide. Opens no file.

Their targets, environment and options are cmake's business: it is cmake that runs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ninjapool.errors import UsageError

if TYPE_CHECKING:
    from ninjapool.project.presets.includes import Graph


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildPreset:
    """What a build preset says, itself or by inheritance."""

    configure: str | None = None
    """The configure preset, which names the build directory."""
    jobs: int | None = None
    """0 means that the driver is told none."""


def build_preset(graph: Graph, name: str) -> BuildPreset:
    """Raises UsageError if there is no such build preset to use."""
    known = {key: preset for file in graph.files for key, preset in file.build.items()}
    usable = [key for key, preset in known.items() if not preset.get("hidden")]
    if name not in usable:
        near = get_close_matches(name, usable) or usable
        hint = f"there is {', '.join(near)}" if near else f"{graph.source} has no build presets"
        raise UsageError(f"no build preset is called {name!r}", hint=hint)
    return BuildPreset(
        configure=_inherited(known, name, "configurePreset", ()),
        jobs=_inherited(known, name, "jobs", ()),
    )


def _inherited(known: dict[str, Any], name: str, field: str, above: tuple[str, ...]) -> Any:
    """What is nearest wins: the preset itself, then its parents from the first to the last."""
    preset = known.get(name, {})
    if preset.get(field) is not None:
        return preset[field]
    parents = preset.get("inherits") or []
    for parent in [parents] if isinstance(parents, str) else parents:
        if parent not in (*above, name):
            found = _inherited(known, parent, field, (*above, name))
            if found is not None:
                return found
    return None
