"""Files on disk: replaced atomically, locked by one process at a time, disk errors reported as kubeglass's."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from kubeglass.errors import KubeglassError, StateError

CANNOT_BE_WRITTEN = "cannot be written"


@contextmanager
def explain_disk_errors(
    path: Path,
    wrong: str = CANNOT_BE_WRITTEN,
    *,
    hint: str = "check its owner, its mode and the free space",
    kind: type[KubeglassError] = StateError,
) -> Iterator[None]:
    """Turn an OSError into an error that names the file.

    Args:
        path: the file or folder, named unless the OSError names one.
        wrong: what is wrong with it.
        hint: what to do about it.
        kind: the class of the error.

    Raises:
        KubeglassError: there was an OSError.
    """
    try:
        yield
    except OSError as error:
        where = str(error.filename or path)
        raise kind(where, wrong, found=error.strerror or str(error), hint=hint) from error


@contextmanager
def replacing(path: Path, *, mode: int = 0o644) -> Iterator[BinaryIO]:
    """Provide a stream whose file, ``stream.name``, replaces ``path`` unless the ``with`` block raises.

    Raises:
        OSError: the folder cannot be written.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        error.filename = str(path)
        raise
    os.close(descriptor)
    temporary = Path(name)
    try:
        with temporary.open("wb") as stream:
            yield stream
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Write ``text`` to ``path`` atomically.

    Raises:
        OSError: the folder cannot be written.
    """
    with replacing(path, mode=mode) as stream:
        stream.write(text.encode())


def lock(descriptor: int, *, wait: bool = False) -> bool:
    """Take the exclusive lock of an open file; the kernel releases it when the file is closed or the process ends.

    Args:
        descriptor: the open file.
        wait: whether to wait for another process to release it.

    Returns:
        Whether this process now holds the lock.

    Raises:
        OSError: the file system has no locks.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True
