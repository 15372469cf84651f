"""Removes the state folder with everything in it: samples, queue, logs, configuration."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from kubeglass.errors import StateError
from kubeglass.files import explain_disk_errors
from kubeglass.supervise.state.folder import LOCK_NAME, StateFolder

#: The unit of ``st_blocks``, whatever the disk's own blocks are.
BLOCK_BYTES = 512


def purge(root: Path, note: Callable[[str], None]) -> int | None:
    """Remove the state folder; symbolic links in it are removed, never followed.

    Args:
        root: the state folder; nothing may run there.
        note: is told what a killed run left running.

    Returns:
        Bytes of disk that were freed, or None if there was no such folder.

    Raises:
        StateError: something runs there, it is a symbolic link itself, or a file cannot be removed.
    """
    if root.is_symlink():
        found = f"to {root.readlink()}"
        raise StateError(str(root), "is a symbolic link", found=found, hint="remove the link and its target by hand")
    if not root.exists():
        return None
    folder = StateFolder(root)
    for text in folder.take():
        note(text)
    try:
        freed = measure_disk(root)
        with explain_disk_errors(root, "cannot be removed"):
            _remove(root)
    finally:
        folder.release()
    return freed


def measure_disk(folder: Path) -> int:
    """Measure the disk that a folder's files take in bytes, a file with several names once, links not followed."""
    return sum({(stat.st_dev, stat.st_ino): stat.st_blocks * BLOCK_BYTES for stat in _stats(folder)}.values())


def _stats(folder: Path) -> Iterator[os.stat_result]:
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            yield (Path(parent) / name).lstat()


def _remove(root: Path) -> None:
    # The lock goes last: as long as it is there no run can begin in a folder that is half gone.
    for entry in sorted(root.iterdir(), key=lambda entry: entry.name == LOCK_NAME):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    root.rmdir()
