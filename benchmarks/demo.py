"""The demo, started as a user starts it, in a folder of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

KUBEGLASS = (sys.executable, "-m", "kubeglass")


def call(folder: Path, *arguments: str) -> str:
    """Run a command in ``folder`` and return what it printed."""
    done = subprocess.run([*KUBEGLASS, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"kubeglass {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def read_status(folder: Path) -> dict[str, Any]:
    """Return what ``kubeglass status --json`` says."""
    return dict(json.loads(call(folder, "status", "--json")))


@contextmanager
def demo(*arguments: str) -> Iterator[Path]:
    """Run the demo in the background of a new folder."""
    with tempfile.TemporaryDirectory(prefix="kubeglass-bench-") as name:
        folder = Path(name)
        call(folder, "up", "--demo", "--detach", *arguments)
        try:
            yield folder
        finally:
            call(folder, "down")
