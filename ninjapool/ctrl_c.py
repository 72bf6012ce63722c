"""What Ctrl-C does to a program of ours while Python's own answer, a traceback, would be wrong."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


@contextlib.contextmanager
def ctrl_c_ends_us() -> Iterator[None]:
    """Without a word, as any program is ended that does not care: for while we are loaded."""
    with _meanwhile(signal.SIG_DFL):
        yield


@contextlib.contextmanager
def ctrl_c_left_to_the_child() -> Iterator[None]:
    """The terminal sends it to the child, too, which then ends in its own way, and we after it.

    By a handler, for a child begins without it; to ignore a signal would be handed on.
    """
    with _meanwhile(lambda *_: None):
        yield


@contextlib.contextmanager
def _meanwhile(
    handler: Callable[[int, FrameType | None], object] | signal.Handlers,
) -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # somebody's own, or ignored, as below nohup
        yield
        return
    signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
