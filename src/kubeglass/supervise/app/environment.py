"""The environments of the processes: the user's own, plus what instruments an app from outside."""

from __future__ import annotations

import os
from collections.abc import Mapping

from kubeglass.errors import ConfigError
from kubeglass.model.parts import INSTRUMENT_VARIABLE, METRICS_FOLDER_VARIABLE, METRICS_PREFIX_VARIABLE
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App

#: Set for one process, never inherited from kubeglass's own environment.
_PRIVATE = frozenset({METRICS_FOLDER_VARIABLE, INSTRUMENT_VARIABLE})


def inherit_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment, without what is private to one process, plus ``extra``."""
    return {name: value for name, value in os.environ.items() if name not in _PRIVATE} | dict(extra or {})


def app_environment(app: App) -> dict[str, str]:
    """Build an app's environment, without instrumentation.

    Raises:
        ConfigError: a secret's environment variable is not set.
    """
    secrets = {name: _read_secret(f"app {app.name}", name, source.variable) for name, source in app.secret_env.items()}
    prefix = {METRICS_PREFIX_VARIABLE: app.metrics_prefix} if app.metrics_prefix else {}
    return inherit_environment({"PYTHONUNBUFFERED": "1", **prefix, **app.env, **secrets})


def collector_environment(pipeline: Pipeline) -> dict[str, str]:
    """Build the collector's environment: the user's own, which must contain every secret of its configuration.

    Raises:
        ConfigError: a secret's environment variable is not set; the collector would send an empty one.
    """
    for source in pipeline.collector_secrets:
        _read_secret("collector", "for storage.remote or metrics_auth", source.variable)
    return inherit_environment()


def _read_secret(where: str, name: str, variable: str) -> str:
    try:
        return os.environ[variable]
    except KeyError:
        raise ConfigError(
            where,
            f"is missing its secret {name}",
            found=f"environment variable {variable} is not set",
            hint=f"set it: export {variable}=…",
        ) from None
