"""The clock to wait by."""

from __future__ import annotations

import time


class Clock:
    """The machine's monotonic clock; a test's clock is a subclass."""

    def now(self) -> float:
        """Return the seconds since an arbitrary moment; never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
