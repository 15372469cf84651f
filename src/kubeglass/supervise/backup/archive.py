"""The archive of a backup: a gzipped tar of Prometheus's data folder that opens without kubeglass.

```text
kubeglass-backup.json   format, versions, when it was made, how much it holds
prometheus/…            Prometheus's data folder
```
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, cast

from kubeglass.errors import StateError, UsageError
from kubeglass.files import explain_disk_errors

FORMAT = 1
MANIFEST = "kubeglass-backup.json"
FOLDER = "prometheus"

#: Samples are compressed already: better levels take several times as long for a few percent.
COMPRESSION_LEVEL = 1
PIECE_BYTES = 1024 * 1024

_DAMAGE = (gzip.BadGzipFile, EOFError, zlib.error, tarfile.TarError, ValueError, TypeError, KeyError)


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """What an archive says about itself.

    Args:
        created: when it was made, ISO 8601, UTC.
        kubeglass: version of the kubeglass that made it.
        prometheus: version of the Prometheus whose data it is.
        files: number of files in the data folder.
        size: their size in bytes.
        scrape_interval: seconds between two scrapes of one target, if a run said so.
        format: version of the archive's layout.
    """

    created: str
    kubeglass: str
    prometheus: str
    files: int
    size: int
    scrape_interval: float | None = None
    format: int = FORMAT


def write_archive(folder: Path, stream: IO[bytes], manifest: BackupManifest) -> None:
    """Write Prometheus's data folder and the manifest as an archive.

    Raises:
        OSError: the disk refused.
    """
    text = json.dumps(asdict(manifest), indent=2).encode() + b"\n"
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=COMPRESSION_LEVEL) as archive:
        about = tarfile.TarInfo(MANIFEST)
        about.size = len(text)
        archive.addfile(about, io.BytesIO(text))
        archive.add(folder, FOLDER)


def read_archive(path: Path, target: Path | None = None) -> BackupManifest:
    """Read the whole archive at ``path``, which verifies its checksum, and unpack its samples if a target is given.

    Args:
        path: the archive.
        target: the data folder to make; do not trust its content if an error was raised.

    Raises:
        UsageError: there is no such file.
        StateError: it is not a backup, of another format or damaged; or the target cannot be written.
    """
    try:
        stream = path.open("rb")
    except FileNotFoundError as error:
        raise UsageError(str(path), "there is no such file") from error
    except OSError as error:
        raise StateError(str(path), "cannot be read", found=error.strerror or str(error)) from error
    with _explain_damage(path), stream, gzip.GzipFile(fileobj=stream) as unpacker:
        with _open(unpacker, path) as archive:
            manifest = _read_manifest(archive, path)
            files = sum(_unpack(archive, member, target) for member in archive)
        # Up to the checksum at the very end.
        while unpacker.read(PIECE_BYTES):
            pass
    if files != manifest.files:
        raise StateError(str(path), "is damaged", found=f"{files} of {manifest.files} files", hint="use another backup")
    return manifest


@contextmanager
def _explain_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise StateError(str(path), "is damaged", found=str(error), hint="use another backup") from error
    except OSError as error:
        raise StateError(str(path), "cannot be read", found=error.strerror or str(error)) from error


def _open(unpacker: gzip.GzipFile, path: Path) -> tarfile.TarFile:
    try:
        unpacker.peek(1)
        return tarfile.open(fileobj=cast("IO[bytes]", unpacker), mode="r|")
    except (gzip.BadGzipFile, tarfile.ReadError) as error:
        raise _foreign(path) from error


def _read_manifest(archive: tarfile.TarFile, path: Path) -> BackupManifest:
    member = archive.next()
    content = archive.extractfile(member) if member and member.name == MANIFEST else None
    if content is None:
        raise _foreign(path)
    document = json.load(content)
    if document["format"] != FORMAT:
        found = f"{document['format']} instead of {FORMAT}"
        raise StateError(
            str(path), "has an unknown format", found=found, hint="use the version of kubeglass that made it"
        )
    return BackupManifest(**document)


def _foreign(path: Path) -> StateError:
    return StateError(str(path), "is not a backup made by kubeglass", hint="use another file")


def _unpack(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path | None) -> bool:
    """Unpack a member that belongs to the data folder, and say whether it is a file of it."""
    if not member.name.startswith(f"{FOLDER}/"):
        return False
    if target is None:
        return member.isfile()
    inner = member.replace(name=member.name.removeprefix(f"{FOLDER}/"), deep=False)
    try:
        archive.extract(inner, target, filter="data")
    except _DAMAGE:
        raise
    except OSError:
        with explain_disk_errors(target):
            raise
    return member.isfile()
