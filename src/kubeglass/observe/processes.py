"""Looks at processes of this machine, and ends one that was left over, never mistaking it for another."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

#: The system's clock ticks 100 times a second; a start time read twice never differs by more.
_SAME_START_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process id together with when the process began, which no other process ever shares.

    Args:
        pid: the process id.
        created: when it began, in seconds on a clock that is not set while the system runs: on Linux since the boot.
    """

    pid: int
    created: float


def identify(pid: int) -> ProcessId | None:
    """Find the process with this id, or None when there is none."""
    created = _read_start(pid)
    return None if created is None else ProcessId(pid, created)


def measure_age(process: ProcessId) -> float:
    """Measure how long ago a process began, in seconds, whether it still runs or not."""
    return _now() - process.created


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
    created = _read_start(process.pid)
    if created is None or abs(created - process.created) > _SAME_START_SECONDS:
        return None
    try:
        found = psutil.Process(process.pid)
        return found if found.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


if sys.platform == "linux":
    # psutil counts from a moment of boot that is rounded to a second and moves with every step of the wall clock: a
    # machine that slept would not know its own processes any more. The kernel's own count does not move.

    def _read_start(pid: int) -> float | None:
        try:
            # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the program's name may hold anything.
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            return None
        return int(fields[19]) / os.sysconf("SC_CLK_TCK")

    def _now() -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

else:

    def _read_start(pid: int) -> float | None:
        try:
            return psutil.Process(pid).create_time()
        except psutil.Error:
            return None

    def _now() -> float:
        return time.time()
