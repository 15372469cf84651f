"""Wait for conditions, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.cluster.bed.failure import BedError

#: Most conditions start kubectl: asked more often, a test that waits takes a processor from those that work.
INTERVAL_S = 0.25


def wait_until(condition: Callable[[], bool], what: str, *, timeout_s: float = 90) -> None:
    """Return as soon as ``condition`` holds.

    Args:
        condition: asked every 250 ms; it may raise to end the wait.
        what: what is waited for, as it is named when it does not come.
        timeout_s: seconds after which waiting makes no sense.

    Raises:
        BedError: the time is over.
    """
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise BedError(f"test cluster: {what} did not happen within {timeout_s:g} s")
        time.sleep(INTERVAL_S)
