"""The errors that ninjapool shows to its user, and what each exits with. Knows no other module."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePath


class NinjapoolError(Exception):
    """Something the user can act on: `message` says what happened, `hint` what to try."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(NinjapoolError):
    """A flag makes no sense, alone or beside another."""

    exit_code = 2


class FileError(NinjapoolError):
    """A file that the user wrote (preset, TOML, CMake cache) cannot be read or understood."""

    exit_code = 3

    def __init__(
        self, path: PurePath | str, message: str, *, line: int | None = None, hint: str = ""
    ) -> None:
        where = f"{path}:{line}" if line is not None else str(path)
        super().__init__(f"{where}: {message}", hint=hint)


class MachineError(NinjapoolError):
    """The machine does not tell what must be known."""

    exit_code = 4


class SourceError(NinjapoolError):
    """The folder is no CMake source, or no build directory."""

    exit_code = 5


class OutputError(NinjapoolError):
    """A file could not be written; what was there before is still there."""

    exit_code = 6


class ExcessError(NinjapoolError):
    """More was asked for than there is."""

    exit_code = 7


class RemoteError(NinjapoolError):
    """A distributed compiler was asked for that is not there, or tells no slot."""

    exit_code = 8


class WrapperError(NinjapoolError):
    """`build` or `run` itself failed, not the command; the code that GNU timeout uses too."""

    exit_code = 125


class CannotRunError(WrapperError):
    """The command was found but cannot be started."""

    exit_code = 126


class NotFoundError(WrapperError):
    """The command was not found."""

    exit_code = 127
