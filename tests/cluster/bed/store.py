"""A cache of builds: one folder each, written completely or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def digest_of(*parts: bytes | str | Path) -> str:
    """Return twelve hexadecimal digits that change with any part; of a path, the file's bytes count."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part.encode() if isinstance(part, str) else part
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()[:12]


def find_kept(cache: Path, name: str, digest: str) -> Path:
    """Return the folder that :func:`keep` fills; it need not exist."""
    return cache / f"{name}-{digest}"


def keep(cache: Path, name: str, digest: str, make: Callable[[Path], None]) -> Path:
    """Return the folder ``<name>-<digest>`` of the cache, filled by ``make`` if it does not exist.

    A second process that wants the same thing waits for the first. Older versions of the thing are removed.
    """
    folder = find_kept(cache, name, digest)
    cache.mkdir(parents=True, exist_ok=True)
    with lock(cache / f".{name}.lock"):
        if not folder.is_dir():
            scratch = Path(tempfile.mkdtemp(dir=cache, prefix=f".{name}-"))
            try:
                make(scratch)
                scratch.chmod(0o755)
                scratch.rename(folder)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
            for old in cache.glob(f"{name}-*"):
                if old != folder:
                    shutil.rmtree(old)
    return folder


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold ``path`` as a lock that the kernel releases when the process ends."""
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
