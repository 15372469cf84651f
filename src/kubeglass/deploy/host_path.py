"""Whether an app's source on the node can be read by the pod that mounts it, and the exact commands when it cannot.

Kubernetes itself says nothing: the kubelet mounts the path, and the process ends with ``Permission denied``.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kubeglass.model.app import HostPath


@dataclass(frozen=True, slots=True)
class Status:
    """What matters of a file's status.

    Args:
        mode: type and permission bits, as in ``st_mode``.
        user: owner.
        group: group.
    """

    mode: int
    user: int
    group: int


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that keeps a pod from reading its source.

    Args:
        path: the file or folder concerned.
        wrong: what is wrong, with the numbers found.
        fix: the command that mends it.
    """

    path: str
    wrong: str
    fix: str


Look = Callable[[str], Status | None]
"""Reads a path's status, None when nothing is there."""


def read_status(path: str) -> Status | None:
    """Look at a path of this machine."""
    try:
        found = Path(path).stat()
    except FileNotFoundError:
        return None
    return Status(found.st_mode, found.st_uid, found.st_gid)


def find_obstacles(source: HostPath, look: Look = read_status) -> list[Obstacle]:
    """Check that the pod's user can reach and read the source.

    Args:
        source: the path, and the user and group the pod runs as.
        look: reads a path's status.
    """
    path = PurePosixPath(source.path)
    status = look(str(path))
    if status is None:
        return [Obstacle(str(path), "is not there", f"put your source there, or correct host_path.path (now {path})")]
    is_file = bool(path.suffix)
    if is_file != stat.S_ISREG(status.mode):
        found, hint = ("a folder", "a path without a suffix") if is_file else ("a file", "a path with a suffix")
        return [Obstacle(str(path), f"is {found}, and is mounted as the other", f"name {hint} in host_path.path")]
    # The kubelet walks to the path as root and mounts it, so the folders above it do not matter to the pod.
    wanted = stat.S_IROTH if is_file else stat.S_IROTH | stat.S_IXOTH
    if _may(status, source, wanted):
        return []
    return [Obstacle(str(path), _describe(status, source), _fix(path, status, source, is_file=is_file))]


def _may(status: Status, source: HostPath, wanted: int) -> bool:
    if status.user == source.user:
        wanted <<= 6
    elif status.group == source.group:
        wanted <<= 3
    return status.mode & wanted == wanted


def _describe(status: Status, source: HostPath) -> str:
    mode = stat.filemode(status.mode)
    return (
        f"cannot be read by the pod, which runs as {source.user}:{source.group}"
        f" (it is {mode}, owned by {status.user}:{status.group})"
    )


def _fix(path: PurePosixPath, status: Status, source: HostPath, *, is_file: bool) -> str:
    if status.user == source.user:
        return f"chmod {'u+r' if is_file else '-R u+rX'} {path}"
    if status.group == source.group:
        return f"chmod {'g+r' if is_file else '-R g+rX'} {path}"
    recursive = "" if is_file else "-R "
    return f"sudo chgrp {recursive}{source.group} {path} && chmod {'g+r' if is_file else '-R g+rX'} {path}"
