"""Whether the disk has room for what is about to be written."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from kubeglass.engines.install.unavailable import Unavailable

GIB = 1024**3


def require_space(needs: Iterable[tuple[Path, float]]) -> None:
    """Check that each file system has room for all that goes there.

    Args:
        needs: folders, which need not exist, each with what will be written there, in GiB.

    Raises:
        Unavailable: one has not.
    """
    totals: dict[int, tuple[Path, float]] = {}
    for folder, gib in needs:
        existing = _nearest_existing(folder)
        device = existing.stat().st_dev
        _, before = totals.get(device, (existing, 0.0))
        totals[device] = (existing, before + gib)
    for folder, gib in totals.values():
        free = shutil.disk_usage(folder).free / GIB
        if free < gib:
            raise Unavailable(
                f"the disk of {folder} has {free:.1f} GiB free, but {gib:.1f} GiB are needed",
                hint="free some space, or set GOCACHE, GOMODCACHE, GOTMPDIR and XDG_CACHE_HOME to folders elsewhere",
            )


def _nearest_existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder
