"""Preparation of the cluster's namespaces, before anything else runs in them."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

from tests.cluster.bed.layout import LOCAL_PATH_VOLUMES, NODE_NAME, NODE_NETWORK, Layout
from tests.cluster.bed.settings import KERNEL_SETTINGS

#: Folders that the node's programs use by their usual names; they are below the run folder.
_PRIVATE_FOLDERS = ("/var/lib", "/var/log")
_NODE_FOLDERS = ("/run/containerd", "/run/lock", "/var/log/pods", "/var/log/containers", "/var/lib/kubelet")


def isolate(layout: Layout) -> None:
    """Give this process's namespaces their own folders, kernel settings, name and network."""
    _separate_folders(layout)
    _shadow_kernel_settings(layout)
    socket.sethostname(NODE_NAME)
    _connect()


def _separate_folders(layout: Layout) -> None:
    _run("mount", "--make-rshared", "/")
    _run("mount", "-t", "proc", "proc", "/proc")
    _bind(layout.run / "resolv.conf", Path("/etc/resolv.conf").resolve())
    _run("mount", "-t", "tmpfs", "tmpfs", "/run")
    for folder in _PRIVATE_FOLDERS:
        private = layout.run / "root" / folder.lstrip("/")
        private.mkdir(parents=True)
        _bind(private, Path(folder))
    for folder in _NODE_FOLDERS:
        Path(folder).mkdir(parents=True)
    LOCAL_PATH_VOLUMES.mkdir()


def _shadow_kernel_settings(layout: Layout) -> None:
    for name in KERNEL_SETTINGS:
        _bind(layout.run / "sysctl" / name, Path("/proc/sys") / name)


def _connect() -> None:
    """Make an isolated network with an interface called eth0: the kubelet reports no other's statistics."""
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "link", "add", "eth0", "type", "bridge")
    _run("ip", "address", "add", NODE_NETWORK, "dev", "eth0")
    _run("ip", "link", "set", "eth0", "up")
    _run("ip", "route", "add", "default", "dev", "eth0")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


def _bind(source: Path, target: Path) -> None:
    if target.exists():
        _run("mount", "--bind", str(source), str(target))


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
