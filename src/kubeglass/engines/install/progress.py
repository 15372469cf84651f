"""How an installation reports progress; the command line shows it."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """A phase of an installation."""

    WAIT = "waiting"
    DOWNLOAD = "downloading"
    UNPACK = "unpacking"
    FETCH = "fetching modules"
    COMPILE = "compiling"
    LINK = "linking"
    DONE = "ready"


class Progress:
    """Receives an installation's progress in the installing thread, up to hundreds of calls a second; ignores it."""

    def step(
        self,
        name: str,
        phase: Phase,
        detail: str = "",
        *,
        fraction: float | None = None,
        expected_seconds: float | None = None,
    ) -> None:
        """Report a step.

        Args:
            name: the engine or distribution concerned.
            phase: the phase.
            detail: the module, package or file concerned.
            fraction: how much of this phase is done, 0 to 1, if known.
            expected_seconds: usual duration of the whole installation, if known.
        """

    def note(self, name: str, text: str) -> None:
        """Report a fact, such as why a program on PATH is skipped."""
