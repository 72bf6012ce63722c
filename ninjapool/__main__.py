"""`python -m ninjapool`, and the program `ninjapool`."""

from __future__ import annotations

import sys

from ninjapool.loading import ended_by_ctrl_c


def main() -> int:
    with ended_by_ctrl_c():
        from ninjapool.cli import main as begin  # noqa: PLC0415 - it is this that takes its time
    return begin()


if __name__ == "__main__":
    sys.exit(main())
