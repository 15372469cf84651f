"""The user's cache of engines: ``<cache>/kubeglass/engines/<distribution>/<version>/<program>``.

Programs for another platform are in ``<version>-<os>-<architecture>``.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from kubeglass.engines.engine import Distribution
from kubeglass.engines.install.progress import Phase, Progress
from kubeglass.engines.install.source import Origin
from kubeglass.engines.platform import Platform
from kubeglass.errors import EngineError
from kubeglass.files import explain_disk_errors, lock, write_text

RECORD = "install.json"
_STAGING_PREFIX = ".new-"


@dataclass(frozen=True, slots=True)
class InstallRecord:
    """The content of ``install.json``; ``sources`` is the digest of the sources of a build, empty for a release."""

    version: str
    origin: Origin
    sources: str
    sha256: dict[str, str]
    installed_at: str


def cache_root() -> Path:
    """Return the folder that holds all engines; it need not exist."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "kubeglass" / "engines"


def distribution_folder(distribution: Distribution, platform: Platform | None = None) -> Path:
    """Return the folder of the pinned version's programs; it need not exist.

    Args:
        distribution: the distribution.
        platform: another platform than this machine's.
    """
    suffix = f"-{platform.os}-{platform.arch}" if platform else ""
    return cache_root() / distribution.name / f"{distribution.version}{suffix}"


def find_record(distribution: Distribution, binary: str, platform: Platform | None = None) -> InstallRecord | None:
    """Return the record of a cached program, or ``None`` if it is absent, damaged or built from other sources."""
    folder = distribution_folder(distribution, platform)
    record = _read_record(folder / RECORD)
    if record is None or record.version != distribution.version or binary not in record.sha256:
        return None
    if record.origin is Origin.BUILD and record.sources != digest_sources(distribution):
        return None
    return record if _digest_file(folder / binary) == record.sha256[binary] else None


@contextmanager
def staging_folder(distribution: Distribution, platform: Platform | None = None) -> Iterator[Path]:
    """Provide a staging folder beside the programs; remove it afterwards, and older ones first.

    Raises:
        EngineError: the cache cannot be written.
    """
    folder = distribution_folder(distribution, platform)
    with explain_cache_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob(f"{_STAGING_PREFIX}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        staging = tempfile.TemporaryDirectory(prefix=_STAGING_PREFIX, dir=folder, ignore_cleanup_errors=True)
    with staging as name:
        yield Path(name)


def publish(distribution: Distribution, staging: Path, origin: Origin) -> None:
    """Move finished programs from a ``staging`` folder to their place, each in one step, then write their record.

    A crash in between, even of the machine, leaves programs that do not match the record, and are not used.

    Raises:
        EngineError: the cache cannot be written.
    """
    folder = staging.parent
    record = InstallRecord(
        version=distribution.version,
        origin=origin,
        sources=digest_sources(distribution) if origin is Origin.BUILD else "",
        sha256={name: _digest_file(staging / name) or "" for name in distribution.binaries},
        installed_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    with explain_cache_errors(folder):
        for name in distribution.binaries:
            (staging / name).replace(folder / name)
        write_text(folder / RECORD, json.dumps(asdict(record), indent=2) + "\n")


def explain_cache_errors(folder: Path) -> AbstractContextManager[None]:
    """Turn an OSError into an EngineError with a hint on the cache folder."""
    hint = "free some space, fix its permissions, or set XDG_CACHE_HOME to another folder"
    return explain_disk_errors(folder, hint=hint, kind=EngineError)


def digest_sources(distribution: Distribution) -> str:
    """Return a digest of everything that determines the build, or an empty string if nothing does."""
    build = distribution.build
    if build is None:
        return ""
    digest = hashlib.sha256(f"{build.packages} {build.tags} {build.ldflags}".encode())
    for path in sorted(build.sources.iterdir()):
        if path.suffix in {".go", ".mod", ".sum"}:
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _read_record(path: Path) -> InstallRecord | None:
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        return InstallRecord(**{**fields, "origin": Origin(fields["origin"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _digest_file(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


@contextmanager
def installation_lock(distribution: Distribution, progress: Progress) -> Iterator[None]:
    """Hold the distribution's lock; wait while another process installs it.

    Raises:
        EngineError: the cache cannot be written.
    """
    path: Path = cache_root() / distribution.name / "lock"
    with explain_cache_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    with file:
        if not lock(file.fileno()):
            progress.step(distribution.name, Phase.WAIT, "another kubeglass process is installing it")
            lock(file.fileno(), wait=True)
        yield
