"""The archive of a backup: a gzipped tar of Prometheus's data folder, readable without kubeglass.

```text
kubeglass-backup.json   the manifest
prometheus/…            Prometheus's data folder
```
"""

from __future__ import annotations

import gzip
import io
import json
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, cast

from kubeglass.errors import StateError
from kubeglass.files import explain_disk_errors

FORMAT = 1
MANIFEST = "kubeglass-backup.json"
FOLDER = "prometheus"

#: Samples are compressed already: higher levels take several times as long and save a few percent.
COMPRESSION_LEVEL = 1
PIECE_BYTES = 1024 * 1024

_DAMAGE = (gzip.BadGzipFile, EOFError, zlib.error, tarfile.TarError, ValueError, TypeError, KeyError)


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """What an archive says about itself: creation time (ISO 8601, UTC), versions, number of files, size in bytes."""

    created: str
    kubeglass: str
    prometheus: str
    files: int
    size: int
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
    """Read the archive at ``path`` to its end, which verifies its checksum, and unpack its samples into ``target``.

    Do not use the content of ``target`` after an error.

    Raises:
        StateError: it cannot be read, is not a backup or is damaged; or ``target`` cannot be written or has no room.
    """
    with _explain(path), gzip.open(path) as unpacker, _open(unpacker, path) as archive:
        manifest = _read_manifest(archive, path)
        if target:
            _require_room(target.parent, manifest.size)
        files = sum(_unpack(archive, member, target) for member in archive)
        # The checksum is at the very end.
        while unpacker.read(PIECE_BYTES):
            pass
    if files != manifest.files:
        raise StateError(str(path), "is damaged", found=f"{files} of {manifest.files} files", hint="use another backup")
    return manifest


@contextmanager
def _explain(path: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise StateError(str(path), "is damaged", found=str(error), hint="use another backup") from error
    except OSError as error:
        raise StateError(str(path), "cannot be read", found=error.strerror or str(error)) from error


def _open(unpacker: gzip.GzipFile, path: Path) -> tarfile.TarFile:
    try:
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
    return BackupManifest(**{field.name: document[field.name] for field in fields(BackupManifest)})


def _foreign(path: Path) -> StateError:
    return StateError(str(path), "is not a backup made by kubeglass", hint="use another file")


def _require_room(folder: Path, size: int) -> None:
    with explain_disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    if free < size:
        found = f"{free / 2**20:.0f} MiB free, {size / 2**20:.0f} MiB needed"
        raise StateError(str(folder), "has no room for the backup", found=found, hint="free some space")


def _unpack(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path | None) -> bool:
    """Unpack a member that belongs to the data folder, and return whether it is a file of it."""
    if not member.name.startswith(f"{FOLDER}/"):
        return False
    if target:
        inner = member.replace(name=member.name.removeprefix(f"{FOLDER}/"), deep=False)
        try:
            archive.extract(inner, target, filter="data")
        except gzip.BadGzipFile:
            raise
        except OSError:
            with explain_disk_errors(target):
                raise
    return member.isfile()
