"""What the system refuses where nobody has foreseen it, as an error that the user can act on."""

from __future__ import annotations

import errno
import os

from ninjapool.errors import FileError, NinjapoolError, OutputError, SourceError

_IN_WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def told(error: OSError) -> NinjapoolError:
    """With the file's name, where there is one; without, it is a stream or the folder we are in."""
    reason = error.strerror or str(error)
    if error.filename is not None:
        return FileError(os.fsdecode(error.filename), f"cannot be used: {reason}")
    if error.errno in _IN_WRITING:
        return OutputError(f"cannot write the output: {reason}")
    if _is_homeless():
        hint = "cd to a folder that is there"
        return SourceError("the folder that this was started in is gone", hint=hint)
    return NinjapoolError(reason)


def _is_homeless() -> bool:
    try:
        os.getcwd()  # noqa: PTH109 - Path.cwd() is the same question
    except OSError:
        return True
    return False
