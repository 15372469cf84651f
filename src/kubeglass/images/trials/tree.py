"""An image's files in a folder of this machine, as a container would see them, for as long as they are needed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kubeglass.files import explain_disk_errors
from kubeglass.images.image import Entry, File, Folder, Image, order_entries


@contextmanager
def laid_out(image: Image, folder: Path) -> Iterator[Path]:
    """Copy the files of ``image`` to a new folder inside ``folder``; it is deleted at the end of the ``with`` block.

    Copies, because a program that is tried there may write to them.

    Raises:
        StateError: a file cannot be read, or the folder cannot be written.
    """
    with explain_disk_errors(folder, "cannot be read or written while the image is tried"):
        folder.mkdir(parents=True, exist_ok=True)
        # Not in /tmp, from which some machines run no programs.
        scratch = tempfile.TemporaryDirectory(dir=folder, prefix=".trial-", ignore_cleanup_errors=True)
    with scratch as name:
        root = Path(name)
        with explain_disk_errors(folder, "cannot be read or written while the image is tried"):
            root.chmod(0o755)
            for layer in image.layers:
                for entry in order_entries(layer):
                    write_entry(entry, root / entry.path)
        yield root


def write_entry(entry: Entry, path: Path) -> None:
    """Write one entry to ``path``, whose folder exists, with its mode and for the present user."""
    if isinstance(entry, Folder):
        path.mkdir(exist_ok=True)
        path.chmod(entry.mode)
        return
    path.unlink(missing_ok=True)
    if isinstance(entry, File):
        if isinstance(entry.source, bytes):
            path.write_bytes(entry.source)
        else:
            shutil.copyfile(entry.source, path)
        path.chmod(entry.mode)
    else:
        path.symlink_to(entry.target)
