"""Identifies and measures processes of this machine, and ends leftover ones, safe against reused pids."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

#: The kernel's clock ticks 100 times a second; readings of one start time differ by less.
_SAME_START_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process id with the process's start time, which together are unique.

    Args:
        pid: the process id.
        created: its start time in seconds, on a clock that is never set while the system runs; on Linux, since boot.
    """

    pid: int
    created: float


def identify(pid: int) -> ProcessId | None:
    """Return the process with this id, or None."""
    created = _read_start(pid)
    return None if created is None else ProcessId(pid, created)


def measure_age(process: ProcessId) -> float:
    """Return the seconds since a process started, whether it still runs or not."""
    return _now() - process.created


def is_running(process: ProcessId) -> bool:
    """Whether exactly this process still runs; a zombie does not."""
    return _find(process) is not None


def measure_memory(pid: int) -> int:
    """Return the resident memory of a process and its descendants, in bytes; 0 if it has ended."""
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(_resident(member) for member in family)


def end_process(process: ProcessId, *, grace_seconds: float = 5.0) -> bool:
    """End a leftover process and its descendants: SIGTERM, a grace period, SIGKILL.

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
    # psutil counts from a boot time that is rounded to a second and shifts with the wall clock: a machine that slept
    # would no longer recognise its own processes. The kernel's count does not shift.

    def _read_start(pid: int) -> float | None:
        try:
            # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the program's name may contain anything.
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
