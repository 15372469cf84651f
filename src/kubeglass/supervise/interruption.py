"""Ctrl-C and friends: the first one interrupts the work, later ones hurry the stopping."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """Turns the signals that ask a program to end into one KeyboardInterrupt; use it in a ``with``, main thread only.

    A signal that was ignored when the program began (``nohup``) stays ignored.
    """

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Any] = {}
        self._hurry: Callable[[], None] | None = None

    def __enter__(self) -> Self:
        for number in STOP_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def begin_stopping(self, hurry: Callable[[], None]) -> None:
        """From now on nothing is interrupted any more: a second signal calls ``hurry`` instead."""
        self._hurry = hurry

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._hurry is None:
            raise KeyboardInterrupt
        self._hurry()
