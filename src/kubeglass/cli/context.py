"""What a command works on: the current folder, and what the command line asks for in it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from kubeglass.errors import UsageError
from kubeglass.images.store import ImageStore

if TYPE_CHECKING:
    from kubeglass.model.pipeline import Pipeline
    from kubeglass.model.sections.app import App
    from kubeglass.supervise.options import RunOptions

STATE_FOLDER = ".kubeglass"


def state_root() -> Path:
    """Return the current folder's state folder, which may not exist."""
    return Path.cwd() / STATE_FOLDER


def choose_run(*, demo: bool, apps: list[str], targets: list[str], page_port: int | None = None) -> RunOptions:
    """Find out what is to be watched: the demo, the apps and targets named, or what kubeglass.yaml says.

    Given apps and targets replace those in kubeglass.yaml; its other sections apply.

    Raises:
        UsageError: nothing is given, options conflict, or a value is invalid.
        ConfigError: kubeglass.yaml is invalid.
    """
    from kubeglass.model.load import FILE_NAME, load_pipeline
    from kubeglass.model.pipeline import Pipeline
    from kubeglass.supervise.options import RunOptions, find_demo

    if demo and (apps or targets):
        raise UsageError("--demo", "cannot be combined with --app or --target", hint="choose one")
    if demo:
        folder = find_demo()
        pipeline = _choose_page_port(load_pipeline(folder / FILE_NAME), page_port)
        return RunOptions(pipeline, folder, state_root(), command=_write_command(["--demo"], page_port), demo=True)
    path = Path.cwd() / FILE_NAME
    pipeline = load_pipeline(Path(FILE_NAME)) if path.exists() else Pipeline()
    if apps or targets:
        pipeline = pipeline.model_copy(update={"apps": _name_apps(apps, targets)})
    if not pipeline.apps:
        raise UsageError(
            "kubeglass up",
            "nothing to watch",
            hint=f"give --demo, --app package.module:app or --target host:port, or write {FILE_NAME} (kubeglass init)",
        )
    options = [("--app", app) for app in apps] + [("--target", target) for target in targets]
    words = [word for option in options for word in option]
    pipeline = _choose_page_port(pipeline, page_port)
    return RunOptions(pipeline, Path.cwd(), state_root(), command=_write_command(words, page_port))


def _choose_page_port(pipeline: Pipeline, port: int | None) -> Pipeline:
    if port is None:
        return pipeline
    ports = pipeline.local.ports.model_copy(update={"page": port})
    return pipeline.model_copy(update={"local": pipeline.local.model_copy(update={"ports": ports})})


def _write_command(words: list[str], page_port: int | None) -> str:
    chosen = [] if page_port is None else ["--port", str(page_port)]
    return shlex.join(["up", *words, *chosen])


def parse_timeout(text: str) -> float:
    """Parse the ``--timeout`` option, a duration such as ``60s``, into seconds.

    Raises:
        UsageError: it is not a duration.
    """
    from kubeglass.model.duration import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError("--timeout", str(error), found=text) from error


def _name_apps(apps: list[str], targets: list[str]) -> tuple[App, ...]:
    """Name each app after its module and each target after its address, uniquely."""
    made: list[App] = []
    for option, value in [*(("module", app) for app in apps), *(("target", target) for target in targets)]:
        words = value.partition(":")[0].split(".")[0] if option == "module" else value
        name = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:50] or "app"
        same = sum(app.name == name or app.name.startswith(f"{name}-") for app in made)
        made.append(_make_app(option, value, f"{name}-{same + 1}" if same else name))
    return tuple(made)


def _make_app(option: str, value: str, name: str) -> App:
    from pydantic import ValidationError

    from kubeglass.model.sections.app import App

    try:
        return App.model_validate({"name": name, option: value})
    except ValidationError as error:
        flag = {"module": "--app", "target": "--target"}[option]
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise UsageError(flag, reason, found=value) from error


FOLDER = "images"


def image_store() -> ImageStore:
    """Return the archives that ``kubeglass images build`` wrote in this folder, if any."""
    return ImageStore(state_root() / FOLDER)
