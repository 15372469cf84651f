"""The archive of a backup: what it says about itself, the samples, and every file's checksum.

A gzipped tar that people can open without kubeglass:

```text
kubeglass-backup.json   format, versions, when it was made, how much it holds
prometheus/…            Prometheus's data folder
SHA256SUMS              of every file above, in the form that sha256sum --check reads
```
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, cast

FORMAT = 1
MANIFEST = "kubeglass-backup.json"
FOLDER = "prometheus"
CHECKSUMS = "SHA256SUMS"

#: Samples are compressed already: better levels take several times as long for a few percent.
COMPRESSION_LEVEL = 1


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """What an archive says about itself.

    Args:
        created: when it was made, ISO 8601, UTC.
        kubeglass: version of the kubeglass that made it.
        prometheus: version of the Prometheus whose data it is.
        files: files of the data folder.
        size: bytes of these files.
        scrape_interval: seconds between two scrapes of one target, if a run said so.
        format: how the archive is laid out.
    """

    created: str
    kubeglass: str
    prometheus: str
    files: int
    size: int
    scrape_interval: float | None = None
    format: int = FORMAT


class _HashedReader:
    """Hands a stream on and remembers the digest of what went through."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        self._hash.update(piece)
        return piece

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


def measure_folder(folder: Path) -> tuple[int, int]:
    """Count the files below ``folder`` and their bytes."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)


def write_archive(folder: Path, stream: IO[bytes], manifest: BackupManifest) -> None:
    """Write ``folder``, Prometheus's data standing still, and its manifest as an archive.

    Raises:
        OSError: the disk refused.
    """
    with (
        gzip.GzipFile("", "wb", COMPRESSION_LEVEL, stream, mtime=0) as packer,
        tarfile.open(fileobj=cast("IO[bytes]", packer), mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        text = json.dumps(asdict(manifest), indent=2) + "\n"
        checksums = {MANIFEST: _add_text(archive, MANIFEST, text)}
        for path in sorted(folder.rglob("*")):
            name = f"{FOLDER}/{path.relative_to(folder).as_posix()}"
            if path.is_dir():
                _add_folder(archive, name)
            else:
                checksums[name] = _add_file(archive, name, path)
        _add_text(archive, CHECKSUMS, "".join(f"{digest}  {name}\n" for name, digest in checksums.items()))


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> str:
    content = text.encode()
    return _add(archive, name, io.BytesIO(content), len(content))


def _add_file(archive: tarfile.TarFile, name: str, path: Path) -> str:
    with path.open("rb") as stream:
        return _add(archive, name, stream, path.stat().st_size)


def _add_folder(archive: tarfile.TarFile, name: str) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, 0o755
    archive.addfile(info)


def _add(archive: tarfile.TarFile, name: str, stream: IO[bytes], size: int) -> str:
    info = tarfile.TarInfo(name)
    info.size = size
    reader = _HashedReader(stream)
    archive.addfile(info, cast("IO[bytes]", reader))
    return reader.digest
