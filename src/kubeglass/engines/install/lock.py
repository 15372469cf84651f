"""One installation of a distribution at a time, also between processes."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kubeglass.engines.distribution import Distribution
from kubeglass.engines.install.cache import cache_root, unwritable
from kubeglass.engines.install.progress import Phase, Progress


@contextmanager
def installation_lock(distribution: Distribution, progress: Progress) -> Iterator[None]:
    """Hold the distribution's lock; wait as long as another process installs it.

    The lock is the kernel's: it ends with the process that holds it, however that ends.

    Raises:
        EngineError: the cache cannot be written.
    """
    path: Path = cache_root() / distribution.name / "lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    except OSError as error:
        raise unwritable(path.parent, error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.step(distribution.name, Phase.WAIT, "another kubeglass is installing it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
