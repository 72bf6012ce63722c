"""`python -m ninjapool`, and the program `ninjapool`."""

from __future__ import annotations

import sys

from ninjapool.ctrl_c import ctrl_c_ends_us


def main() -> int:
    with ctrl_c_ends_us():
        from ninjapool.cli import main as begin  # noqa: PLC0415 - it is this that takes its time
    return begin()


if __name__ == "__main__":
    sys.exit(main())
