"""The folder of built images: one archive each, named after the image."""

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
    """Image archives below one folder.

    Args:
        folder: it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, name: str, image: Image) -> ArchivedImage:
        """Write an image's archive in the place of the one of that name.

        Raises:
            StateError: the folder cannot be written.
        """
        return write_archive(image, self.folder / f"{name}{SUFFIX}")

    def list(self) -> dict[str, ArchivedImage]:
        """Return every archive by its name.

        Raises:
            StateError: a file there is no image archive.
        """
        return {path.stem: read_archive(path) for path in sorted(self.folder.glob(f"*{SUFFIX}"))}

    def choose(self, names: Sequence[str]) -> dict[str, ArchivedImage]:
        """Return the archives of these names, or all if none is named.

        Raises:
            UsageError: one of them, or any at all, was never built.
        """
        built = self.list()
        missing = [name for name in names if name not in built]
        if missing or not built:
            raise UsageError(
                missing[0] if missing else str(self.folder),
                "is not built" if missing else "holds no images",
                found=f"built are {', '.join(built)}" if built else "",
                hint="run: kubeglass images build",
            )
        return {name: built[name] for name in names or built}


def copy_archive(archive: ArchivedImage, folder: Path) -> Path:
    """Copy an archive to another folder, whole or not at all, and return where it lies.

    The file is named after the image with its version, as folders of several pipelines' images need it.

    Raises:
        StateError: the folder cannot be written.
    """
    target = folder / f"{archive.reference.replace('/', '_').replace(':', '_')}{SUFFIX}"
    with explain_disk_errors(folder, hint="use sudo, or another folder"):
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(target) as stream, archive.path.open("rb") as source:
            shutil.copyfileobj(source, stream)
    return target
