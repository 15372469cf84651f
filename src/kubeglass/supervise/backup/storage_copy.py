"""A copy of Prometheus's data folder, taken while Prometheus is down.

What the folder holds: https://prometheus.io/docs/prometheus/latest/storage/
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from kubeglass.errors import StateError

#: What belongs to one running Prometheus and not to its data.
LEFT_OUT = frozenset({"lock", "queries.active"})
#: What makes a folder a block; Prometheus never changes a block's files, it replaces them.
BLOCK_MARK = "meta.json"


def copy_storage(source: Path, target: Path) -> None:
    """Copy the data folder: blocks as hard links, which takes no time and no space; logs and the head's chunks in full.

    Args:
        source: Prometheus's data folder, standing still.
        target: a folder that does not exist, on the same disk if it is to be fast.

    Raises:
        StateError: the folder holds what Prometheus would not put there.
        OSError: the disk refused.
    """
    target.mkdir(parents=True)
    for entry in sorted(source.iterdir()):
        if entry.name not in LEFT_OUT:
            _copy(entry, target / entry.name, linked=(entry / BLOCK_MARK).is_file())


def _copy(source: Path, target: Path, *, linked: bool) -> None:
    if source.is_dir() and not source.is_symlink():
        target.mkdir()
        for entry in sorted(source.iterdir()):
            _copy(entry, target / entry.name, linked=linked)
    elif source.is_file() and not source.is_symlink():
        if not (linked and _link(source, target)):
            shutil.copyfile(source, target)
    else:
        raise StateError(
            str(source), "is neither a file nor a folder", hint="it is not Prometheus's: move it elsewhere"
        )


def _link(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except OSError:
        # Another disk, or one that knows no hard links.
        return False
    return True
