"""The Windows Subsystem for Linux: which version, and what the user's .wslconfig says of its VM.

/proc/meminfo is right inside WSL 2, but is the VM's: the PC has more. Knows nothing of Windows'
own memory, which cannot be seen from inside.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ninjapool.probe.text import printable

if TYPE_CHECKING:
    from ninjapool.probe.mounts import Mount
    from ninjapool.probe.tree import Tree

_KERNELS = ("/proc/sys/kernel/osrelease", "/proc/version")
# Left there by WSL itself, whatever kernel the user gave it.
_MARKS = ("/proc/sys/fs/binfmt_misc/WSLInterop", "/run/WSL")
_KEYS = ("memory", "swap", "processors")
_SECTION = re.compile(r"\[\s*([^\]]*?)\s*\]")
_NOBODY = {"All Users", "Default", "Default User", "Public"}


def read_wsl(tree: Tree) -> int | None:
    """1 or 2, None outside."""
    for name in _KERNELS:
        version = parse_wsl(tree.text(name) or "")
        if version is not None:
            return version
    return 2 if any(tree.exists(mark) for mark in _MARKS) else None


def parse_wsl(kernel: str) -> int | None:
    """By the kernel: `4.4.0-19041-Microsoft` is 1, `5.15.153.1-microsoft-standard-WSL2` is 2."""
    name = kernel.lower()
    if "microsoft" not in name:
        return None
    return 2 if "wsl2" in name or "microsoft-standard" in name else 1


def read_wslconfig(tree: Tree, mounts: tuple[Mount, ...]) -> str | None:
    """`memory=6GB, swap=0`, where one Windows user has a .wslconfig with such a row.

    Several users' files are a note: which of them started this VM cannot be told from inside.
    """
    found = {}
    for user in _windows_users(tree, mounts):
        # Asked for first, so that the closed folder of another user is no note.
        name = f"{user}/.wslconfig"
        if tree.exists(name):
            found[user] = parse_wslconfig(tree.text(name) or "")
    if len(found) > 1:
        names = ", ".join(printable(user) for user in found)
        tree.note(f"More than one Windows user has a .wslconfig ({names}): none is shown.")
        return None
    return next(iter(found.values()), None)


def parse_wslconfig(text: str) -> str | None:
    """The rows of section [wsl2] that set its size, as written; the last of a key counts."""
    rows: dict[str, str] = {}
    section = ""
    for line in text.removeprefix("\ufeff").split("\n"):
        bare = line.partition("#")[0].strip()
        if match := _SECTION.fullmatch(bare):
            section = match[1].lower()
        key, equals, value = bare.partition("=")
        if equals and section == "wsl2":
            rows[key.strip().lower()] = printable(value.strip())
    return ", ".join(f"{key}={rows[key]}" for key in _KEYS if rows.get(key)) or None


def _windows_users(tree: Tree, mounts: tuple[Mount, ...]) -> list[str]:
    drives = [mount.point for mount in mounts if _is_drive_c(mount)]
    folders = [f"{drive}/Users" for drive in drives or ["/mnt/c"]]
    return [
        f"{folder}/{name}"
        for folder in folders
        for name in tree.names(folder)
        if name not in _NOBODY
    ]


def _is_drive_c(mount: Mount) -> bool:
    """9p or virtiofs in WSL 2, drvfs in WSL 1; /etc/wsl.conf may put it anywhere."""
    return mount.source.upper().rstrip("\\") == "C:" and mount.kind in {"9p", "drvfs", "virtiofs"}
