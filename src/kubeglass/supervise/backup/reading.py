"""Reads a backup's archive: all of it is verified, and nothing in it is trusted before."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

from kubeglass.errors import StateError, UsageError
from kubeglass.files import explain_disk_errors
from kubeglass.supervise.backup.archive import CHECKSUMS, FOLDER, FORMAT, MANIFEST, BackupManifest

PIECE_BYTES = 1024 * 1024
#: The longest list of checksums takes a few megabytes; a foreign file must not fill the memory.
TEXT_BYTES = 64 * 1024 * 1024

GZIP_MARK = b"\x1f\x8b"
FOREIGN = "is no backup made by kubeglass"

#: What the libraries raise when an archive is not whole.
_DAMAGE = (gzip.BadGzipFile, EOFError, zlib.error, tarfile.TarError)


class _FaultError(Exception):
    """The archive will not do; says why and what to do instead."""

    def __init__(self, wrong: str, *, found: object = "", hint: str = "use another backup") -> None:
        super().__init__(wrong)
        self.found = str(found)
        self.hint = hint


def read_archive(path: Path, target: Path | None = None) -> BackupManifest:
    """Read and verify all of the archive at ``path``, and unpack its samples if a target is given.

    Args:
        path: the archive.
        target: the data folder to make; what lies there once an error was raised is not to be trusted.

    Raises:
        UsageError: there is no such file.
        StateError: it is no backup, of another format, or not as it was written; or the target cannot be written.
    """
    with _name_faults(path), path.open("rb") as stream, gzip.GzipFile(fileobj=stream) as unpacker:
        _require_gzip(stream)
        with _open_tar(unpacker) as archive:
            manifest = _Reading(archive, target).read()
        # To the very end, where gzip keeps a checksum of everything.
        while _read_piece(unpacker):
            pass
    return manifest


@contextmanager
def _name_faults(path: Path) -> Iterator[None]:
    try:
        yield
    except _FaultError as fault:
        raise StateError(str(path), str(fault), found=fault.found, hint=fault.hint) from fault
    except FileNotFoundError as error:
        raise UsageError(str(path), "there is no such file") from error
    except _DAMAGE as error:
        raise StateError(str(path), "is damaged", found=str(error), hint="use another backup") from error
    except OSError as error:
        raise StateError(str(path), "cannot be read", found=error.strerror or str(error)) from error


def _require_gzip(stream: IO[bytes]) -> None:
    if stream.read(len(GZIP_MARK)) != GZIP_MARK:
        raise _FaultError(FOREIGN)
    stream.seek(0)


def _open_tar(unpacker: gzip.GzipFile) -> tarfile.TarFile:
    # Tried first without tarfile, which does not tell a damaged archive from what is none.
    _read_piece(unpacker)
    unpacker.seek(0)
    try:
        return tarfile.open(fileobj=cast("IO[bytes]", unpacker), mode="r|")
    except tarfile.TarError as error:
        raise _FaultError(FOREIGN) from error


class _Reading:
    """One way through an archive."""

    def __init__(self, archive: tarfile.TarFile, target: Path | None) -> None:
        self._archive = archive
        self._target = target
        self._digests: dict[str, str] = {}

    def read(self) -> BackupManifest:
        manifest = self._read_manifest()
        while member := self._archive.next():
            if member.name == CHECKSUMS:
                self._compare(self._read_text(member))
                return manifest
            self._take(member)
        raise _FaultError("is damaged", found="its end is missing")

    def _read_manifest(self) -> BackupManifest:
        member = self._archive.next()
        if member is None or member.name != MANIFEST:
            raise _FaultError(FOREIGN)
        content = self._read_text(member)
        self._digests[MANIFEST] = hashlib.sha256(content).hexdigest()
        try:
            document = json.loads(content)
            found = document["format"]
            if found == FORMAT:
                return BackupManifest(**document)
        except (ValueError, TypeError, KeyError) as error:
            raise _FaultError("is damaged", found=f"{MANIFEST}: {error}") from error
        hint = "use the version of kubeglass that made it"
        raise _FaultError("has a format that is not known here", found=f"{found} instead of {FORMAT}", hint=hint)

    def _take(self, member: tarfile.TarInfo) -> None:
        parts = _require_place(member)
        if member.name in self._digests:
            raise _FaultError("holds a file twice", found=member.name)
        place = self._target.joinpath(*parts) if self._target else None
        if member.isdir():
            if place:
                with explain_disk_errors(place):
                    place.mkdir(parents=True, exist_ok=True)
        else:
            self._digests[member.name] = _copy(self._open(member), place)

    def _compare(self, content: bytes) -> None:
        lines = content.decode(errors="replace").splitlines()
        expected = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        names = expected.keys() | self._digests.keys()
        differing = sorted(name for name in names if expected.get(name) != self._digests.get(name))
        if differing:
            raise _FaultError("is damaged", found=f"{differing[0]} is not as it was written")
        if self._archive.next() is not None:
            raise _FaultError("is damaged", found=f"something follows {CHECKSUMS}")

    def _read_text(self, member: tarfile.TarInfo) -> bytes:
        if not _is_file(member) or member.size > TEXT_BYTES:
            raise _FaultError("is damaged", found=f"{member.name} is not what it should be")
        return self._open(member).read()

    def _open(self, member: tarfile.TarInfo) -> IO[bytes]:
        stream = self._archive.extractfile(member)
        assert stream is not None, "only files are opened"
        return stream


def _is_file(member: tarfile.TarInfo) -> bool:
    return member.isreg() and not member.issparse()


def _require_place(member: tarfile.TarInfo) -> tuple[str, ...]:
    """Return where the member belongs below the data folder; refuse whatever would lead out of it."""
    path = PurePosixPath(member.name)
    if path.parts[:1] != (FOLDER,) or ".." in path.parts or str(path) != member.name:
        raise _FaultError("holds what does not belong there", found=member.name)
    if not member.isdir() and not (_is_file(member) and len(path.parts) > 1):
        raise _FaultError("holds what is neither a file nor a folder", found=member.name)
    return path.parts[1:]


def _copy(source: IO[bytes], place: Path | None) -> str:
    """Copy to ``place``, if there is one, and return the digest."""
    if place is None:
        return _drain(source, None)
    with explain_disk_errors(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as target:
            digest = _drain(source, target)
            target.flush()
            os.fsync(target.fileno())
    return digest


def _drain(source: IO[bytes], target: IO[bytes] | None) -> str:
    digest = hashlib.sha256()
    while piece := _read_piece(source):
        digest.update(piece)
        if target:
            target.write(piece)
    return digest.hexdigest()


def _read_piece(source: IO[bytes] | gzip.GzipFile) -> bytes:
    # Told apart here from what goes wrong while writing.
    try:
        return source.read(PIECE_BYTES)
    except (OSError, *_DAMAGE) as error:
        raise _FaultError("is damaged", found=error) from error
