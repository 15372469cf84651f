"""What the disk refuses, said as an error that names the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kubeglass.errors import StateError


@contextmanager
def translate_disk_errors(path: Path, wrong: str = "cannot be written") -> Iterator[None]:
    """Turn an OSError into a StateError.

    Args:
        path: what the work is about; named unless the system names a file itself.
        wrong: what cannot be done with it.

    Raises:
        StateError: the disk refused.
    """
    try:
        yield
    except OSError as error:
        raise StateError(
            str(error.filename or path),
            wrong,
            found=error.strerror or str(error),
            hint="check its owner, its mode and the free space",
        ) from error
