"""A real sccache: its local server, and a scheduler with build servers on loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.elsewhere import Daemon, free_port, wait_for_port
from tests.governing import NINJA, wait_for

SERVERS = 4
"""Of two CPUs each, on what these tests were made on."""
SCHEDULER = """
public_addr = "127.0.0.1:{port}"
[client_auth]
type = "token"
token = "client"
[server_auth]
type = "jwt_hs256"
secret_key = "{key}"
"""
SERVER = """
cache_dir = "{folder}/toolchains"
public_addr = "127.0.0.1:{port}"
scheduler_url = "http://127.0.0.1:{scheduler}"
[builder]
type = "overlay"
build_dir = "{folder}/build"
bwrap_path = "{bwrap}"
[scheduler_auth]
type = "jwt_token"
token = "{token}"
"""
CLIENT = """
[dist]
scheduler_url = "http://127.0.0.1:{scheduler}"
toolchains = []
cache_dir = "{folder}/client"
[dist.auth]
type = "token"
token = "client"
"""


def program(name: str) -> str:
    """`NINJAPOOL_TEST_SCCACHE` names the folder of a newer one than Debian's."""
    folders = os.pathsep.join((os.environ.get("NINJAPOOL_TEST_SCCACHE", ""), os.environ["PATH"]))
    found = shutil.which(name, path=folders)
    if found is None:
        pytest.skip(f"no {name}")
    return found


def settings(folder: Path) -> dict[str, str]:
    """The environment of clients that have a cache and a server of their own."""
    own = str(Path(program("sccache")).parent)
    return {
        "PATH": os.pathsep.join((own, str(NINJA.parent), os.environ["PATH"])),
        "SCCACHE_CONF": str(folder / "client.toml"),
        "SCCACHE_DIR": str(folder / "cache"),
        "SCCACHE_SERVER_UDS": str(folder / "server"),
        "HOME": str(folder),
    }


@dataclass
class Farm:
    """A scheduler and its servers."""

    folder: Path
    scheduler: Daemon
    key: str
    port: int
    servers: list[Daemon] = field(default_factory=list)

    @classmethod
    def start(cls, folder: Path) -> Farm:
        port, file = free_port(), folder / "scheduler.toml"
        key = _ask("auth", "generate-jwt-hs256-key")
        file.write_text(SCHEDULER.format(port=port, key=key))
        farm = cls(folder, _daemon(folder, "scheduler", file), key, port)
        wait_for_port(port)
        for number in range(SERVERS):
            farm.servers.append(farm._server(folder / f"host{number}"))
        (folder / "client.toml").write_text(CLIENT.format(scheduler=port, folder=folder))
        wait_for(lambda: farm.log().count("Registered new server") == SERVERS, else_show=farm.log)
        return farm

    def log(self) -> str:
        return (self.folder / "scheduler.log").read_text()

    def _server(self, folder: Path) -> Daemon:
        folder.mkdir()
        port, file = free_port(), folder / "server.toml"
        asked = ("--config", self.folder / "scheduler.toml", "--server", f"127.0.0.1:{port}")
        token = _ask("auth", "generate-jwt-hs256-server-token", *asked)
        places = {"folder": folder, "port": port, "scheduler": self.port}
        file.write_text(SERVER.format(**places, token=token, bwrap=shutil.which("bwrap")))
        return _daemon(folder, "server", file)

    def end(self) -> None:
        for daemon in (*self.servers, self.scheduler):
            daemon.end()


def _daemon(folder: Path, kind: str, file: Path) -> Daemon:
    words = (program("sccache-dist"), kind, "--config", file)
    names = {"SCCACHE_NO_DAEMON": "1", "SCCACHE_LOG": "info"}
    return Daemon.start(folder / f"{kind}.log", *words, **names)


def _ask(*words: object) -> str:
    command = [program("sccache-dist"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
