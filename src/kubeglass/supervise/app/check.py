"""Tries an app before any engine starts, to report what is wrong with it in one line."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

from kubeglass.catalog import FALLBACK_PREFIX
from kubeglass.errors import AppError
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App
from kubeglass.signals import signals_held
from kubeglass.supervise.app.environment import app_environment
from kubeglass.supervise.process.child import kill_group
from kubeglass.supervise.process.supervised import describe_exit

CHECK_PROGRAM = Path(__file__).with_name("check_process.py")

#: Output lines of the app, shown when it crashed without a Python error.
OUTPUT_LINES = 8


class AppCheck:
    """Imports an app in a process of its own; leaving the ``with`` block ends that process and its children.

    Args:
        module: ``package.module:app``, or a factory call such as ``package:create_app('test')``, validated.
        cwd: the folder it is imported from.
        env: its environment.
        timeout_seconds: timeout of the import, during which apps load models and open databases.
    """

    def __init__(self, module: str, *, cwd: Path, env: Mapping[str, str], timeout_seconds: float) -> None:
        self.metrics_prefix = ""
        """Prefix of the app's HTTP metrics, once it is known to be fit."""
        self._module = module
        self._timeout_seconds = timeout_seconds
        self._deadline = time.monotonic() + timeout_seconds
        self._folder = tempfile.TemporaryDirectory(prefix="kubeglass-")
        self._report, self._output = Path(self._folder.name, "report.json"), Path(self._folder.name, "output")
        # A file, because processes that the app starts would keep a pipe open. A session of its own, to end them too.
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                # -P: the folder of our program must not shadow the user's modules.
                [sys.executable, "-P", str(CHECK_PROGRAM), module, str(self._report)],
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        kill_group(self._process.pid)
        self._process.wait()
        self._folder.cleanup()

    def require_fit(self) -> None:
        """Wait for the result.

        Raises:
            AppError: the app does not import, crashes, takes too long, or is not a Flask application.
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
        try:
            found: dict[str, Any] = json.loads(self._report.read_text())
        except (OSError, ValueError) as error:
            details = self._last_lines()
            raise AppError(self._module, "crashes during import", found=describe_exit(code), details=details) from error
        if "wrong" in found:
            raise AppError(self._module, found["wrong"], hint=found["hint"], details=tuple(found["details"]))
        self.metrics_prefix = found["metrics_prefix"]

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
        """Wait for every result.

        Raises:
            AppError: an app cannot be run.
        """
        for check in self._checks.values():
            check.require_fit()

    def follow_prefixes(self, pipeline: Pipeline, note: Callable[[str], None]) -> Pipeline:
        """Return the pipeline with the metrics prefixes that the apps use; note those that nobody chose."""
        apps = []
        for app in pipeline.apps:
            prefix = self._checks[app.name].metrics_prefix if app.name in self._checks else app.metrics_prefix
            if prefix == FALLBACK_PREFIX != app.metrics_prefix:
                note(
                    f"{app.name} has metrics named like kubeglass's, so kubeglass's are named {prefix}http_…;"
                    " metrics_prefix in kubeglass.yaml chooses another prefix"
                )
            apps.append(app.model_copy(update={"metrics_prefix": prefix or None}))
        return pipeline.model_copy(update={"apps": tuple(apps)})


@contextmanager
def checking_apps(apps: Iterable[App], folder: Path, timeout_seconds: float) -> Iterator[AppChecks]:
    """Start to check apps, all at once; the end of the ``with`` block ends what still runs.

    Raises:
        ConfigError: a secret that an app needs is not in the environment.
        AppError: an app cannot be run.
    """
    with ExitStack() as running, signals_held() as release_signals:
        checks = {
            app.name: running.enter_context(
                AppCheck(app.module or "", cwd=folder, env=app_environment(app), timeout_seconds=timeout_seconds)
            )
            for app in apps
        }
        release_signals()
        yield AppChecks(checks)


def check_apps(apps: Iterable[App], folder: Path, timeout_seconds: float) -> AppChecks:
    """Check apps and wait for the results.

    Raises:
        KubeglassError: as :func:`checking_apps`.
    """
    with checking_apps(apps, folder, timeout_seconds) as checks:
        checks.require_fit()
    return checks
