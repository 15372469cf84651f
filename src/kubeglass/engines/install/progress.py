"""How an installation reports progress; the command line shows it."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol


class Phase(StrEnum):
    """What is being done to obtain an engine."""

    WAIT = "waiting"
    DOWNLOAD = "downloading"
    UNPACK = "unpacking"
    FETCH = "fetching modules"
    COMPILE = "compiling"
    LINK = "linking"
    DONE = "ready"


class Progress(Protocol):
    """Receives an installation's progress, from the installing thread, up to some hundred calls a second."""

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
            phase: what is being done.
            detail: on what: a module, a package, a file.
            fraction: how much of this phase is done, 0 to 1, if known.
            expected_seconds: how long the whole installation usually takes, if known.
        """

    def note(self, name: str, text: str) -> None:
        """Report a fact, such as why a program on PATH is skipped."""


class Silence:
    """Progress that is discarded."""

    def step(
        self,
        name: str,
        phase: Phase,
        detail: str = "",
        *,
        fraction: float | None = None,
        expected_seconds: float | None = None,
    ) -> None:
        """Ignore the step."""

    def note(self, name: str, text: str) -> None:
        """Ignore the fact."""
