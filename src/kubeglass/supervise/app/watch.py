"""Detects changes of an app's sources.

It compares modification times: notifications of the operating system would wake kubeglass for each write below
``.kubeglass``, and are not sent for files that another machine or a container changes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

#: What an app reads once: its code, and templates, which Flask caches.
SUFFIXES = (".py", ".html", ".jinja", ".jinja2", ".j2")
#: Folders of third-party code and of generated files.
IGNORED = frozenset({"__pycache__", "node_modules", "site-packages"})

LOOK_SECONDS = 0.5
#: Largest share of the time spent on looking: large folders are read less often.
SHARE = 0.05


class SourceWatch:
    """The sources below one folder, without virtual environments and hidden folders.

    Args:
        folder: the folder that the app is imported from.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = self._read()
        self._next_look = 0.0

    def find_changes(self) -> list[str]:
        """Return the files that were changed, added or removed since the last call, once no more changes follow.

        An editor may write one file several times, and switching a branch changes many.
        """
        began = time.monotonic()
        if began < self._next_look:
            return []
        now = self._read()
        if now == self._seen:
            self._next_look = began + max(LOOK_SECONDS, (time.monotonic() - began) / SHARE)
            return []
        while (later := self._wait_and_read()) != now:
            now = later
        changed = sorted(path for path, _ in self._seen.items() ^ now.items())
        self._seen = now
        return list(dict.fromkeys(os.path.relpath(path, self._folder) for path in changed))

    def _wait_and_read(self) -> dict[str, int]:
        time.sleep(LOOK_SECONDS / 2)
        return self._read()

    def _read(self) -> dict[str, int]:
        return dict(_modification_times(self._folder))


def _modification_times(folder: Path) -> Iterator[tuple[str, int]]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if _is_source_folder(parent, name)]
        for name in files:
            if name.endswith(SUFFIXES):
                path = os.path.join(parent, name)  # noqa: PTH118  # called for every file, twice a second
                try:
                    yield path, os.stat(path).st_mtime_ns  # noqa: PTH116
                except OSError:
                    # Removed in the meantime, or a dangling link.
                    continue


def _is_source_folder(parent: str, name: str) -> bool:
    return not name.startswith(".") and name not in IGNORED and not Path(parent, name, "pyvenv.cfg").exists()
