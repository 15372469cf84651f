"""Backs up the local run's samples, while it runs or not.

Prometheus can make snapshots itself, but only with its admin API on, through which any page open in a browser on this
machine could delete samples. So a running Prometheus is stopped for as long as copying its folder takes; meanwhile the
collector's queue keeps what is scraped, and delivers it afterwards.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kubeglass import __version__
from kubeglass.engines.prometheus import PROMETHEUS
from kubeglass.errors import EngineError, StateError, UsageError
from kubeglass.files import explain_disk_errors, lock, replacing
from kubeglass.supervise.backup.archive import BackupManifest, read_archive, write_archive
from kubeglass.supervise.state.folder import FOLDER_MODE, STORAGE, StateFolder, find_run
from kubeglass.supervise.state.hold import pause, wait_until_back

#: Below the state folder, for as long as a backup takes.
SCRATCH = "backup-in-progress"
#: What belongs to one running Prometheus and not to its data.
LEFT_OUT = shutil.ignore_patterns("lock", "queries.active")
#: What makes a folder a block; Prometheus never changes a block's files, it replaces them:
#: https://prometheus.io/docs/prometheus/latest/storage/
BLOCK_MARK = "meta.json"

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written and read back.

    Args:
        path: the archive.
        size: its size in bytes.
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
        note: is told what happens.

    Raises:
        UsageError: there is something at ``path``, or it lies in the state folder.
        StateError: there are no samples, a file cannot be written, or the run changed meanwhile.
        EngineError: Prometheus did not end, or did not come back; in the latter case the archive is complete.
    """
    _require_place(root, path)
    storage = root / STORAGE
    if not storage.is_dir() or not any(storage.iterdir()):
        raise StateError(str(storage), "holds no samples", hint="start with: kubeglass up --demo")
    with explain_disk_errors(path, "cannot be read or written while it is backed up"), _scratch(root) as scratch:
        record = find_run(root)
        is_back = _copy_beside_run(root, scratch, note) if record else _copy_alone(root, scratch, note)
        manifest = _describe(scratch, record.scrape_interval if record else None)
        with replacing(path, mode=0o600) as stream:
            write_archive(scratch, stream, manifest)
            stream.flush()
            os.fsync(stream.fileno())
            # A backup that nobody ever read is a hope.
            read_archive(Path(stream.name))
            if path.exists():
                raise UsageError(str(path), "was created meanwhile", hint="choose another name")
    if not is_back:
        hint = f"the backup is complete; see: kubeglass logs {PROMETHEUS.name}"
        raise EngineError(PROMETHEUS.name, "did not come back after the copy", hint=hint)
    return Backup(path, path.stat().st_size, manifest)


def copy_storage(source: Path, target: Path) -> None:
    """Copy Prometheus's data folder while it stands still; blocks as hard links, which takes no time and no space.

    Raises:
        OSError: the disk refused.
    """

    def link_or_copy(file: str, copy: str) -> None:
        if (source / Path(file).relative_to(source).parts[0] / BLOCK_MARK).exists():
            try:
                os.link(file, copy)
            except OSError:
                # A file system without hard links.
                shutil.copyfile(file, copy)
        else:
            shutil.copyfile(file, copy)

    shutil.copytree(source, target, copy_function=link_or_copy, ignore=LEFT_OUT)


def _require_place(root: Path, path: Path) -> None:
    if path.exists():
        raise UsageError(str(path), "already exists", hint="choose another name, or remove it first")
    if path.resolve().is_relative_to(root.resolve()):
        raise UsageError(str(path), "lies in what kubeglass down --purge removes", hint="choose a place outside")
    folder = path.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        found = "no permission to write" if folder.is_dir() else "there is no such folder"
        raise StateError(str(folder), "cannot be written", found=found, hint="choose another place")


def _describe(folder: Path, scrape_interval: float | None) -> BackupManifest:
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    created = datetime.now(UTC).isoformat(timespec="seconds")
    return BackupManifest(created, __version__, PROMETHEUS.version, len(sizes), sum(sizes), scrape_interval)


def _copy_beside_run(root: Path, scratch: Path, note: Note) -> bool:
    note("prometheus: stopped for the copy; the collector keeps what it scrapes meanwhile")
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


@contextmanager
def _scratch(root: Path) -> Iterator[Path]:
    """Give a folder to copy into, for one backup at a time; what a killed one left in it is removed."""
    folder = root / SCRATCH
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if not lock(descriptor):
            raise StateError(str(folder), "is in use by another backup", hint="wait until that is done")
        shutil.rmtree(folder / STORAGE.name, ignore_errors=True)
        try:
            yield folder / STORAGE.name
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)
