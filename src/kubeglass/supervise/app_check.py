"""Tries a user's application before any engine starts, so that its faults are told in one clear line."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kubeglass.errors import AppError, UsageError
from kubeglass.supervise.supervised import describe_exit

CHECK_PROGRAM = Path(__file__).with_name("app_check_process.py")

#: Applications that load models or open databases while they are imported need some time, but not forever.
IMPORT_SECONDS = 30.0

#: Last lines of what the application wrote, shown when it crashed without a word from Python.
OUTPUT_LINES = 8


def check_app(module: str, *, cwd: Path, env: Mapping[str, str], timeout_seconds: float = IMPORT_SECONDS) -> None:
    """Import the application in a process of its own and see that it is a Flask application.

    Args:
        module: ``package.module:app``, or a factory call such as ``package:create_app()``.
        cwd: the folder it is imported from.
        env: the environment it will have.
        timeout_seconds: how long importing may take.

    Raises:
        UsageError: ``module`` is not written as it must be.
        AppError: it does not import, crashes, takes too long, or is not a Flask application.
    """
    name, _, expression = module.partition(":")
    if not name or not expression or not all(part.isidentifier() for part in name.split(".")):
        raise UsageError(
            module,
            "does not name an application",
            hint="write package.module:app, or package.module:create_app() for a factory",
        )
    with tempfile.TemporaryDirectory(prefix="kubeglass-") as folder:
        report = Path(folder) / "report.json"
        output = _run(module, report, cwd=cwd, env=env, timeout_seconds=timeout_seconds)
        found = _read(report)
    if found is None:
        raise AppError(module, "crashes while it is imported", found=output[0], details=output[1])
    if found:
        raise AppError(module, found["wrong"], hint=found["hint"], details=tuple(found["details"]))


def _run(
    module: str, report: Path, *, cwd: Path, env: Mapping[str, str], timeout_seconds: float
) -> tuple[str, tuple[str, ...]]:
    # -P: the folder of our own program must not shadow the user's modules.
    argv = [sys.executable, "-P", str(CHECK_PROGRAM), module, str(report)]
    try:
        done = subprocess.run(
            argv,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise AppError(
            module,
            f"does not finish importing within {timeout_seconds:g} s",
            hint="start nothing while the module is imported: put app.run() and loops under if __name__ == '__main__'",
            details=_last_lines(error.stdout or b""),
        ) from error
    return describe_exit(done.returncode), _last_lines(done.stdout)


def _read(report: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(report.read_text()))
    except (OSError, ValueError):
        return None


def _last_lines(output: bytes) -> tuple[str, ...]:
    return tuple(output.decode(errors="replace").rstrip().splitlines()[-OUTPUT_LINES:])
