"""Writes files whole or not at all, and leaves alone those that say the same already.

CMake runs anew when a file that it has read gets a new time, so no needless write. What is no file
(a device, a pipe) is neither read nor replaced, only written to. Knows nothing of what is in the
files.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.errors import OutputError
from ninjapool.paths import exists, is_file, is_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

_NOT_ALLOWED = "make it writable for you, or copy the source to where you may write"
_IN_THE_WAY = "a file stands where a folder is needed, or a folder where a file: move it away"
_STANDARD = {"stdout": 1, "stderr": 2}
_OPEN = re.compile(r"/dev/(stdout|stderr)|(?:/dev|/proc/self)/fd/(\d+)")
_HINTS = {
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EROFS: "the file system is mounted read-only: copy the source to where you may write",
    errno.ENOSPC: "free some disk space",
    errno.EDQUOT: "your disk quota is used up: free some space",
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EEXIST: _IN_THE_WAY,
    errno.EISDIR: _IN_THE_WAY,
}


def write_if_changed(path: Path, text: str, *, mode: int | None = None) -> bool:
    """Write `text` to `path` unless that is what it holds; whether it was written.

    Missing folders are made. Where `path` is a symbolic link, its target is written and the link
    stays. An old file keeps its mode; `mode` is for a new one, None leaves it to the umask.
    Raises OutputError, and then everything is as it was.
    """
    return bool(_write([(path, text)], mode))


def write_all(files: Mapping[Path, str], *, programs: Collection[Path] = ()) -> tuple[Path, ...]:
    """Write those of `files` that have changed, all or none; which ones they were.

    Every text is on the disk before the first goes to its place. Should a later one fail to get
    there all the same, those before it are put back. `programs` are those of them that may be
    run. Raises OutputError.
    """
    return _write(files.items(), None, programs)


def _write(
    files: Iterable[tuple[Path, str]], mode: int | None, programs: Collection[Path] = ()
) -> tuple[Path, ...]:
    staged = []
    poured = []
    with contextlib.ExitStack() as undo:
        for path, text in files:
            data = text.encode("utf-8", "surrogateescape")
            with _output_error(path):
                if _is_stream(path):
                    _pour(path, data)
                    poured.append(path)
                    continue
                target = Path(os.path.realpath(path))
                before = _read(target)
                if data != before:
                    _make_folder(target.parent, undo)
                    own = 0o755 if path in programs else mode
                    staged.append((path, target, before, _stage(target, data, own, undo)))
        for path, target, before, temporary in staged:
            with _output_error(path):
                temporary.replace(target)
            undo.callback(_put_back, target, before)
        undo.pop_all()  # all is in place: nothing is to be undone
    return (*poured, *(path for path, *_ in staged))


@contextlib.contextmanager
def _output_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        hint = _HINTS.get(error.errno or 0, "")
        raise OutputError(f"cannot write {path}: {reason}", hint=hint) from error


def _is_stream(path: Path) -> bool:
    """`/dev/null` would become a file, `/dev/full` has no end; `/dev/stdout` is the user's own."""
    if _descriptor(path) is not None:
        return True
    return exists(path) and not is_file(path) and not is_folder(path)


def _descriptor(path: Path) -> int | None:
    """An open file of ours: it goes on where it is, whatever it is."""
    found = _OPEN.fullmatch(str(path))
    return None if found is None else _STANDARD.get(found[1]) or int(found[2])


def _pour(path: Path, data: bytes) -> None:
    descriptor = _descriptor(path)
    target = os.open(path, os.O_WRONLY) if descriptor is None else os.dup(descriptor)
    with os.fdopen(target, "wb") as file:
        file.write(data)


def _read(path: Path) -> bytes | None:
    """What the file holds, None where there is none. Raises OSError if it may not be changed."""
    try:
        before = path.read_bytes()
    except FileNotFoundError:
        return None
    if not os.access(path, os.W_OK):  # replacing needs no leave of the file, but its owner said no
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return before


def _make_folder(folder: Path, undo: contextlib.ExitStack) -> None:
    if is_folder(folder):
        return
    _make_folder(folder.parent, undo)
    folder.mkdir(exist_ok=True)
    undo.callback(_remove_folder, folder)


def _stage(target: Path, data: bytes, mode: int | None, undo: contextlib.ExitStack) -> Path:
    """A new file in the same folder, so that it can replace `target` in one step."""
    temporary = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
    undo.callback(_remove, temporary)
    with temporary.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # else a power cut can leave the name with nothing behind it
    with contextlib.suppress(FileNotFoundError):
        mode = stat.S_IMODE(target.stat().st_mode)
    if mode is not None:
        temporary.chmod(mode)
    return temporary


def _put_back(target: Path, before: bytes | None) -> None:
    if before is None:
        target.unlink(missing_ok=True)
    else:
        target.write_bytes(before)


def _remove(temporary: Path) -> None:
    with contextlib.suppress(OSError):  # a read-only file system refuses even what is not there
        temporary.unlink(missing_ok=True)


def _remove_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # someone else has put a file there: it stays
        folder.rmdir()
