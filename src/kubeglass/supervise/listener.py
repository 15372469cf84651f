"""What a run reports while it starts and while it is up; the command line shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kubeglass.supervise.process.manager import ProcessStatus
from kubeglass.supervise.state.run_file import RunRecord


@dataclass(frozen=True, slots=True)
class Pulse:
    """The state of a run at one moment.

    Args:
        statuses: every process.
        requests_per_second: request rate of all apps, or None if Prometheus does not respond.
        targets_up: scraped targets that are up.
        targets: all scraped targets.
    """

    statuses: Sequence[ProcessStatus]
    requests_per_second: float | None = None
    targets_up: int = 0
    targets: int = 0


class RunListener:
    """Receives what a run reports, in the thread that runs it; ignores what a subclass does not override."""

    def note(self, text: str) -> None:
        """Report a fact worth a line."""

    def waiting(self, text: str) -> None:
        """Report what is being waited for; it changes often."""

    def up(self, record: RunRecord) -> None:
        """Report that data was seen end to end."""

    def beat(self, pulse: Pulse) -> None:
        """Report the state of the run, about once a second."""
