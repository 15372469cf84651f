"""Which images a pipeline needs that no registry has, and how each is put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from kubeglass.engines.distribution import Distribution
from kubeglass.engines.engine import Engine
from kubeglass.engines.otelcol import OTELCOL
from kubeglass.engines.prometheus import PROMETHEUS
from kubeglass.errors import UsageError
from kubeglass.images.image import PROGRAM_MODE, File, Image
from kubeglass.images.interpreter import inspect_interpreter
from kubeglass.images.python_image import PythonImages
from kubeglass.images.system import find_libraries, list_system_files
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.kubernetes.names import deployed_apps, own_image

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


COLLECTOR_PORTS = (4318, 8888, 13133)
PROMETHEUS_PORTS = (9090,)


def build_collector_image(program: Path) -> Image:
    """Describe the collector's image; a pod gives its configuration as arguments, as with the official image."""
    return _build("collector", program, OTELCOL.distribution, COLLECTOR_PORTS, ("--config=/etc/otelcol/config.yaml",))


def build_prometheus_image(program: Path) -> Image:
    """Describe Prometheus's image; it holds no configuration, no data folder and none of the console files."""
    arguments = (
        "--config.file=/etc/prometheus/prometheus.yml",
        "--storage.tsdb.path=/prometheus",
        "--web.enable-otlp-receiver",
    )
    return _build("prometheus", program, PROMETHEUS.distribution, PROMETHEUS_PORTS, arguments)


def _build(
    part: str, program: Path, distribution: Distribution, ports: tuple[int, ...], arguments: tuple[str, ...]
) -> Image:
    inside = f"bin/{distribution.name}"
    return Image(
        reference=own_image(part, distribution),
        # The program changes with its version, the authorities with the machine: apart, each is stored once.
        layers=(
            tuple(list_system_files()),
            # Ours and the official programs are static; a distribution's own may load the C library.
            (File(inside, program, PROGRAM_MODE), *find_libraries([program])),
        ),
        entrypoint=(f"/{inside}",),
        command=arguments,
        ports=ports,
        labels={
            "org.opencontainers.image.title": distribution.title,
            "org.opencontainers.image.version": distribution.version,
        },
    )
