"""Backs up the local Prometheus's samples, whether it runs or not, and restores them.

Prometheus's own snapshots need its admin API, through which any web page open on this machine could delete samples. So
a running Prometheus is stopped while its folder is copied; the collector queues what it scrapes and delivers it later.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from kubeglass import __version__
from kubeglass.engines.registry import PROMETHEUS
from kubeglass.errors import EngineError, StateError, UsageError
from kubeglass.files import explain_disk_errors, lock, replacing
from kubeglass.supervise.backup.archive import BackupManifest, read_archive, write_archive
from kubeglass.supervise.control import pause, wait_until_back
from kubeglass.supervise.state.folder import FOLDER_MODE, STORAGE, FolderSwap, find_run, locked_folder

#: Folder below the state folder during a backup.
SCRATCH = "backup-in-progress"
#: Files of a running Prometheus that are no data.
LEFT_OUT = shutil.ignore_patterns("lock", "queries.active")
#: What makes a folder a block; Prometheus never changes a block's files, it replaces them:
#: https://prometheus.io/docs/prometheus/latest/storage/
BLOCK_MARK = "meta.json"

Note = Callable[[str], None]


def back_up(root: Path, path: Path, note: Note) -> BackupManifest:
    """Write the samples in the state folder ``root`` to a new archive ``path``, complete and verified, or not at all.

    ``note`` is called with what happens, a line each.

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
        is_back = _copy(root, scratch, note)
        sizes = [file.stat().st_size for file in scratch.rglob("*") if file.is_file()]
        created = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = BackupManifest(created, __version__, PROMETHEUS.version, len(sizes), sum(sizes))
        with replacing(path, mode=0o600) as stream:
            write_archive(scratch, stream, manifest)
            stream.flush()
            os.fsync(stream.fileno())
            # Verify it before it counts as a backup.
            read_archive(Path(stream.name))
            if path.exists():
                raise UsageError(str(path), "was created meanwhile", hint="choose another name")
    if not is_back:
        hint = f"the backup is complete; see: kubeglass logs {PROMETHEUS.name}"
        raise EngineError(PROMETHEUS.name, "did not come back after the copy", hint=hint)
    return manifest


def restore(root: Path, path: Path, note: Note, *, replace: bool = False) -> BackupManifest:
    """Put the samples of the archive ``path`` in the state folder ``root``; a kill leaves the old samples or the new.

    ``note`` is called with what happens, a line each.

    Raises:
        UsageError: there is no such file.
        StateError: something runs, there are samples already, the archive cannot be used, or the disk refused.
    """
    if not path.exists():
        raise UsageError(str(path), "there is no such file")
    storage = root / STORAGE
    swap = FolderSwap(storage)
    with locked_folder(root, note), explain_disk_errors(storage):
        if storage.is_symlink():
            hint = "restore would put a folder in its place: remove the link first"
            raise StateError(str(storage), "is a symbolic link", found=f"to {storage.readlink()}", hint=hint)
        if not replace and storage.is_dir() and any(storage.iterdir()):
            hint = "add --replace to lose them, or back them up first"
            raise StateError(str(storage), "holds samples already", hint=hint)
        note(f"{path}: verifying and unpacking")
        try:
            manifest = read_archive(path, swap.new)
            swap.complete()
        finally:
            shutil.rmtree(swap.new, ignore_errors=True)
    return manifest


def copy_storage(source: Path, target: Path) -> None:
    """Copy the data folder of a stopped Prometheus; blocks as hard links, which take no time and no space.

    Raises:
        OSError: the disk refused.
    """

    def link_or_copy(file: str, copy: str) -> None:
        if (source / Path(file).relative_to(source).parts[0] / BLOCK_MARK).exists():
            # Fails on a file system without hard links.
            with suppress(OSError):
                os.link(file, copy)
                return
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


def _copy(root: Path, scratch: Path, note: Note) -> bool:
    """Copy the samples while no Prometheus writes to them; return False if one was stopped and did not come back."""
    if find_run(root) is None:
        with locked_folder(root, note):
            copy_storage(root / STORAGE, scratch)
        return True
    note("prometheus: stopped for the copy; the collector keeps what it scrapes meanwhile")
    began = time.monotonic()
    with pause(root, PROMETHEUS.name):
        copy_storage(root / STORAGE, scratch)
    is_back = wait_until_back(root, PROMETHEUS.name)
    if is_back:
        note(f"prometheus: back after {time.monotonic() - began:.1f} s")
    return is_back


@contextmanager
def _scratch(root: Path) -> Iterator[Path]:
    """Provide a folder to copy into, for one backup at a time; remove what a killed one left."""
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
