"""What the supervisor is told about a process, and the seam through which it starts one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Protocol

from kubeglass.observe.probes import Probe
from kubeglass.observe.processes import ProcessId

#: What a process on a slow laptop needs at most from its start to its first answer, if nothing else is known of it.
READY_SECONDS = 30.0


def repair_nothing(lines: Sequence[str]) -> Sequence[str]:  # noqa: ARG001
    """Have nothing to repair."""
    return ()


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One process to keep alive.

    Args:
        name: how people call it in ``status`` and ``logs``; also the name of its log file.
        argv: program and arguments.
        env: its whole environment, nothing is inherited.
        cwd: its working folder.
        readiness: what says that it has started; None counts it as ready once it runs.
        liveness: what says that it still works; None trusts it as long as it runs.
        after: names of processes that must be ready before this one starts.
        ready_seconds: it is given up as not starting when it neither is ready nor answers at all for so long.
        grace_seconds: time from SIGTERM to SIGKILL.
        address: where a person finds it; shown in ``status``.
        config: folder of the configuration that it reloads on SIGHUP, relative to the state folder; None if a change
            needs another process.
        repair: called with the last lines of the process when it died; repairs what it would die of again, and returns
            what was done, a line each.
    """

    name: str
    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    readiness: Probe | None = None
    liveness: Probe | None = None
    after: tuple[str, ...] = ()
    ready_seconds: float = READY_SECONDS
    grace_seconds: float = 5.0
    address: str = ""
    config: PurePosixPath | None = None
    repair: Callable[[Sequence[str]], Sequence[str]] = repair_nothing

    def runs_like(self, other: ProcessSpec) -> bool:
        """Whether a process of the one will do for the other; what came before it when it started no longer matters."""
        return replace(self, after=other.after) == other


class Child(Protocol):
    """One started process."""

    @property
    def pid(self) -> int:
        """The process id, also the id of its process group."""
        ...

    @property
    def identity(self) -> ProcessId | None:
        """The pid and start time, or None if the process ended at once."""
        ...

    def terminate(self) -> None:
        """Ask the process to end (SIGTERM); nothing happens if it is gone."""
        ...

    def reread(self) -> None:
        """Ask the process to reload its configuration (SIGHUP); nothing happens if it is gone."""
        ...

    def kill(self) -> None:
        """End the process's whole group at once (SIGKILL); nothing happens if it is gone."""
        ...


#: Called once, from any thread, with the child and its exit code (negative: the signal that killed it).
ExitCallback = Callable[["Child", int], None]


class Spawner(Protocol):
    """Starts processes; tests put a fake one here."""

    def spawn(self, spec: ProcessSpec, on_exit: ExitCallback) -> Child:
        """Start ``spec``.

        Raises:
            OSError: the program cannot be executed.
        """
        ...

    def last_lines(self, name: str) -> tuple[str, ...]:
        """Return the last lines that the process called ``name`` wrote since it was started."""
        ...

    def note(self, name: str, line: str) -> None:
        """Add a line from the supervisor to the log of the process called ``name``."""
        ...
