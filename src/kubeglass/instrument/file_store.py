"""Cells in the multiprocess folder: every worker writes its own files, a scrape adds them up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from kubeglass.instrument.cells import FORK_AWARE, Cell
from kubeglass.instrument.value_file import ValueFile, name_owner


class FileStore:
    """Cells in files of this process.

    After a fork the child gets files of its own at its first request, with values 0: the parent's values stay the
    parent's, and a fork that answers no request costs nothing.

    Args:
        folder: the multiprocess folder; it must exist and be writable.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = threading.RLock()
        self.is_stale = False
        self.when_renewed: list[Callable[[], object]] = []
        self._owner = name_owner()
        self._files: dict[str, ValueFile] = {}
        self._cells: list[tuple[str, str, Cell]] = []
        FORK_AWARE.add(self)

    def allocate(self, kind: str, key: str) -> Cell:
        """Return a cell with value 0 in this process's file of ``kind``."""
        if self.is_stale:
            self.renew()
        cell = self._file(kind).allocate(key)
        self._cells.append((kind, key, cell))
        return cell

    def note_fork(self) -> None:
        """Let go of the parent's files; their locks must end with the parent."""
        for file in self._files.values():
            file.abandon()
        self._files = {}
        self.is_stale = True

    def renew(self) -> None:
        """Move every cell to files of this process."""
        with self.lock:
            if not self.is_stale:
                return
            self._owner = name_owner()
            for kind, key, cell in self._cells:
                fresh = self._file(kind).allocate(key)
                cell.view, cell.index = fresh.view, fresh.index
            self.is_stale = False
            for call in self.when_renewed:
                call()

    def _file(self, kind: str) -> ValueFile:
        file = self._files.get(kind)
        if file is None:
            file = self._files[kind] = ValueFile(self.folder, kind, self._owner)
        return file
