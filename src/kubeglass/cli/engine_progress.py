"""Shows the progress of installing engines: one live line on a terminal, occasional lines elsewhere."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Self

from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as LiveProgress

from kubeglass.cli.output import Output
from kubeglass.engines.install.progress import Phase, Progress
from kubeglass.signals import signals_held

#: Seconds between lines of one phase without a terminal.
QUIET_SECONDS = 15.0
_DETAIL_WIDTH = 48


class EngineProgress(Progress):
    """The command line's :class:`~kubeglass.engines.install.progress.Progress`; use it in a ``with``.

    The live line needs a terminal on stderr.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._live: LiveProgress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._said: dict[str, tuple[Phase, float]] = {}

    def __enter__(self) -> Self:
        if self._output.stderr.is_terminal:
            self._live = LiveProgress(
                TextColumn("{task.fields[name]}"),
                BarColumn(bar_width=24),
                TextColumn("{task.description}", markup=False),
                TimeElapsedColumn(),
                TextColumn("{task.fields[usual]}"),
                console=self._output.stderr,
                transient=True,
            )
            with ExitStack() as undo, signals_held() as release_signals:
                undo.callback(self._live.stop)
                self._live.start()
                release_signals()
                undo.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._live is not None:
            with signals_held():
                self._live.stop()

    def step(
        self,
        name: str,
        phase: Phase,
        detail: str = "",
        *,
        fraction: float | None = None,
        expected_seconds: float | None = None,
    ) -> None:
        """Show a step."""
        usual = f"usually {_format_minutes(expected_seconds)}" if expected_seconds else ""
        if self._live is None or phase is Phase.DONE:
            self._say(name, phase, detail, fraction, usual)
        if self._live is not None:
            self._move(self._live, name, phase, detail, fraction, usual)

    def note(self, name: str, text: str) -> None:
        """Print one line."""
        self._output.note(f"{name}: {text}")

    def _move(
        self, live: LiveProgress, name: str, phase: Phase, detail: str, fraction: float | None, usual: str
    ) -> None:
        if name not in self._tasks:
            self._tasks[name] = live.add_task("", total=1.0, name=name, usual="")
        short = detail if len(detail) <= _DETAIL_WIDTH else f"…{detail[1 - _DETAIL_WIDTH :]}"
        live.update(self._tasks[name], completed=fraction or 0.0, description=f"{phase} {short}", usual=usual)

    def _say(self, name: str, phase: Phase, detail: str, fraction: float | None, usual: str) -> None:
        said_phase, said_at = self._said.get(name, (None, 0.0))
        now = time.monotonic()
        if phase is said_phase and now - said_at < QUIET_SECONDS:
            return
        self._said[name] = (phase, now)
        moving = fraction is not None and phase is not Phase.DONE
        asides = [f"{fraction:.0%}" if moving else "", usual if phase is not said_phase else ""]
        aside = ", ".join(text for text in asides if text)
        self._output.note(f"{name}: {phase} {detail}".rstrip() + (f" ({aside})" if aside else ""))


def _format_minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
