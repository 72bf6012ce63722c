"""From machine, project and the user's wishes to a plan with advice. Writes nothing.

Precedence: what the command line says, then the user's own CMake settings, then ninjapool.toml,
then the profile. `wishes` and `share` are enough to govern a build; `build` makes the plan.
"""

from ninjapool.size.build import Sized, size_build
from ninjapool.size.share import Share, any_project, share_out
from ninjapool.size.wishes import Wishes

__all__ = ["Share", "Sized", "Wishes", "any_project", "share_out", "size_build"]
