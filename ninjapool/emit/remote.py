"""How CMake comes to send compiles elsewhere: a launcher, set where the user has none of his own.

Knows what the launcher is called, not whether its hosts answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from ninjapool.model import RemoteKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Launching:
    """What CMAKE_<LANG>_COMPILER_LAUNCHER is to be."""

    kind_variable: ClassVar[str] = "NINJAPOOL_REMOTE"
    """Of the cache: by it the next configure and `build` know what was chosen."""
    jobs_variable: ClassVar[str] = "NINJAPOOL_REMOTE_JOBS"
    """Of the cache: the slots, where the user has said them."""
    kind: RemoteKind | None = None
    """None takes ours away again."""
    program: str = ""
    behind_ccache: bool = False
    """Whether it goes behind a ccache of the user's."""
    jobs: int | None = None
    """As the user has said it; None to ask the distributed compiler each time."""
