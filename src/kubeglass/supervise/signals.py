"""Ctrl-C and friends: the first one interrupts the work, later ones hurry the stopping; SIGHUP asks for a reload."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopSignals:
    """Turns the signals that ask a program to end into one KeyboardInterrupt; use it in a ``with``, main thread only.

    A signal that was ignored when the program began stays ignored. SIGHUP has two senders: a terminal that closes,
    which ends the run like Ctrl-C unless ``nohup`` started it, and a person who wants a reload.

    Args:
        can_reload: whether SIGHUP means a reload; otherwise it ends the program too.
    """

    def __init__(self, *, can_reload: bool = True) -> None:
        self.wants_reload = False
        """Whether a reload was requested; whoever reloads resets it."""
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

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def begin_stopping(self, hurry: Callable[[], None]) -> None:
        """From now on nothing is interrupted any more: a second signal calls ``hurry`` instead."""
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
    """Whether this process belongs to a terminal that is still there."""
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
