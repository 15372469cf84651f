"""Check that a pod can read the app's source that it mounts from its node, and give the command that fixes it if not.

Kubernetes reports nothing: the kubelet mounts the path, and the process exits with ``Permission denied``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from kubeglass.deploy.causes.mounted_source import write_group_fix, write_owner_fix
from kubeglass.model.sections.app import HostPath

#: What is wrong with a path that does not exist.
MISSING = "does not exist"
#: How many entries of a folder are checked.
MOST_ENTRIES = 20_000
#: Not the app's source; Python does without its cache.
_SKIPPED = frozenset({".git", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps a pod from reading its source, at which path, and what to do about it."""

    path: str
    wrong: str
    fix: str


def find_obstacle(source: HostPath) -> Obstacle | None:
    """Check that the pod's user can read the source, and everything in it if it is a folder.

    The kubelet mounts the path as root, so the folders above it do not matter to the pod.

    Raises:
        PermissionError: this user may not inspect it, so nothing is known.
    """
    path = str(PurePosixPath(source.path))
    try:
        status = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return Obstacle(path, MISSING, f"put your source there, or correct host_path.path (now {path})")
    if obstacle := find_wrong_kind(path, status) or find_denial(path, path, status, source):
        return obstacle
    inside = islice(_walk(path), MOST_ENTRIES) if stat.S_ISDIR(status.st_mode) else ()
    return next(filter(None, (find_denial(path, name, found, source) for name, found in inside)), None)


def find_wrong_kind(path: str, status: os.stat_result) -> Obstacle | None:
    """Check that a path with a suffix is a file, and one without a folder: that is how it is mounted."""
    is_file, is_mounted_as_file = stat.S_ISREG(status.st_mode), bool(PurePosixPath(path).suffix)
    if not (is_file or stat.S_ISDIR(status.st_mode)):
        return Obstacle(path, "is neither a file nor a folder", "set host_path.path to the source")
    if is_file == is_mounted_as_file:
        return None
    if is_file:
        wrong, hint = "is a file, but would be mounted as a folder", "use a path with a suffix in host_path.path"
    else:
        wrong, hint = "is a folder, but would be mounted as a file", "use a path without a suffix in host_path.path"
    return Obstacle(path, wrong, hint)


def find_denial(root: str, path: str, status: os.stat_result, source: HostPath) -> Obstacle | None:
    """Check that the pod's user may read ``path``, which is the source at ``root`` or in it."""
    wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(status.st_mode) else 0)
    if status.st_uid == source.user:
        wanted <<= 6
    elif status.st_gid == source.group:
        wanted <<= 3
    if status.st_mode & wanted == wanted:
        return None
    wrong = (
        f"cannot be read by the pod, which runs as {source.user}:{source.group}"
        f" (it is {stat.filemode(status.st_mode)}, owned by {status.st_uid}:{status.st_gid})"
    )
    return Obstacle(path, wrong, f"run: {_write_fix(root, status, source)}")


def _walk(path: str) -> Iterator[tuple[str, os.stat_result]]:
    """Read the status of everything in a folder, except links, which lead elsewhere in the pod."""
    with os.scandir(path) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_symlink() or entry.name in _SKIPPED:
                continue
            yield entry.path, entry.stat(follow_symlinks=False)
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path)


def _write_fix(root: str, status: os.stat_result, source: HostPath) -> str:
    """Return the command that makes the whole source readable; ``root`` is the path as it was given."""
    if status.st_uid == source.user:
        return write_owner_fix(root)
    return write_group_fix(root, source.group, is_groups=status.st_gid == source.group)
