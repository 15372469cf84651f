"""The folders that the processes of a run write into."""

from __future__ import annotations

import shutil
from collections.abc import Iterable

from kubeglass.errors import StateError
from kubeglass.model.app import App
from kubeglass.model.local import LocalSettings


def make_folders(settings: LocalSettings, apps: Iterable[App]) -> None:
    """Make the folders of the engines, and an empty one for the metrics of each app that is about to start.

    Raises:
        StateError: the state folder cannot be written.
    """
    metrics = [settings.metrics_dir(app.name) for app in apps]
    try:
        for folder in metrics:
            # Values of an earlier run would count its requests again.
            shutil.rmtree(folder, ignore_errors=True)
        for folder in (settings.logs, settings.data / "prometheus", settings.data / "otelcol", *metrics):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(
            str(error.filename or settings.root),
            "cannot be written",
            found=error.strerror or str(error),
            hint="check the folder's owner, mode and free space",
        ) from error
