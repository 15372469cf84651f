"""The images of the bed's own programs, written by the product's archive writer."""

from __future__ import annotations

from pathlib import Path

from kubeglass.images.archive import write_archive
from kubeglass.images.image import PROGRAM_MODE, File, Image
from tests.cluster.bed.settings import COREDNS_IMAGE, PAUSE_IMAGE


def write_images(folder: Path, *, pause: Path, coredns: Path) -> None:
    """Write the archives of the sandbox program and of CoreDNS to ``folder``."""
    folder.mkdir()
    for reference, program in ((PAUSE_IMAGE, pause), (COREDNS_IMAGE, coredns)):
        write_image(folder, reference, program)


def write_image(folder: Path, reference: str, program: Path) -> Path:
    """Write the archive of an image that holds one program to ``folder``, and return its path."""
    image = Image(
        reference,
        layers=((File(program.name, program, PROGRAM_MODE),),),
        entrypoint=(f"/{program.name}",),
    )
    archive = folder / f"{program.name}.tar"
    write_archive(image, archive)
    return archive
