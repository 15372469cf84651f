"""Hold files: while ``hold/<name>`` exists in the state folder, the supervisor does not restart that process."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from kubeglass.errors import StateError
from kubeglass.files import explain_disk_errors, write_text
from kubeglass.observe.processes import ProcessId, identify, is_running


def is_held(root: Path, name: str) -> bool:
    """Whether ``name`` must stay down once it has died.

    An empty file, made by hand, holds until it is removed: for moving a data folder, or trying an outage. A file that
    names its holder holds as long as that process runs, so that a killed command does not keep a process down.
    """
    try:
        content = _path(root, name).read_bytes()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        holder = json.loads(content)
        return is_running(ProcessId(int(holder["pid"]), float(holder["created"])))
    except (ValueError, TypeError, KeyError, OverflowError):
        return True


@contextmanager
def hold(root: Path, name: str) -> Iterator[None]:
    """Hold ``name`` as long as the ``with`` block; does not end a running process.

    Raises:
        StateError: it is held already, or the file cannot be written.
    """
    path = _path(root, name)
    if is_held(root, name):
        raise StateError(str(path), "is already held", hint="remove the file, or wait for the process that made it")
    holder = identify(os.getpid())
    assert holder is not None, "this process runs"
    with explain_disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # Atomically: an empty file would hold forever.
        write_text(path, json.dumps(asdict(holder)))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _path(root: Path, name: str) -> Path:
    return root / "hold" / name
