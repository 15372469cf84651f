"""Pack one layer: a tar archive whose bytes depend only on its content, hashed while it is written."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from kubeglass.images.image import Entry, File, Folder, order_entries

#: Higher levels take three times as long and save two percent.
COMPRESSION_LEVEL = 6
MEDIA_TYPE = "application/vnd.oci.image.layer.v1.tar"


@dataclass(frozen=True, slots=True)
class PackedLayer:
    """A layer on disk.

    Args:
        path: the file.
        digest: ``sha256:…`` of the file.
        diff_id: ``sha256:…`` of the uncompressed archive, from which an image's id is computed.
        size: bytes of the file.
        media_type: how the file is encoded.
    """

    path: Path
    digest: str
    diff_id: str
    size: int
    media_type: str


class _Hashed:
    """A stream that computes the digest and the number of the bytes written to it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        self.size += len(data)
        return self._stream.write(data)

    def flush(self) -> None:
        self._stream.flush()

    @property
    def digest(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"


def pack_layer(entries: Iterable[Entry], path: Path, *, compress: bool = True) -> PackedLayer:
    """Write ``entries`` as one layer to ``path``.

    Times are 0, owners are root and entries are sorted by path, so the same content gives the same ``diff_id`` on every
    machine. The compressed bytes are the same with the same zlib.
    """
    with path.open("wb") as stream:
        outer = _Hashed(stream)
        if compress:
            with gzip.GzipFile("", "wb", COMPRESSION_LEVEL, cast("IO[bytes]", outer), mtime=0) as packer:
                inner = _Hashed(cast("IO[bytes]", packer))
                _write_tar(entries, inner)
        else:
            inner = outer
            _write_tar(entries, inner)
    return PackedLayer(path, outer.digest, inner.digest, outer.size, f"{MEDIA_TYPE}+gzip" if compress else MEDIA_TYPE)


def _write_tar(entries: Iterable[Entry], stream: _Hashed) -> None:
    with tarfile.open(fileobj=cast("IO[bytes]", stream), mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for entry in order_entries(entries):
            _add(archive, entry)


def _add(archive: tarfile.TarFile, entry: Entry) -> None:
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
