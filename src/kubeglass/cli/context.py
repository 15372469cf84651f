"""What a command works on: the current folder's state, definition and images, and what to run in it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from kubeglass.errors import UsageError

if TYPE_CHECKING:
    from kubeglass.model.pipeline import Pipeline
    from kubeglass.model.sections.app import App
    from kubeglass.supervise.options import RunOptions

STATE_FOLDER = ".kubeglass"


def state_root() -> Path:
    """Return the current folder's state folder, which may not exist."""
    return Path.cwd() / STATE_FOLDER


def load_definition(file: Path | None) -> Pipeline:
    """Load ``file``, or kubeglass.yaml in this folder; if there is neither, return the default pipeline.

    Raises:
        ConfigError: the definition is invalid, or ``file`` does not exist.
    """
    from kubeglass.model.load import FILE_NAME, load_pipeline
    from kubeglass.model.pipeline import Pipeline

    return load_pipeline(file or Path(FILE_NAME)) if file or Path(FILE_NAME).exists() else Pipeline()


def choose_run(*, demo: bool, apps: list[str], targets: list[str], page_port: int | None = None) -> RunOptions:
    """Find out what to run: the demo, the given apps and targets, or what kubeglass.yaml defines.

    Given apps and targets replace those in kubeglass.yaml; its other sections apply.

    Raises:
        UsageError: there is nothing to run, options conflict, or a value is invalid.
        ConfigError: kubeglass.yaml is invalid.
    """
    from kubeglass.model.load import FILE_NAME, load_pipeline
    from kubeglass.supervise.options import RunOptions, find_demo

    if demo and (apps or targets):
        raise UsageError("--demo", "cannot be combined with --app or --target", hint="choose one")
    folder = find_demo() if demo else Path.cwd()
    pipeline = load_pipeline(folder / FILE_NAME) if demo else load_definition(None)
    if apps or targets:
        pipeline = pipeline.model_copy(update={"apps": _name_apps(apps, targets)})
    left_out = [app.name for app in pipeline.apps if app.existing is not None]
    pipeline = pipeline.without_existing()
    if not pipeline.apps:
        raise UsageError(
            "kubeglass up",
            "nothing to watch",
            found=f"only on a cluster: {', '.join(left_out)}" if left_out else "",
            hint=f"give --demo, --app package.module:app or --target host:port, or write {FILE_NAME} (kubeglass init)",
        )
    command = ["up", *(["--demo"] if demo else [])]
    for option, value in [*(("--app", app) for app in apps), *(("--target", target) for target in targets)]:
        command += [option, value]
    if page_port is not None:
        command += ["--port", str(page_port)]
        ports = pipeline.local.ports.model_copy(update={"page": page_port})
        pipeline = pipeline.model_copy(update={"local": pipeline.local.model_copy(update={"ports": ports})})
    return RunOptions(pipeline, folder, state_root(), command=shlex.join(command), demo=demo, left_out=tuple(left_out))


def parse_timeout(text: str) -> float:
    """Parse the ``--timeout`` option, a duration such as ``60s``, into seconds.

    Raises:
        UsageError: it is not a duration.
    """
    return parse_seconds("--timeout", text)


def parse_seconds(option: str, text: str) -> float:
    """Parse the value of ``option``, a duration such as ``60s``, into seconds.

    Raises:
        UsageError: it is not a duration.
    """
    from kubeglass.model.duration import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(option, str(error), found=text) from error


def _name_apps(apps: list[str], targets: list[str]) -> tuple[App, ...]:
    """Name each app after its module and each target after its address, uniquely."""
    from pydantic import ValidationError

    from kubeglass.model.sections.app import App

    made: list[App] = []
    for option, value in [*(("module", app) for app in apps), *(("target", target) for target in targets)]:
        words = value.partition(":")[0].split(".")[0] if option == "module" else value
        name = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:50] or "app"
        same = sum(app.name == name or app.name.startswith(f"{name}-") for app in made)
        try:
            made.append(App.model_validate({"name": f"{name}-{same + 1}" if same else name, option: value}))
        except ValidationError as error:
            flag = {"module": "--app", "target": "--target"}[option]
            reason = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise UsageError(flag, reason, found=value) from error
    return tuple(made)


def images_folder() -> Path:
    """Return the folder where ``kubeglass images build`` writes, which may not exist."""
    return state_root() / "images"
