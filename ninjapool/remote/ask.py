"""What surrounds a build, as the finders of this room ask it: programs, files, schedulers.

Does not understand what it is told: those who ask do.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.errors import RemoteError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ninjapool.model import RemoteKind

PATIENCE = 3.0
"""Seconds for an answer: who needs longer has lost its scheduler."""
_LONGEST = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where to look."""

    env: Mapping[str, str]
    root: Path = Path("/")
    """The machine's root; another one in tests."""
    source: Path = Path()
    """Some read a file of their own there."""

    def program(self, kind: RemoteKind) -> str:
        """Its path. Raises RemoteError where it is not installed."""
        found = shutil.which(kind, path=self.env.get("PATH", ""))
        if found is None:
            raise RemoteError(f"{kind} is not on PATH", hint=f"install {kind}, or name another")
        return found

    def ask(self, *command: str) -> str:
        """What it prints; empty where it fails, or takes too long."""
        try:
            done = subprocess.run(
                command,
                env=dict(self.env),
                capture_output=True,
                text=True,
                errors="replace",
                timeout=PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout

    def first_file(self, paths: Sequence[Path]) -> tuple[str, Path] | None:
        """The text of the first that can be read."""
        for path in paths:
            with contextlib.suppress(OSError):
                return path.read_text(encoding="utf-8", errors="replace"), path
        return None

    def home(self, *parts: str) -> Path:
        return self.root.joinpath(self.env.get("HOME", "/root").lstrip("/"), *parts)


def talk(host: str, port: int, words: str) -> str:
    """What a text service answers until it hangs up; empty where none is there."""
    import socket  # noqa: PLC0415 - only icecream is asked by one

    answer = b""
    with contextlib.suppress(OSError), socket.create_connection((host, port), PATIENCE) as line:
        line.settimeout(PATIENCE)
        line.sendall(words.encode())
        while (part := line.recv(4096)) and len(answer) < _LONGEST:
            answer += part
    return answer.decode("utf-8", "replace")
