"""What an image build keeps in the user's cache for the next one: compiled files and packed layers."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from kubeglass.engines.install.cache import cache_root

_UNUSED_SECONDS = 30 * 24 * 3600


def find_kept(name: str) -> Path:
    """Return the file that is kept under ``name``, or the path to write it to; being found counts as a use.

    Raises:
        OSError: the cache cannot be written.
    """
    path = _folder() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        os.utime(path)
    return path


def forget_unused() -> None:
    """Delete what no build has used for 30 days.

    Raises:
        OSError: the cache cannot be written.
    """
    for path in _folder().rglob("*"):
        # Another build may have just finished or deleted it.
        with suppress(FileNotFoundError):
            if path.is_file() and time.time() - path.stat().st_mtime > _UNUSED_SECONDS:
                path.unlink()


def _folder() -> Path:
    return cache_root().parent / "images"
