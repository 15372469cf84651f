"""Signals: the first Ctrl-C interrupts the work, a second one skips grace periods; SIGHUP reloads."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopSignals:
    """Turns signals that stop a program into KeyboardInterrupt; for a ``with`` block in the main thread.

    Signals that were ignored at the start stay ignored. SIGHUP comes from a terminal that closes, which stops the run
    like Ctrl-C unless ``nohup`` started it, or from a person who wants a reload.

    Args:
        can_reload: whether SIGHUP means a reload; otherwise it stops the program too.
    """

    def __init__(self, *, can_reload: bool = True) -> None:
        self.wants_reload = False
        """Whether a reload was requested; reset it when you reload."""
        self._stop_signals = STOP_SIGNALS if can_reload else (*STOP_SIGNALS, signal.SIGHUP)
        self._before: dict[signal.Signals, Any] = {}
        self._hurry: Callable[[], None] | None = None
        self._dies_with_terminal = has_terminal() and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN

    def __enter__(self) -> Self:
        for number in self._stop_signals:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._handle)
        if signal.SIGHUP not in self._stop_signals:
            self._before[signal.SIGHUP] = signal.signal(signal.SIGHUP, self._hang_up)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def begin_stopping(self, hurry: Callable[[], None]) -> None:
        """From now on, call ``hurry`` on a signal instead of interrupting."""
        self._hurry = hurry

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        if self._dies_with_terminal and not has_terminal():
            self._handle(number, frame)
        else:
            self.wants_reload = True

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._hurry is None:
            raise KeyboardInterrupt
        self._hurry()


def has_terminal() -> bool:
    """Whether this process has a terminal that is still open."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        os.tcgetpgrp(terminal)
    except OSError:
        return False
    finally:
        os.close(terminal)
    return True
