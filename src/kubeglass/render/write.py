"""The only code that puts rendered files on disk: each one whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from kubeglass.errors import StateError
from kubeglass.render.drift import find_stale
from kubeglass.render.file import RenderedFile


def write_files(files: Iterable[RenderedFile], folder: Path) -> list[Path]:
    """Write ``files`` below ``folder``, each atomically, and leave those alone whose bytes are the same already.

    Returns:
        The files that changed on disk, in the order given.

    Raises:
        StateError: the folder cannot be written.
    """
    changed = []
    for file in files:
        path = folder / file.path
        if _holds(path, file.content):
            continue
        try:
            _replace(path, file)
        except OSError as error:
            raise StateError(
                str(path),
                "cannot be written",
                found=error.strerror or str(error),
                hint="check the folder's owner, mode and free space",
            ) from error
        changed.append(path)
    return changed


def remove_stale(
    files: Iterable[RenderedFile], folder: Path, *, owned: Iterable[PurePosixPath] = (), header: str = ""
) -> list[Path]:
    """Remove what an earlier rendering left, such as the rules of a lost objective; arguments of :func:`find_stale`.

    Returns:
        The files removed.

    Raises:
        StateError: a file cannot be removed.
    """
    removed = []
    for relative in list(find_stale(files, folder, owned=owned, header=header)):
        path = folder / relative
        try:
            path.unlink()
        except OSError as error:
            raise StateError(str(path), "cannot be removed", found=error.strerror or str(error)) from error
        removed.append(path)
    return removed


def _holds(path: Path, content: str) -> bool:
    try:
        return path.read_bytes() == content.encode()
    except OSError:
        return False


def _replace(path: Path, file: RenderedFile) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(file.content.encode())
        Path(temporary).chmod(file.mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink()
        raise
