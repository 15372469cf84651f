"""The images of a pipeline that no registry has, how to build each, and how to try it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from kubeglass.engines import registry
from kubeglass.engines.engine import Distribution, Engine
from kubeglass.engines.platform import Platform
from kubeglass.errors import UsageError
from kubeglass.images.archive import ArchivedImage, write_archive
from kubeglass.images.image import PROGRAM_MODE, File, Image
from kubeglass.images.python.foreign_packages import require_platform
from kubeglass.images.python.interpreter import inspect_interpreter
from kubeglass.images.python.packages import Environment, advise
from kubeglass.images.python.python_image import ForeignPython, PythonImages
from kubeglass.images.python.source import require_module
from kubeglass.images.store import SUFFIX
from kubeglass.images.system import find_libraries, list_system_files
from kubeglass.images.trials.trial import AppTrial, start_help, start_version
from kubeglass.model.parts import HEALTH_PORT, OTLP_PORT, PROMETHEUS, PROMETHEUS_PORT, TELEMETRY_PORT, VIEWER
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App
from kubeglass.render.kubernetes.names import deployed_apps, own_image

#: Returns the program of an engine, after getting it if necessary.
FindProgram = Callable[[Engine], Path]
#: Tries an image in a scratch folder; returns a remark on what could not be found out, or an empty text.
Attempt = Callable[[Image, Path], str]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make an image, and how to try it before it counts as built."""

    make: Callable[[], Image]
    attempt: Attempt


#: The collector's image is named after its role.
COLLECTOR = "collector"
COLLECTOR_PORTS = (OTLP_PORT, TELEMETRY_PORT, HEALTH_PORT)


def plan_images(
    pipeline: Pipeline, folder: Path, python: Path, find_program: FindProgram, platform: Platform | None = None
) -> dict[str, Recipe]:
    """Return the recipe of each image by name: first the apps that name no image of their own, then kubeglass's parts.

    Nothing is read or fetched before a recipe is called.

    Args:
        pipeline: the pipeline.
        folder: the folder with the apps' sources.
        python: the interpreter to put into the images, with the packages installed for it.
        find_program: finds the collector and Prometheus, for ``platform``.
        platform: another platform than this machine's.
    """
    apps = [app for app in deployed_apps(pipeline) if app.image is None]
    recipes = {
        **{app.name: _plan_app(app, folder, python, platform) for app in apps},
        COLLECTOR: Recipe(lambda: build_collector_image(find_program(registry.OTELCOL)), start_version),
        PROMETHEUS: Recipe(lambda: build_prometheus_image(find_program(registry.PROMETHEUS)), start_version),
        VIEWER: Recipe(lambda: _python(python, platform).build_viewer(pipeline), start_help),
    }
    if platform is None:
        return recipes
    own = {app.name for app in apps}
    return {name: _for_platform(recipe, platform, is_app=name in own) for name, recipe in recipes.items()}


def _for_platform(recipe: Recipe, platform: Platform, *, is_app: bool) -> Recipe:
    def make() -> Image:
        image = replace(recipe.make(), architecture=platform.arch)
        require_platform(image.layers, platform)
        return image

    def attempt(image: Image, scratch: Path) -> str:
        said = recipe.attempt(image, scratch) if is_app else ""
        return said or f"{image.reference}: not started here, because it is for {platform}"

    return Recipe(make, attempt)


def _plan_app(app: App, folder: Path, python: Path, platform: Platform | None) -> Recipe:
    def make() -> Image:
        images = _python(python, platform)
        if not app.host_path:
            require_module(app, folder, images.interpreter)
        return images.build_app(app, folder)

    def attempt(image: Image, scratch: Path) -> str:
        if app.host_path:
            # Its source is on the node.
            return ""
        # For another platform: the same packages and source for this machine; what they lack, they lack there too.
        tried = _python(python).build_app(app, folder) if platform else image
        environment = Environment(inspect_interpreter(python))
        return AppTrial(app, folder, partial(advise, folder=folder, environment=environment)).run(tried, scratch)

    return Recipe(make, attempt)


def choose(recipes: Mapping[str, Recipe], names: list[str]) -> dict[str, Recipe]:
    """Return the recipes with these names, or all if there are no names.

    Raises:
        UsageError: there is no image with such a name.
    """
    unknown = [name for name in names if name not in recipes]
    if unknown:
        raise UsageError(unknown[0], "is not an image of this pipeline", hint=f"choose from {', '.join(recipes)}")
    return {name: recipes[name] for name in names or recipes}


def build_archive(recipe: Recipe, folder: Path, name: str, remark: Callable[[str], None]) -> ArchivedImage:
    """Make an image, try it, and write it to ``folder``; an earlier archive of it is replaced only by one that works.

    Raises:
        KubeglassError: the image cannot be built, or what is in it does not start.
    """
    image = recipe.make()
    if said := recipe.attempt(image, folder):
        remark(said)
    return write_archive(image, folder / f"{name}{SUFFIX}")


def _python(python: Path, platform: Platform | None = None) -> PythonImages:
    interpreter = inspect_interpreter(python)
    return PythonImages(interpreter, ForeignPython(platform, interpreter, python) if platform else None)


def build_collector_image(program: Path) -> Image:
    """Return the collector's image; as with the official image, a pod passes the configuration as an argument."""
    arguments = ("--config=/etc/otelcol/config.yaml",)
    return _build(COLLECTOR, program, registry.OTELCOL.distribution, COLLECTOR_PORTS, arguments)


def build_prometheus_image(program: Path) -> Image:
    """Return Prometheus's image, without configuration, data folder and console files."""
    arguments = (
        "--config.file=/etc/prometheus/prometheus.yml",
        "--storage.tsdb.path=/prometheus",
        "--web.enable-otlp-receiver",
    )
    return _build(PROMETHEUS, program, registry.PROMETHEUS.distribution, (PROMETHEUS_PORT,), arguments)


def _build(
    part: str, program: Path, distribution: Distribution, ports: tuple[int, ...], arguments: tuple[str, ...]
) -> Image:
    inside = f"bin/{distribution.name}"
    return Image(
        reference=own_image(part, distribution),
        # In layers of their own, the program changes with its version only, and the authorities with the machine.
        layers=(
            tuple(list_system_files()),
            # kubeglass's builds and the official programs are static; a distribution's own may load the C library.
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
