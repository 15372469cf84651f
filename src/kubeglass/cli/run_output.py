"""Shows a local run: what it waits for, the table of addresses, one live line while it is up."""

from __future__ import annotations

import time
import webbrowser
from typing import Self

from rich.status import Status
from rich.text import Text

from kubeglass.cli.output import Output
from kubeglass.signals import signals_held
from kubeglass.supervise.listener import Pulse, RunListener
from kubeglass.supervise.process.state_machine import State
from kubeglass.supervise.state.run_file import RunRecord

#: Seconds between lines without a terminal.
QUIET_SECONDS = 60.0

#: A Prometheus built from source has no web UI.
LABELS = {"prometheus": "prometheus (API)"}


class RunOutput(RunListener):
    """The command line's listener; use it in a ``with``.

    The live line needs a terminal on stderr; with ``open_page``, the page is opened in the browser once it is up.
    """

    def __init__(self, output: Output, *, open_page: bool = False) -> None:
        self._output = output
        self._open_page = open_page
        self._live: Status | None = None
        self._said_at = time.monotonic()
        self._states: tuple[State, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.finish()

    def finish(self) -> None:
        """Remove the live line."""
        if self._live:
            with signals_held():  # one that is half stopped cannot be stopped again
                self._live.stop()
                self._live = None

    def note(self, text: str) -> None:
        """Print one line."""
        self._output.note(text)

    def waiting(self, text: str) -> None:
        """Show what the run waits for."""
        self._show(f"waiting for {text}")

    def up(self, record: RunRecord) -> None:
        """Show the addresses and how long start-up took."""
        self.finish()
        took = f" after {record.first_data_seconds:.1f} s" if record.first_data_seconds is not None else ""
        self._output.say(f"kubeglass is up: data seen end to end{took}")
        self._output.table(
            ["PART", "ADDRESS"], [[LABELS.get(name, name), address] for name, address in record.addresses.items()]
        )
        if record.detached:
            self._output.note(
                "running in the background; inspect it with kubeglass status and logs, stop it with kubeglass down"
            )
        else:
            self._output.note(
                "press Ctrl-C to stop everything; kubeglass status, logs and open work from another terminal"
            )
        if self._open_page:
            webbrowser.open(record.addresses["page"])

    def beat(self, pulse: Pulse) -> None:
        """Show the pulse in the live line; without a terminal, occasionally and when a state changes."""
        states = tuple(status.state for status in pulse.statuses)
        changed, self._states = bool(self._states) and states != self._states, states
        if changed:
            self._said_at = float("-inf")
        self._show(describe_pulse(pulse))

    def _show(self, text: str) -> None:
        if self._output.stderr.is_terminal:
            if self._live is None:
                with signals_held():
                    self._live = self._output.stderr.status("")
                    self._live.start()
            self._live.update(Text(text))
        elif time.monotonic() - self._said_at >= QUIET_SECONDS:
            self._said_at = time.monotonic()
            self._output.note(text)


def describe_pulse(pulse: Pulse) -> str:
    """Format a pulse on one line: requests per second, targets, and process states."""
    rate = "requests/s unknown" if pulse.requests_per_second is None else f"{pulse.requests_per_second:.1f} requests/s"
    processes = ", ".join(f"{status.name} {status.state}" for status in pulse.statuses if status.state != State.RUNNING)
    return f"{rate} · targets {pulse.targets_up}/{pulse.targets} up · {processes or 'everything running'}"
