"""The guard's program: reads ``+pid`` and ``-pid`` from its pipe; when the pipe closes, ends the groups that are left.

It imports as little as it can of the standard library, to start fast and stay small.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable

#: From SIGTERM to SIGKILL: enough for an engine to close its files.
GRACE_SECONDS = 3.0


def read_watched(lines: Iterable[bytes]) -> set[int]:
    """Read all lines and return the process groups that are left."""
    watched: set[int] = set()
    for line in lines:
        sign, pid = line[:1], int(line[1:])
        if sign == b"+":
            watched.add(pid)
        else:
            watched.discard(pid)
    return watched


def end_groups(groups: set[int], *, grace_seconds: float = GRACE_SECONDS) -> None:
    """Send SIGTERM to every group, and SIGKILL to those that are left after the grace period."""
    left = {group for group in groups if _signal(group, signal.SIGTERM)}
    deadline = time.monotonic() + grace_seconds
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = {group for group in left if _signal(group, 0)}
    for group in left:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def main() -> None:
    """Wait for the pipe to close, ignoring signals."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    end_groups(read_watched(sys.stdin.buffer))


if __name__ == "__main__":
    main()
