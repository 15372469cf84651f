"""Finds out that an application's sources changed, as a developer edits them.

By comparing modification times: notifications of the operating system would wake kubeglass for each write of the
engines below ``.kubeglass``, and are not sent for files that another machine or a container changes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

#: What an application reads once: its code, and templates, which Flask caches.
SUFFIXES = (".py", ".html", ".jinja", ".jinja2", ".j2")
#: Folders of other people's code and of files that programs write.
IGNORED = frozenset({"__pycache__", "node_modules", "site-packages"})

LOOK_SECONDS = 0.5
#: A large folder is looked at less often: at most this share of the time goes into it.
SHARE = 0.05


class SourceWatch:
    """The sources below one folder, without those of virtual environments and hidden folders.

    Args:
        folder: the folder the application is imported from.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = self._read()
        self._next_look = 0.0

    def find_changes(self) -> list[str]:
        """Return what was changed, added or removed since the last change was returned, once nothing changes any more.

        An editor may need several writes to save one file, and a branch that is switched is many files.
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
        folders[:] = [name for name in folders if _is_of_the_application(parent, name)]
        for name in files:
            if name.endswith(SUFFIXES):
                path = os.path.join(parent, name)  # noqa: PTH118  # called for every file, twice a second
                try:
                    yield path, os.stat(path).st_mtime_ns  # noqa: PTH116
                except OSError:
                    # Removed meanwhile, or a link that leads nowhere.
                    continue


def _is_of_the_application(parent: str, name: str) -> bool:
    return not name.startswith(".") and name not in IGNORED and not Path(parent, name, "pyvenv.cfg").exists()
