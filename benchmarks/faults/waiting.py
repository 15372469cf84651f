"""Waiting for what a fault brings about."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from kubeglass.observe.errors import ObserveError

#: Long enough for a machine that is busy with other things; what is awaited usually takes a second or two.
PATIENCE_SECONDS = 120.0

#: Each look asks the Prometheus of a run that has other things to do.
LOOK_EVERY_SECONDS = 0.2

T = TypeVar("T")


class NeverCameError(AssertionError):
    """What was awaited did not come."""


def wait_until(look: Callable[[], T | None], what: str, *, seconds: float = PATIENCE_SECONDS) -> T:
    """Return what ``look`` returns once that is something; an engine that does not answer counts as nothing.

    Raises:
        NeverCameError: it stayed nothing.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            found = look()
        except ObserveError:
            found = None
        if found:
            return found
        time.sleep(LOOK_EVERY_SECONDS)
    raise NeverCameError(f"{what}: not within {seconds:g} s")


def let_pass(seconds: float) -> None:
    """Let the world go on for a while: the length of an outage is what a fault is about."""
    time.sleep(seconds)
