"""What the supervisor needs to know about a process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from kubeglass.observe.probes import Probe

#: Longest time from start to first response on a slow laptop.
READY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One process to keep alive.

    Args:
        name: its name in ``status`` and ``logs``, and of its log file.
        argv: program and arguments.
        env: its complete environment; nothing is inherited.
        cwd: its working directory.
        readiness: tells that it has started; without it, a process is ready once it runs.
        liveness: tells that it still works; without it, a process is trusted as long as it runs.
        after: names of processes that must be ready before this one starts.
        ready_seconds: time to become ready; a response of any kind extends it.
        grace_seconds: time from SIGTERM to SIGKILL.
        address: its address, shown in ``status``.
        config: folder of the configuration that it reloads on SIGHUP, relative to the state folder.
        repair: called with its last log lines when it died; repairs the cause, and returns what it did, a line each.
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
    repair: Callable[[Sequence[str]], Sequence[str]] | None = None

    def runs_like(self, other: ProcessSpec) -> bool:
        """Whether a process started from the other needs no restart; start order no longer matters."""
        return replace(self, after=other.after) == other
