"""Ctrl-C while a live line appears or disappears: an interrupt like any other, and the terminal has its cursor back."""

from __future__ import annotations

import signal
from collections.abc import Callable
from io import StringIO

import pytest
from rich.console import Console

from kubeglass.cli.engine_progress import EngineProgress
from kubeglass.cli.output import Output
from kubeglass.cli.run_output import RunOutput
from kubeglass.signals import StopSignals

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


class Interrupting(StringIO):
    """A terminal on which Ctrl-C is pressed once, when it is sent this sequence."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self._at = at

    def write(self, text: str) -> int:
        written = super().write(text)
        if self._at and self._at in text:
            self._at = ""
            signal.raise_signal(signal.SIGINT)
        return written


def wait_for_something(output: Output) -> None:
    with RunOutput(output) as shown:
        shown.waiting("data")


def install_something(output: Output) -> None:
    with EngineProgress(output):
        pass


@pytest.mark.parametrize("at", [HIDE_CURSOR, SHOW_CURSOR], ids=["appears", "disappears"])
@pytest.mark.parametrize("show", [wait_for_something, install_something])
def test_an_interrupt_leaves_the_terminal_as_it_was(show: Callable[[Output], None], at: str) -> None:
    terminal = Interrupting(at)
    output = Output(stderr=Console(file=terminal, force_terminal=True, width=80))

    with StopSignals(), pytest.raises(KeyboardInterrupt):
        show(output)

    written = terminal.getvalue()
    assert written.count(HIDE_CURSOR) == 1
    assert written.rfind(SHOW_CURSOR) > written.rfind(HIDE_CURSOR)
