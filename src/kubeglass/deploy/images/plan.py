"""Which images a pipeline needs that no registry has, and how each is put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from kubeglass.deploy.images.engine_image import build_collector_image, build_prometheus_image
from kubeglass.deploy.images.image import Image
from kubeglass.deploy.images.interpreter import inspect_interpreter
from kubeglass.deploy.images.python_image import PythonImages
from kubeglass.engines.engine import Engine
from kubeglass.engines.otelcol import OTELCOL
from kubeglass.engines.prometheus import PROMETHEUS
from kubeglass.errors import UsageError
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.kubernetes.names import deployed_apps

#: Returns the program of an engine, obtaining it if need be.
FindProgram = Callable[[Engine], Path]
Recipe = Callable[[], Image]

COLLECTOR, PROMETHEUS_PART, VIEWER = "collector", "prometheus", "viewer"


def plan_images(pipeline: Pipeline, folder: Path, python: Path, find_program: FindProgram) -> dict[str, Recipe]:
    """Return the recipe of each image by its name: the apps that name no image of their own, then our parts.

    Nothing is read or obtained before a recipe is called.

    Args:
        pipeline: which apps there are.
        folder: where their sources lie; the definition's own folder.
        python: the interpreter, with what is installed for it, that goes into the images.
        find_program: asked for the collector and Prometheus.
    """
    apps = {app.name: app for app in deployed_apps(pipeline) if app.image is None}
    return {
        **{name: partial(lambda app: _python(python).build_app(app, folder), app) for name, app in apps.items()},
        COLLECTOR: lambda: build_collector_image(find_program(OTELCOL)),
        PROMETHEUS_PART: lambda: build_prometheus_image(find_program(PROMETHEUS)),
        VIEWER: lambda: _python(python).build_viewer(pipeline),
    }


def choose(recipes: Mapping[str, Recipe], names: list[str]) -> dict[str, Recipe]:
    """Return the recipes of these names, or all if none is named.

    Raises:
        UsageError: there is no image of such a name.
    """
    unknown = [name for name in names if name not in recipes]
    if unknown:
        raise UsageError(unknown[0], "is no image of this pipeline", hint=f"name one of {', '.join(recipes)}")
    return {name: recipes[name] for name in names or recipes}


def _python(python: Path) -> PythonImages:
    return PythonImages(inspect_interpreter(python))
