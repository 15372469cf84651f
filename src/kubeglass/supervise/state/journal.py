"""Keeps the run file up to date: writes every change of the run at once."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kubeglass.files import explain_disk_errors
from kubeglass.supervise.process.group import ProcessStatus
from kubeglass.supervise.state.run_file import RunRecord, write_run_file


class RunJournal:
    """The run record and its file, safe to use from several threads; the file is there as long as the ``with`` block.

    Args:
        path: the run file.
        record: what is known at the start.

    Raises:
        StateError: the file cannot be written.
    """

    def __init__(self, path: Path, record: RunRecord) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._record = record
        with explain_disk_errors(path):
            write_run_file(path, record)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    @property
    def record(self) -> RunRecord:
        """What is known now."""
        return self._record

    def change(self, **fields: Any) -> RunRecord:
        """Replace fields of the record and write it."""
        with self._lock:
            self._record = replace(self._record, **fields)
            # A full disk must not end a run that works; the file is behind until the next change.
            with contextlib.suppress(OSError):
                write_run_file(self._path, self._record)
            return self._record

    def note_statuses(self, statuses: Sequence[ProcessStatus]) -> None:
        """Write the status of the processes."""
        self.change(processes=tuple(statuses))
