"""The command line: the only room that prints and the only one that exits."""

from __future__ import annotations

import os
import sys

from ninjapool.cli.flags import parse
from ninjapool.errors import NinjapoolError

INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """Runs one command and gives its exit code; what the user can act on becomes two lines."""
    try:
        args = parse(sys.argv[1:] if argv is None else argv)
        code: int = args.command(args)
        sys.stdout.flush()
    except NinjapoolError as error:
        print(f"ninjapool: error: {error}", file=sys.stderr)
        if error.hint:
            print(f"ninjapool: hint: {error.hint}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # `| head` has seen enough; the interpreter would complain when it flushes at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code
