"""The system's limit of open files, raised as far as this user may, and said when that is too little."""

from __future__ import annotations

import contextlib
import resource

#: What a Prometheus with a few weeks of data and a busy app need at most; more is not asked for.
WANTED_OPEN_FILES = 65536
#: With fewer, Prometheus and the collector run into "too many open files" under an ordinary load.
ENOUGH_OPEN_FILES = 1024


def raise_open_files_limit(wanted: int = WANTED_OPEN_FILES) -> int:
    """Raise the soft limit of open files of this process, and of those it starts, towards ``wanted``.

    Returns:
        The limit that holds now.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    infinite = resource.RLIM_INFINITY
    target = wanted if hard == infinite else min(wanted, hard)
    if soft != infinite and soft < target:
        # macOS names a hard limit that it then does not grant.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
    now = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return wanted if now == infinite else now


def warn_about_open_files(limit: int) -> str:
    """Say that ``limit`` is too low, and how to raise it; empty when it is enough."""
    if limit >= ENOUGH_OPEN_FILES:
        return ""
    return (
        f"open files: the limit is {limit}, at least {ENOUGH_OPEN_FILES} are advised; "
        f"run: ulimit -n {ENOUGH_OPEN_FILES}, or ask who looks after this machine"
    )
