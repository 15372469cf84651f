"""Ports that a run keeps from other runs of the same user, also while nobody listens on them.

Two runs that start at once would find the same ports free, and a run whose Prometheus restarts would lose its port to
one that starts in that second. So a run holds a lock on a file for each of its ports; the system drops it with the
process.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self


class PortClaims:
    """The ports of one run; use it in a ``with`` as long as the run lives.

    Where the folder cannot be used, ports are kept from this run's own other parts alone.

    Args:
        folder: where the locks are, the same for every run of this user.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir()) / f"kubeglass-ports-{os.getuid()}"
        self._held: dict[int, int | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for descriptor in self._held.values():
            if descriptor is not None:
                os.close(descriptor)
        self._held = {}

    def claim(self, port: int) -> bool:
        """Take ``port``; False if this run or another has it already."""
        if port in self._held:
            return False
        try:
            descriptor = self._open(port)
        except OSError:
            self._held[port] = None
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return False
        self._held[port] = descriptor
        return True

    def _open(self, port: int) -> int:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        owner = self._folder.lstat().st_uid
        if owner != os.getuid():
            # The folder for temporary files is everybody's: somebody else may have made this name a trap.
            raise PermissionError(f"{self._folder} belongs to user {owner}")
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        return os.open(self._folder / str(port), flags, 0o600)
