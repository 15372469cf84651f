"""Pack one layer: a compressed tar archive whose bytes depend only on its content, compressed once."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kubeglass.files import replacing
from kubeglass.images.image import Entry, File, Folder, order_entries
from kubeglass.images.kept import find_kept

#: Higher levels take three times as long and save two percent.
COMPRESSION_LEVEL = 6


@dataclass(frozen=True, slots=True)
class PackedLayer:
    """A compressed layer on disk.

    Args:
        path: the file.
        digest: ``sha256:…`` of the file.
        diff_id: ``sha256:…`` of the uncompressed archive, from which an image's id is computed.
        size: bytes of the file.
    """

    path: Path
    digest: str
    diff_id: str
    size: int


def pack_layer(entries: Iterable[Entry], scratch: Path) -> PackedLayer:
    """Pack ``entries`` as one layer, in the user's cache, by way of the folder ``scratch``.

    Times are 0, owners are root and entries are sorted by path, so the same content gives the same ``diff_id`` on every
    machine. The compressed bytes are the same with the same zlib.

    Raises:
        OSError: a file cannot be read, or the folder or the cache cannot be written.
    """
    with (scratch / "layer.tar").open("w+b") as plain:
        with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for entry in order_entries(entries):
                add_entry(archive, entry)
        diff_id = _digest(plain)
        path = find_kept(f"layers/{diff_id.replace(':', '-')}-level-{COMPRESSION_LEVEL}.tar.gz")
        if not path.exists():
            plain.seek(0)
            with replacing(path) as packed, gzip.GzipFile("", "wb", COMPRESSION_LEVEL, packed, mtime=0) as packer:
                shutil.copyfileobj(plain, packer)
    with path.open("rb") as packed:
        return PackedLayer(path, _digest(packed), diff_id, packed.seek(0, io.SEEK_END))


def _digest(stream: io.BufferedRandom | io.BufferedReader) -> str:
    stream.seek(0)
    return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


def add_entry(archive: tarfile.TarFile, entry: Entry) -> None:
    """Add an entry that root owns and that has no time."""
    info = tarfile.TarInfo(entry.path)
    info.uname = info.gname = "root"
    if isinstance(entry, Folder):
        info.type, info.mode = tarfile.DIRTYPE, entry.mode
        archive.addfile(info)
    elif isinstance(entry, File):
        info.mode = entry.mode
        with io.BytesIO(entry.source) if isinstance(entry.source, bytes) else entry.source.open("rb") as content:
            info.size = content.seek(0, io.SEEK_END)
            content.seek(0)
            archive.addfile(info, content)
    else:
        info.type, info.mode, info.linkname = tarfile.SYMTYPE, 0o777, entry.target
        archive.addfile(info)
