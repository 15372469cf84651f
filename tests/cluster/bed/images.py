"""The two images the cluster itself needs, written by the product's own archive writer."""

from __future__ import annotations

from pathlib import Path

from kubeglass.images.archive import write_archive
from kubeglass.images.image import PROGRAM_MODE, File, Image
from tests.cluster.bed.settings import COREDNS_IMAGE, PAUSE_IMAGE


def write_images(folder: Path, *, pause: Path, coredns: Path) -> None:
    """Write the archives of the sandbox program and of CoreDNS to ``folder``."""
    folder.mkdir()
    for reference, program in ((PAUSE_IMAGE, pause), (COREDNS_IMAGE, coredns)):
        image = Image(
            reference,
            layers=((File(program.name, program, PROGRAM_MODE),),),
            entrypoint=(f"/{program.name}",),
        )
        write_archive(image, folder / f"{program.name}.tar")
