"""The account: every answer counted once, whole on disk at any moment."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections import Counter
from pathlib import Path
from typing import Any


class Totals:
    """Counts requests from any thread.

    ``answered`` are those whose answer arrived whole, by route and by status. ``failed`` are those that broke in
    transport: whether the shop counted them nobody here can know.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._routes: Counter[str] = Counter()
        self._statuses: Counter[str] = Counter()
        self._failed = 0

    def count_answer(self, route: str, status: int) -> None:
        """Count a request that was answered."""
        with self._lock:
            self._routes[route] += 1
            self._statuses[str(status)] += 1

    def count_failure(self) -> None:
        """Count a request that broke in transport."""
        with self._lock:
            self._failed += 1

    def snapshot(self) -> dict[str, Any]:
        """Return the totals up to now, consistent with each other."""
        with self._lock:
            return {
                "answered": self._routes.total(),
                "failed": self._failed,
                "by_route": dict(sorted(self._routes.items())),
                "by_status": dict(sorted(self._statuses.items())),
            }

    def write(self, path: Path) -> None:
        """Write the totals so that a reader sees the old or the new ones, never a part."""
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w") as stream:
            json.dump(self.snapshot(), stream, indent=2)
            stream.write("\n")
        Path(temporary).replace(path)
