"""Compact a dead worker's files soon after its death, without delaying requests or scrapes.

Each worker starts one thread per folder with its first request. The one that holds a lock works for all; the kernel
drops the lock when its process ends, and another thread takes over.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from io import FileIO
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry

from kubeglass.errors import InstrumentationError
from kubeglass.files import lock
from kubeglass.instrument.multiprocess.compaction import LEADER_LOCK_NAME, Limits, compact_dead
from kubeglass.instrument.multiprocess.folder import Folder
from kubeglass.instrument.storage.cells import FORK_AWARE
from kubeglass.instrument.storage.file_store import FileStore
from kubeglass.instrument.text.encoding import Pace
from kubeglass.instrument.text.registry import limits_of

logger = logging.getLogger("kubeglass.instrument")

THREAD_NAME = "kubeglass-compaction"

#: Seconds between two checks for dead workers.
INTERVAL = 1.0

#: The thread works for a millisecond and rests as long: nothing waits for it.
WORK_SECONDS = REST_SECONDS = 0.001


class Compactor:
    """Compacts one folder, in turn with the compactors of other processes.

    Args:
        path: the folder.
        limits: returns how many series each family may have in the totals.
    """

    def __init__(self, path: Path, limits: Callable[[], Limits]) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._limits = limits
        self._pid = 0
        self._leader: FileIO | None = None
        self._has_complained = False
        FORK_AWARE.add(self)

    def start(self) -> None:
        """Start the thread unless it runs in this process."""
        with self.lock:
            if self._pid == os.getpid():
                return
            self.note_fork()
            self._pid = os.getpid()
        threading.Thread(target=self._run, name=f"{THREAD_NAME} {self.path}", daemon=True).start()

    def note_fork(self) -> None:
        """Close the inherited lock, which would otherwise outlive the parent."""
        if self._leader is not None:
            self._leader.close()
            self._leader = None

    def _run(self) -> None:
        try:
            while self.path.is_dir():
                self._step()
                # Looked up at each call: gevent may have replaced it.
                time.sleep(INTERVAL)
        finally:
            with self.lock:
                self.note_fork()
                self._pid = 0

    def _step(self) -> None:
        try:
            if self._is_leader():
                compact(self.path, self._read_limits)
        except (OSError, InstrumentationError) as error:
            if self.path.is_dir() and not self._has_complained:
                self._has_complained = True
                logger.warning("%s: cannot compact the files of ended workers: %s", self.path, error)

    def _read_limits(self) -> Limits:
        # A fork waits for this lock, so its child inherits no registry's lock that this thread holds.
        with self.lock:
            return self._limits()

    def _is_leader(self) -> bool:
        with self.lock:
            if self._leader is None:
                file = (self.path / LEADER_LOCK_NAME).open("ab", buffering=0)
                if lock(file.fileno()):
                    self._leader = file
                else:
                    file.close()
            return self._leader is not None


def compact(path: Path, limits: Callable[[], Limits] = dict) -> None:
    """Compact a folder's files of dead workers in short steps, with a rest after each."""
    folder = Folder(path, pause=Pace(WORK_SECONDS, REST_SECONDS))
    if folder.list_dead():
        compact_dead(folder, limits(), folder.read())
        folder.forget()


#: This process's compactors by folder: applications can share one.
_compactors: dict[Path, Compactor] = {}


def compact_in_background(folder: Path, registry: CollectorRegistry, store: FileStore) -> None:
    """Compact the shared folder, and the registry's own in it, from each process's first request that is stored on."""
    for path, limited in ((folder, REGISTRY), (store.folder, registry)):
        if path not in _compactors:
            _compactors[path] = Compactor(path, partial(limits_of, limited))
        store.when_used.append(_compactors[path].start)
