"""Check that a pod can read the app's source that it mounts from its node, and give the command that fixes it if not.

Kubernetes reports nothing: the kubelet mounts the path, and the process exits with ``Permission denied``.
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from kubeglass.model.sections.app import HostPath

#: What is wrong with a path that does not exist.
MISSING = "does not exist"
#: How many entries of a folder are checked.
MOST_ENTRIES = 20_000
#: Not the app's source; Python does without its cache.
_PASSED_OVER = frozenset({".git", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Status:
    """The part of a file's status that matters here.

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
        fix: the command that fixes it.
    """

    path: str
    wrong: str
    fix: str


Look = Callable[[str], Status | None]
"""Reads a path's status; None if it does not exist."""

Walk = Callable[[str], Iterator[tuple[str, Status]]]
"""Reads the status of everything in a folder."""


def read_status(path: str) -> Status | None:
    """Read the status of a path on this machine.

    Raises:
        PermissionError: this user may not read it.
    """
    try:
        return _status_of(Path(path).stat())
    except (FileNotFoundError, NotADirectoryError):
        return None


def read_folder(path: str) -> Iterator[tuple[str, Status]]:
    """Read the status of everything in a folder of this machine, except links, which lead elsewhere in the pod.

    Raises:
        PermissionError: this user may not read one of the folders.
    """
    with os.scandir(path) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_symlink() or entry.name in _PASSED_OVER:
                continue
            yield entry.path, _status_of(entry.stat(follow_symlinks=False))
            if entry.is_dir(follow_symlinks=False):
                yield from read_folder(entry.path)


def _status_of(found: os.stat_result) -> Status:
    return Status(found.st_mode, found.st_uid, found.st_gid)


def find_obstacles(source: HostPath, look: Look = read_status, walk: Walk = read_folder) -> list[Obstacle]:
    """Check that the pod's user can read the source, and everything in it if it is a folder.

    The kubelet mounts the path as root, so the folders above it do not matter to the pod.

    Args:
        source: the path, and the user and group the pod runs as.
        look: reads a path's status.
        walk: reads the status of everything in a folder.

    Raises:
        PermissionError: this user may not read it, so nothing is known.
    """
    path = str(PurePosixPath(source.path))
    status = look(path)
    if status is None:
        return [Obstacle(path, MISSING, f"put your source there, or correct host_path.path (now {path})")]
    if not (stat.S_ISREG(status.mode) or stat.S_ISDIR(status.mode)):
        return [Obstacle(path, "is neither a file nor a folder", "set host_path.path to the source")]
    is_file, is_mounted_as_file = stat.S_ISREG(status.mode), bool(PurePosixPath(path).suffix)
    if is_file != is_mounted_as_file:
        found, hint = ("a file", "a path with a suffix") if is_file else ("a folder", "a path without a suffix")
        return [Obstacle(path, f"is {found}, but would be mounted as the other", f"use {hint} in host_path.path")]
    inside = iter(()) if is_file else islice(walk(path), MOST_ENTRIES)
    if not _may_read(status, source):
        return [_unreadable(path, path, status, source)]
    return [_unreadable(path, name, found, source) for name, found in inside if not _may_read(found, source)][:1]


def _unreadable(root: str, path: str, status: Status, source: HostPath) -> Obstacle:
    return Obstacle(path, _describe(status, source), _fix(root, status, source))


def _may_read(status: Status, source: HostPath) -> bool:
    return _may(status, source, stat.S_IROTH | stat.S_IXOTH if stat.S_ISDIR(status.mode) else stat.S_IROTH)


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


def _fix(root: str, status: Status, source: HostPath) -> str:
    """Return the command that makes the whole source readable; ``root`` is the path as it was given."""
    is_file = bool(PurePosixPath(root).suffix)
    recursive, right = ("", "r") if is_file else ("-R ", "rX")
    quoted = shlex.quote(root)
    if status.user == source.user:
        return f"sudo chmod {recursive}u+{right} {quoted}"
    opened = f"sudo chmod {recursive}g+{right} {quoted}"
    if status.group == source.group:
        return opened
    return f"sudo chgrp {recursive}{source.group} {quoted} && {opened}"
