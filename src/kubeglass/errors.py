"""The one tree of errors a user can see; each class has its exit code.

0 is success and 130 an interrupt (Ctrl-C). The tree imports nothing outside the standard library, because the
instrumentation library raises from it inside production apps.
"""

from __future__ import annotations

from typing import ClassVar


class KubeglassError(Exception):
    """An error that the user can act on: ``where: what is wrong (what was found); what to do``.

    Args:
        where: the file, engine, port or object concerned, as the user knows it.
        wrong: what is wrong with it, as a statement.
        found: what was found instead, shown in parentheses.
        hint: what to do about it, as an imperative.
        details: further lines of evidence, such as an engine's last log lines.
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self, where: str, wrong: str, *, found: str = "", hint: str = "", details: tuple[str, ...] = ()
    ) -> None:
        self.where = where
        self.wrong = wrong
        self.found = found
        self.hint = hint
        self.details = details
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The error in one line, without the details."""
        found = f" ({self.found})" if self.found else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.where}: {self.wrong}{found}{hint}"


class UsageError(KubeglassError):
    """The command line makes no sense."""

    exit_code = 2


class ConfigError(KubeglassError):
    """kubeglass.yaml, a dashboard or a rule is wrong."""

    exit_code = 3


class EngineError(KubeglassError):
    """An engine cannot be found, built, started or kept running."""

    exit_code = 4


class AppError(KubeglassError):
    """The user's application does not import, crashes or never listens."""

    exit_code = 5


class PortError(KubeglassError):
    """No free port in the range."""

    exit_code = 6


class StateError(KubeglassError):
    """The state folder is busy, unwritable or damaged, the pipeline is (not) running already, or none is deployed."""

    exit_code = 7


class NoDataError(KubeglassError):
    """Everything runs, yet data did not arrive before the deadline."""

    exit_code = 8


class ClusterError(KubeglassError):
    """Kubernetes refused, a rollout or its verification failed, or a deployed pipeline is not healthy."""

    exit_code = 9


class InstrumentationError(KubeglassError):
    """The instrumentation library was misconfigured."""

    exit_code = 10
