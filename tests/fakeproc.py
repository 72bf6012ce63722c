"""A /proc of plain files, in which tests let processes be born, grow and end."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class FakeProcess:
    """What the files of one process say."""

    pid: int
    parent: int
    name: str = "sh"
    command: tuple[str, ...] = ("sh",)
    group: int = 1
    session: int = 1
    state: str = "S"
    start: int = 100
    threads: int = 1
    seconds: float = 0.0
    anonymous: int = 0
    shared: int = 0
    shmem: int = 0
    waited: float = 0.0
    folder: str = "/b"


class FakeProc:
    """Writes the files that ninjapool reads of a process, in the kernel's formats."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.live: dict[int, FakeProcess] = {}
        (root / "meminfo").touch()

    def put(self, process: FakeProcess) -> FakeProcess:
        """A new process, or one whose figures have changed."""
        self.live[process.pid] = process
        folder = self.root / str(process.pid)
        task = folder / "task" / str(process.pid)
        task.mkdir(parents=True, exist_ok=True)
        ticks = int(process.seconds * TICK)
        resident = (process.anonymous + process.shared) // PAGE
        numbers = [process.parent, process.group, process.session, 0, -1, 0, 0, 0, 0, 0]
        numbers += [ticks, 0, 0, 0, 20, 0, process.threads, 0, process.start, 0, resident]
        words = " ".join(map(str, numbers))
        (folder / "stat").write_text(f"{process.pid} ({process.name}) {process.state} {words}\n")
        (folder / "statm").write_text(f"9999 {resident} {process.shared // PAGE} 1 0 1 0\n")
        ran = 1 + int(process.seconds * 1e9)
        (folder / "schedstat").write_text(f"{ran} {int(process.waited * 1e9)} 1\n")
        (folder / "status").write_text(f"Name:\tx\nRssShmem:\t{process.shmem // 1024} kB\n")
        (folder / "cmdline").write_bytes(b"".join(w.encode() + b"\0" for w in process.command))
        if not (folder / "cwd").is_symlink():
            (folder / "cwd").symlink_to(process.folder)
        self._write_children(process.pid)
        self._write_children(process.parent)
        return process

    def end(self, pid: int) -> None:
        parent = self.live.pop(pid).parent
        shutil.rmtree(self.root / str(pid))
        self._write_children(parent)

    def _write_children(self, pid: int) -> None:
        if pid in self.live:
            below = [process.pid for process in self.live.values() if process.parent == pid]
            path = self.root / str(pid) / "task" / str(pid) / "children"
            path.write_text("".join(f"{child} " for child in below))
