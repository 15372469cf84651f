"""Looks at processes of this machine, and ends one that was left over, never mistaking it for another."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import psutil

#: The system's clock ticks 100 times a second; a start time read twice never differs by more.
_SAME_START_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process id together with when the process began, which no other process ever shares.

    Args:
        pid: the process id.
        created: when it began, in seconds since the epoch as the system keeps it.
    """

    pid: int
    created: float


def identify(pid: int) -> ProcessId | None:
    """Find the process with this id, or None when there is none."""
    try:
        return ProcessId(pid, psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def is_running(process: ProcessId) -> bool:
    """Whether exactly this process still runs; a zombie does not."""
    return _find(process) is not None


def measure_memory(pid: int) -> int:
    """Sum the resident memory in bytes of a process and all its descendants; 0 when it is gone."""
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(_resident(member) for member in family)


def end_process(process: ProcessId, *, grace_seconds: float = 5.0) -> bool:
    """End a left-over process and its descendants: SIGTERM, the grace, SIGKILL.

    Returns:
        Whether it was still there.
    """
    found = _find(process)
    if found is None:
        return False
    family = [found]
    with contextlib.suppress(psutil.Error):
        family += found.children(recursive=True)
    for member in family:
        with contextlib.suppress(psutil.Error):
            member.terminate()
    _, alive = psutil.wait_procs(family, timeout=grace_seconds)
    for member in alive:
        with contextlib.suppress(psutil.Error):
            member.kill()
    psutil.wait_procs(alive, timeout=grace_seconds)
    return True


def _find(process: ProcessId) -> psutil.Process | None:
    try:
        found = psutil.Process(process.pid)
        same = abs(found.create_time() - process.created) <= _SAME_START_SECONDS
        return found if same and found.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
