"""Which distributed compiler is installed, and how many compiles its hosts take at once.

Asks the installed programs; neither sizes by what they say, nor knows whether a host is fast.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, get_args

from ninjapool.errors import RemoteError
from ninjapool.model import RemoteKind, Setting

if TYPE_CHECKING:
    from collections.abc import Callable

    from ninjapool.model import Remote
    from ninjapool.remote.ask import Surroundings

    _Finder = Callable[[Surroundings, Setting[int] | None], Remote]

KINDS: tuple[RemoteKind, ...] = get_args(RemoteKind)


def find(wanted: str, around: Surroundings, jobs: Setting[int] | None = None) -> Remote:
    """The one that is wanted, or for `auto` the first that is ready; `jobs`: its slots, if said.

    Raises RemoteError where it is not installed, or tells no slots and none were said.
    """
    named = next((kind for kind in KINDS if kind == wanted), None)
    if named is not None:
        return _finder(named)(around, jobs)
    lacking = []
    for kind in KINDS:
        # A number that was said makes every one ready, so it must not choose among them.
        found = _ready(kind, around)
        if not isinstance(found, RemoteError):
            return found if jobs is None else replace(found, slots=jobs)
        lacking.append(str(found))
    hint = "name one, and its slots if it does not tell them: --remote distcc --remote-jobs 40"
    raise RemoteError(f"no distributed compiler is ready: {'; '.join(lacking)}", hint=hint)


def _ready(kind: RemoteKind, around: Surroundings) -> Remote | RemoteError:
    try:
        return _finder(kind)(around, None)
    except RemoteError as error:
        return error


def _finder(kind: RemoteKind) -> _Finder:
    """Imported only when it is asked for: most builds have none, and shall not wait for it."""
    finder: _Finder = import_module(f"{__name__}.{kind}").find
    return finder
