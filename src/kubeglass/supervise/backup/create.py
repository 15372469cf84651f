"""Backs the local run's samples up, while it runs or not.

Prometheus can make snapshots itself, but only with its admin API on, through which any page open in a browser on this
machine could delete samples. So a running Prometheus is taken down for as long as copying its folder takes; meanwhile
the collector's queue keeps what is scraped, and delivers it afterwards.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kubeglass import __version__
from kubeglass.engines.prometheus import PROMETHEUS
from kubeglass.errors import EngineError, StateError, UsageError
from kubeglass.files import explain_disk_errors
from kubeglass.supervise.backup.archive import BackupManifest, measure_folder, write_archive
from kubeglass.supervise.backup.reading import read_archive
from kubeglass.supervise.backup.storage_copy import copy_storage
from kubeglass.supervise.state.folder import FOLDER_MODE, STORAGE, StateFolder, find_run
from kubeglass.supervise.state.hold import pause, wait_until_back

#: Below the state folder, for as long as a backup takes.
SCRATCH = "backup-in-progress"

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written and read back.

    Args:
        path: the archive.
        size: its bytes.
        manifest: what it says about itself.
    """

    path: Path
    size: int
    manifest: BackupManifest


def back_up(root: Path, path: Path, note: Note) -> Backup:
    """Write the samples below ``root`` into an archive at ``path``, whole or not at all.

    Args:
        root: the state folder.
        path: the archive to make; it must not exist.
        note: hears what happens.

    Raises:
        UsageError: there is something at ``path``, or it lies in the state folder.
        StateError: there are no samples, a file cannot be written, or the run changed meanwhile.
        EngineError: Prometheus did not end, or did not come back; in the latter case the archive is complete.
    """
    _require_place(root, path)
    storage = root / STORAGE
    if not storage.is_dir() or not any(storage.iterdir()):
        raise StateError(str(storage), "holds no samples", hint="start with: kubeglass up --demo")
    with _scratch(root) as scratch, explain_disk_errors(path, "cannot be read or written while it is backed up"):
        record = find_run(root)
        is_back = _copy_beside_run(root, scratch, note) if record else _copy_alone(root, scratch, note)
        files, size = measure_folder(scratch)
        interval = record.scrape_interval if record else None
        created = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = BackupManifest(created, __version__, PROMETHEUS.version, files, size, interval)
        _write(scratch, path, manifest)
    if not is_back:
        name = PROMETHEUS.name
        raise EngineError(
            name, "did not come back after the copy", hint=f"the backup is whole; see: kubeglass logs {name}"
        )
    return Backup(path, path.stat().st_size, manifest)


def _require_place(root: Path, path: Path) -> None:
    if path.exists():
        raise UsageError(str(path), "is there already", hint="choose another name, or remove it first")
    if path.resolve().is_relative_to(root.resolve()):
        raise UsageError(str(path), "lies in what kubeglass down --purge removes", hint="choose a place outside")
    folder = path.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        found = "no permission to write" if folder.is_dir() else "there is no such folder"
        raise StateError(str(folder), "cannot be written", found=found, hint="choose another place")


def _copy_beside_run(root: Path, scratch: Path, note: Note) -> bool:
    note("prometheus: taken down for the copy; the collector keeps what it scrapes meanwhile")
    began = time.monotonic()
    with pause(root, PROMETHEUS.name):
        copy_storage(root / STORAGE, scratch)
    is_back = wait_until_back(root, PROMETHEUS.name)
    if is_back:
        note(f"prometheus: back after {time.monotonic() - began:.1f} s")
    return is_back


def _copy_alone(root: Path, scratch: Path, note: Note) -> bool:
    folder = StateFolder(root)
    for text in folder.take():
        note(text)
    try:
        copy_storage(root / STORAGE, scratch)
    finally:
        folder.release()
    return True


def _write(scratch: Path, path: Path, manifest: BackupManifest) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            write_archive(scratch, stream, manifest)
            stream.flush()
            os.fsync(stream.fileno())
        # A backup that nobody ever read is a hope.
        read_archive(temporary)
        if path.exists():
            raise UsageError(str(path), "has appeared meanwhile", hint="choose another name")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _scratch(root: Path) -> Iterator[Path]:
    """Give a folder to copy into, for one backup at a time; what a killed one left in it is removed."""
    folder = root / SCRATCH
    with explain_disk_errors(folder):
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _lock(lock, folder)
        try:
            shutil.rmtree(folder / STORAGE.name, ignore_errors=True)
            yield folder / STORAGE.name
        finally:
            shutil.rmtree(folder / STORAGE.name, ignore_errors=True)
            with suppress(OSError):
                folder.rmdir()
    finally:
        os.close(lock)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        # The system lets go of the lock when this process ends, however it ends.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise StateError(str(folder), "is in use by another backup", hint="wait until that is done") from error
