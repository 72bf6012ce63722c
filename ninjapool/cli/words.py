"""The words of a command line before argparse sees them, and those that it has left over."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ninjapool.errors import UsageError, WrapperError
from ninjapool.paths import is_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

HISTORY = ("show", "export", "import", "prune", "path")
WRAPPING = ("build", "run")
_WIDTHS = ("-j", "--jobs", "--parallel")


def split(argv: Sequence[str]) -> tuple[Sequence[str], Sequence[str] | None]:
    """At the first `--`: what follows is another program's."""
    if "--" not in argv:
        return argv, None
    at = list(argv).index("--")
    return argv[:at], argv[at + 1 :]


def spelled_out(own: Sequence[str]) -> list[str]:
    """As argparse understands them."""
    return _action(_widths(own))


def _widths(own: Sequence[str]) -> list[str]:
    """Without a `-j` that has no number: to cmake that is the driver's own width, as to us."""
    following = [*own[1:], ""]
    pairs = zip(own, following, strict=True) if own and own[0] in WRAPPING else ()
    bare = [word in _WIDTHS and not after.isdigit() for word, after in pairs]
    return [word for word, drop in zip(own, bare or [False] * len(own), strict=True) if not drop]


def _action(own: list[str]) -> list[str]:
    """`history SOURCE` is to show it; argparse takes the first word for what is to be done."""
    is_source = own[:1] == ["history"] and own[1:] and own[1] not in HISTORY
    return ["history", "show", *own[1:]] if is_source and is_folder(Path(own[1])) else own


def refuse(own: Sequence[str], unknown: Sequence[str]) -> NoReturn:
    """Those that nobody understands, with what they may have been meant to be."""
    words = shlex.join(unknown)
    message = f"not understood: {words}"
    if own[0] == "run":
        hint = f"the command stands after --: ninjapool run -- {words}"
        raise WrapperError(message, hint=hint)
    if own[0] == "build":
        hint = f"a target: --target {words}; an option of the build's own: -- {words}"
        raise WrapperError(message, hint=hint)
    raise UsageError(message, hint=f"ninjapool {own[0]} --help")
