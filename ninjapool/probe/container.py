"""Which kind of container this is, if any, by the marks that each leaves inside.

Says nothing of limits: a container may have none, and limits apply without one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ninjapool.probe.tree import Tree

_SERVICE_ACCOUNTS = (
    "/var/run/secrets/kubernetes.io/serviceaccount",
    "/run/secrets/kubernetes.io/serviceaccount",
)
# systemd's container interface: the manager writes its own name.
_MANAGERS = ("/run/systemd/container", "/run/host/container-manager")
_NAME = re.compile(r"[a-z][a-z0-9.-]{1,30}")
_PATHS = (
    ("kubepods", "kubernetes"),
    ("/docker", "docker"),
    ("/libpod", "podman"),
    ("/lxc", "lxc"),
)


def read_container(tree: Tree) -> str | None:
    """`kubernetes`, `docker`, `podman`, `lxc`, `systemd-nspawn`, ... None outside of one."""
    paths = parse_paths(tree.text("/proc/1/cgroup") or "")
    if paths == "kubernetes" or any(tree.exists(name) for name in _SERVICE_ACCOUNTS):
        return "kubernetes"
    if tree.exists("/run/.containerenv"):
        return "podman"
    if tree.exists("/.dockerenv"):
        return "docker"
    return _read_manager(tree) or paths


def parse_manager(text: str) -> str | None:
    """What a container manager calls itself; WSL does too, but is no container to a user."""
    name = text.strip().lower()
    return name if _NAME.fullmatch(name) and name != "wsl" else None


def parse_paths(text: str) -> str | None:
    """The manager by where it puts its cgroups, seen where there is no cgroup namespace."""
    return next((name for part, name in _PATHS if part in text), None)


def _read_manager(tree: Tree) -> str | None:
    texts = (tree.text(name) for name in _MANAGERS)
    return next((name for text in texts if text and (name := parse_manager(text))), None)
