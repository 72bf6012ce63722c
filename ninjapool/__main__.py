"""`python -m ninjapool`."""

from __future__ import annotations

import sys

from ninjapool.cli import main

if __name__ == "__main__":
    sys.exit(main())
