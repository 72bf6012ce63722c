"""Where ninjapool keeps between builds what it has learned: the user's state folder.

Knows where, not what.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "NINJAPOOL_STATE"


def folder(env: Mapping[str, str]) -> Path:
    """`$NINJAPOOL_STATE`, else the platform's: on Linux `$XDG_STATE_HOME/ninjapool`.

    A relative path is none: whoever runs a build in two folders would have two.
    """
    asked = Path(env.get(VARIABLE, ""))
    if asked.is_absolute():
        return asked
    given = Path(env.get("XDG_STATE_HOME", ""))
    if given.is_absolute():
        return given / "ninjapool"
    return platformdirs.user_state_path("ninjapool")
