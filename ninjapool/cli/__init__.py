"""The command line: the only room that prints and the only one that exits."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ninjapool.cli import streams, unforeseen
from ninjapool.cli.flags import parse
from ninjapool.errors import NinjapoolError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """Runs one command and gives its exit code."""
    streams.make_usable()
    words = sys.argv[1:] if argv is None else argv
    return guarded(lambda: _answer(words))


def _answer(words: Sequence[str]) -> int:
    args = parse(words)
    return args.command(args)


def guarded(command: Callable[[], int]) -> int:
    """The exit code of a command; what the user can act on becomes two lines."""
    try:
        code = command()
        sys.stdout.flush()
    except NinjapoolError as error:
        return _told(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        streams.give_up_stdout()  # `| head` has seen enough
        return 0
    except OSError as error:
        if error.filename is None:
            streams.give_up_stdout()  # it may be what cannot be written to
        return _told(unforeseen.told(error))
    return code


def _told(error: NinjapoolError) -> int:
    hint = f"ninjapool: hint: {error.hint}\n" if error.hint else ""
    streams.tell(f"ninjapool: error: {error}\n{hint}")
    return error.exit_code
