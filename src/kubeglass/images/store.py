"""The folder of built images: one archive per image, named after it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from kubeglass.errors import UsageError
from kubeglass.files import explain_disk_errors, replacing
from kubeglass.images.archive import ArchivedImage, read_archive, write_archive
from kubeglass.images.image import Image

SUFFIX = ".tar"


class ImageStore:
    """Image archives in a folder.

    Args:
        folder: the folder; it may not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, name: str, image: Image) -> ArchivedImage:
        """Write an image's archive, in place of an earlier one of that name.

        Raises:
            StateError: the folder cannot be written.
        """
        return write_archive(image, self.folder / f"{name}{SUFFIX}")

    def list(self) -> dict[str, ArchivedImage]:
        """Return every archive by name.

        Raises:
            StateError: a file in the folder is not an image archive.
        """
        return {path.stem: read_archive(path) for path in sorted(self.folder.glob(f"*{SUFFIX}"))}

    def choose(self, names: Sequence[str]) -> dict[str, ArchivedImage]:
        """Return the archives with these names, or all if there are no names.

        Raises:
            UsageError: one of them is not built, or nothing is.
        """
        built = self.list()
        missing = [name for name in names if name not in built]
        if missing or not built:
            raise UsageError(
                missing[0] if missing else str(self.folder),
                "is not built" if missing else "holds no images",
                found=f"built images: {', '.join(built)}" if built else "",
                hint="run: kubeglass images build",
            )
        return {name: built[name] for name in names or built}


def copy_archive(archive: ArchivedImage, folder: Path) -> Path:
    """Copy an archive to another folder, completely or not at all, and return its path.

    The file is named after the image and its version, so that several pipelines can share a folder.

    Raises:
        StateError: the folder cannot be written.
    """
    target = folder / f"{archive.reference.replace('/', '_').replace(':', '_')}{SUFFIX}"
    with explain_disk_errors(folder, hint="use sudo, or another folder"):
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(target) as stream, archive.path.open("rb") as source:
            shutil.copyfileobj(source, stream)
    return target
