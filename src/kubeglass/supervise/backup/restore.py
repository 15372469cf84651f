"""Replaces the local Prometheus's samples by those of a backup."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from kubeglass.errors import StateError
from kubeglass.files import explain_disk_errors
from kubeglass.supervise.backup.archive import BackupManifest, read_archive
from kubeglass.supervise.state.folder import STORAGE, StateFolder, require_idle
from kubeglass.supervise.state.folder_swap import FolderSwap


def restore(root: Path, path: Path, note: Callable[[str], None], *, replace: bool = False) -> BackupManifest:
    """Put the samples of the archive at ``path`` below ``root``; a kill leaves the old ones or the new, never a mix.

    Args:
        root: the state folder; nothing may run there.
        path: the archive.
        note: is told what happens.
        replace: whether samples that are there may go.

    Raises:
        UsageError: there is no such file.
        StateError: something runs, there are samples already, the archive cannot be used, or the disk refused.
    """
    storage = root / STORAGE
    require_idle(root)
    _require_room(storage, replace=replace)
    note(f"{path}: verifying")
    manifest = read_archive(path)
    folder = StateFolder(root)
    for text in folder.take():
        note(text)
    try:
        _require_room(storage, replace=replace)
        note(f"{path}: unpacking")
        _unpack(path, storage, manifest)
    finally:
        folder.release()
    return manifest


def _require_room(storage: Path, *, replace: bool) -> None:
    if storage.is_symlink():
        hint = "restore would put a folder in its place: remove the link first"
        raise StateError(str(storage), "is a symbolic link", found=f"to {storage.readlink()}", hint=hint)
    if not replace and storage.is_dir() and any(storage.iterdir()):
        hint = "add --replace to lose them, or back them up first"
        raise StateError(str(storage), "holds samples already", hint=hint)


def _unpack(path: Path, storage: Path, manifest: BackupManifest) -> None:
    swap = FolderSwap(storage)
    with explain_disk_errors(storage):
        storage.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(storage.parent).free
        if free < manifest.size:
            found = f"{free / 2**20:.0f} MiB free, {manifest.size / 2**20:.0f} MiB needed"
            raise StateError(str(storage.parent), "has no room for the backup", found=found, hint="free some space")
        try:
            # Verified once more on the way: what is put in place is what was found good.
            read_archive(path, swap.new)
            swap.complete()
        finally:
            shutil.rmtree(swap.new, ignore_errors=True)
