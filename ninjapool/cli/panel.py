"""A panel below a build's own output: the terminal's last lines, kept out of what scrolls.

Ninja moves its status within one line and never to a place by number, so it does not notice that
the screen has become shorter. Without a terminal, or on a small one, nothing is shown.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from ninjapool.cli.streams import can_draw, tell
from ninjapool.report.live import panel

if TYPE_CHECKING:
    from ninjapool.record.model import Live

MOST, LEAST_SCREEN = 8, 16
SAVE, RESTORE = "\x1b7", "\x1b8"


class Panel:
    """Painted again and again; `close` gives the terminal its lines back."""

    def __init__(self) -> None:
        self._size: tuple[int, int] | None = None

    def paint(self, live: Live) -> None:
        size = screen()
        if size is None:
            return
        columns, rows = size
        lines = panel(live, columns, MOST)
        lines += [""] * (MOST - len(lines))
        text = "" if size == self._size else self._make_room(rows)
        self._size = size
        painted = (f"\x1b[{rows - MOST + 1 + i};1H\x1b[2K{line}" for i, line in enumerate(lines))
        tell(f"{text}{SAVE}{''.join(painted)}{RESTORE}")

    def close(self) -> None:
        if self._size is None:
            return
        _, rows = self._size
        cleared = "".join(f"\x1b[{rows - row};1H\x1b[2K" for row in range(MOST))
        tell(f"{SAVE}{cleared}\x1b[r{RESTORE}")
        self._size = None

    def _make_room(self, rows: int) -> str:
        """Scrolls what stands in the last lines up, then keeps them out of what scrolls."""
        up = "\n" * MOST + f"\x1b[{MOST}A" if self._size is None else ""
        return f"{up}{SAVE}\x1b[1;{rows - MOST}r{RESTORE}"


def screen() -> tuple[int, int] | None:
    """Columns and rows; None where there is no terminal, or too small or simple a one."""
    if not can_draw(sys.stderr):
        return None
    try:
        size = os.get_terminal_size(sys.stderr.fileno())
    except (OSError, ValueError):
        return None
    return (size.columns, size.lines) if size.lines >= LEAST_SCREEN else None
