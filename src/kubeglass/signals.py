"""Signals: the first Ctrl-C interrupts the work, a second one skips grace periods; SIGHUP reloads.

An interrupt waits where it would leave something half done, such as a process that nobody could end.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


@contextmanager
def signals_held() -> Iterator[Callable[[], None]]:
    """Hold back interrupts until the block ends or the given function, which raises one that came, is called.

    Start a process in such a block: an interrupt inside ``subprocess.Popen`` leaves a process whose pid nobody knows.
    Start and stop a live line in one too: half of either leaves a terminal without a cursor, or ends in an error.
    Outside the main thread there are no interrupts, and nothing is held.
    """
    came: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()
    handlers = {number: signal.getsignal(number) for number in (*STOP_SIGNALS, signal.SIGHUP) if is_main}
    held = {number: handler for number, handler in handlers.items() if callable(handler)}

    def release() -> None:
        for number, handler in held.items():
            signal.signal(number, handler)
        held.clear()  # not before: an interrupt may come between two, and the end of the block restores the rest
        while came:
            signal.raise_signal(came.pop())

    try:
        for number in held:
            signal.signal(number, lambda number, _: came.append(number))
        yield release
    finally:
        release()


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
