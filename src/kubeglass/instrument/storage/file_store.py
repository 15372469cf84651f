"""Cells in the multiprocess folder: each worker writes its own files, and a scrape adds them up."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

from kubeglass.instrument.storage.cells import FORK_AWARE, Cell
from kubeglass.instrument.storage.value_file import ValueFile, name_owner

logger = logging.getLogger("kubeglass.instrument")


class FileStore:
    """Cells in files of this process.

    A fork creates its own files at its first request, with values of 0, so a fork without requests costs nothing.

    A folder that is missing, full or inaccessible must not break an application: new cells are then in memory, where no
    scrape sees them, and an error is logged.

    Args:
        folder: the multiprocess folder; it must exist and be writable.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = threading.RLock()
        self.when_renewed: list[Callable[[], object]] = []
        #: Called at the first request of each process.
        self.when_used: list[Callable[[], object]] = []
        self.user = 0
        self._pid = os.getpid()
        self._owner = name_owner()
        self._files: dict[str, ValueFile] = {}
        self._cells: list[tuple[str, str, Cell]] = []
        self._failure: OSError | None = None
        self._has_complained = False
        FORK_AWARE.add(self)

    @property
    def is_stale(self) -> bool:
        """Whether this process is a fork that still has its parent's cells.

        Checked by process id: a server that forks in C, such as uWSGI, runs none of Python's hooks.
        """
        return self._pid != os.getpid()

    def allocate(self, kind: str, key: str) -> Cell:
        """Return a cell with value 0 in this process's file of ``kind``."""
        if self.is_stale:
            self.renew()
        cell = self._make_cell(kind, key)
        self._cells.append((kind, key, cell))
        return cell

    def note_fork(self) -> None:
        """Close the parent's files, whose locks must end with the parent."""
        for file in self._files.values():
            file.abandon()
        self._files = {}
        self._failure = None

    def use(self) -> None:
        """Prepare for the first request of this process."""
        self.renew()
        self.user = os.getpid()
        for call in self.when_used:
            call()

    def renew(self) -> None:
        """Move every cell to files of this process."""
        with self.lock:
            if not self.is_stale:
                return
            self.note_fork()
            self._owner = name_owner()
            for kind, key, cell in self._cells:
                fresh = self._make_cell(kind, key)
                cell.view, cell.index = fresh.view, fresh.index
            self._pid = os.getpid()
            for call in self.when_renewed:
                call()

    def complain(self) -> None:
        """Log once that values are lost. Call it without the lock, because a log handler may wait for it."""
        if self._failure is not None and not self._has_complained:
            self._has_complained = True
            logger.error(
                "%s: values cannot be written there: %s; new series of this process will not be exposed",
                self.folder,
                self._failure.strerror or self._failure,
            )

    def _make_cell(self, kind: str, key: str) -> Cell:
        if self._failure is None:
            try:
                file = self._files.get(kind)
                if file is None:
                    file = self._files[kind] = ValueFile(self.folder, kind, self._owner)
                return file.allocate(key)
            except OSError as error:
                self._failure = error
        return Cell([0.0], 0)
