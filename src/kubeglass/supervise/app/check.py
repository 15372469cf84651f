"""Tries a user's application before any engine starts, so that its faults are told in one clear line."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kubeglass.catalog import FALLBACK_PREFIX
from kubeglass.errors import AppError
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App
from kubeglass.supervise.app.environment import app_environment
from kubeglass.supervise.process.child import kill_group
from kubeglass.supervise.process.supervised import describe_exit

CHECK_PROGRAM = Path(__file__).with_name("check_process.py")

#: Last lines of what the application wrote, shown when it crashed without a word from Python.
OUTPUT_LINES = 8


class AppCheck:
    """Imports an application in a process of its own; use it in a ``with``, which ends that process and its children.

    Args:
        module: ``package.module:app``, or a factory call such as ``package:create_app('test')``, already validated.
        cwd: the folder it is imported from.
        env: the environment it will have.
        timeout_seconds: how long importing may take: models are loaded and databases opened meanwhile.
    """

    def __init__(self, module: str, *, cwd: Path, env: Mapping[str, str], timeout_seconds: float) -> None:
        self._module = module
        self._timeout_seconds = timeout_seconds
        #: What the names of the app's HTTP metrics begin with, once it is known to be fit.
        self.metrics_prefix = ""
        self._deadline = time.monotonic() + timeout_seconds
        self._folder = tempfile.TemporaryDirectory(prefix="kubeglass-")
        # -P: the folder of our own program must not shadow the user's modules.
        argv = [sys.executable, "-P", str(CHECK_PROGRAM), module, str(self._report)]
        # A file and not a pipe: a process that the application starts would keep a pipe open. A session of its own:
        # its end is that of all it started.
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                argv,
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        kill_group(self._process.pid)
        self._process.wait()
        self._folder.cleanup()

    def require_fit(self) -> None:
        """Wait for the outcome.

        Raises:
            AppError: the application does not import, crashes, takes too long, or is not a Flask application.
        """
        try:
            code = self._process.wait(max(self._deadline - time.monotonic(), 0.0))
        except subprocess.TimeoutExpired as error:
            raise AppError(
                self._module,
                f"does not finish importing within {self._timeout_seconds:g} s",
                hint="start nothing at import time: put app.run() and loops under "
                "if __name__ == '__main__'; if it only needs more time, raise --timeout",
                details=self._last_lines(),
            ) from error
        found = _read(self._report)
        if found is None:
            details = self._last_lines()
            raise AppError(self._module, "crashes during import", found=describe_exit(code), details=details)
        self.metrics_prefix = found.get("metrics_prefix", "")
        if "wrong" in found:
            raise AppError(self._module, found["wrong"], hint=found["hint"], details=tuple(found["details"]))

    @property
    def _report(self) -> Path:
        return Path(self._folder.name) / "report.json"

    @property
    def _output(self) -> Path:
        return Path(self._folder.name) / "output"

    def _last_lines(self) -> tuple[str, ...]:
        return tuple(self._output.read_text(errors="replace").rstrip().splitlines()[-OUTPUT_LINES:])


class AppChecks:
    """Checks of several apps that run at the same time.

    Args:
        checks: the checks, by the apps' names.
    """

    def __init__(self, checks: Mapping[str, AppCheck]) -> None:
        self._checks = checks

    def require_fit(self) -> None:
        """Wait for every outcome.

        Raises:
            AppError: one of the apps cannot be run.
        """
        for check in self._checks.values():
            check.require_fit()

    def follow_prefixes(self, pipeline: Pipeline) -> tuple[Pipeline, tuple[str, ...]]:
        """Return the pipeline with the prefixes that were found, and notes on those nobody chose."""
        apps, notes = [], []
        for app in pipeline.apps:
            prefix = self._checks[app.name].metrics_prefix if app.name in self._checks else app.metrics_prefix
            if prefix == FALLBACK_PREFIX != app.metrics_prefix:
                notes.append(
                    f"{app.name} has metrics named like kubeglass's, so kubeglass's are named {prefix}http_…;"
                    " metrics_prefix in kubeglass.yaml chooses another prefix"
                )
            apps.append(app.model_copy(update={"metrics_prefix": prefix or None}))
        return pipeline.model_copy(update={"apps": tuple(apps)}), tuple(notes)


@contextmanager
def checking_apps(apps: Iterable[App], folder: Path, timeout_seconds: float) -> Iterator[AppChecks]:
    """Begin to check apps of a run, all at once; whatever is still under way at the end of the ``with`` is ended.

    Raises:
        ConfigError: a secret that an app needs is not in the environment.
        AppError: one of them cannot be run.
    """
    with ExitStack() as under_way:
        checks = {
            app.name: under_way.enter_context(
                AppCheck(
                    app.module or "",
                    cwd=folder,
                    env=app_environment(app),
                    timeout_seconds=timeout_seconds,
                )
            )
            for app in apps
        }
        yield AppChecks(checks)


def check_apps(apps: Iterable[App], folder: Path, timeout_seconds: float) -> AppChecks:
    """Check apps of a run and wait for the outcome.

    Raises:
        KubeglassError: as :func:`checking_apps` does.
    """
    with checking_apps(apps, folder, timeout_seconds) as checks:
        checks.require_fit()
    return checks


def _read(report: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(report.read_text()))
    except (OSError, ValueError):
        return None
