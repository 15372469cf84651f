"""Images of Python programs, with the interpreter, the packages and the source in a layer each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement

from kubeglass import __version__
from kubeglass.engines.platform import Platform
from kubeglass.images.image import TEMPORARY_MODE, Entry, Folder, Image, list_shared_objects, read_folder
from kubeglass.images.python.bytecode import compile_files
from kubeglass.images.python.foreign_base import MACHINES, fetch_interpreter
from kubeglass.images.python.foreign_packages import fetch_packages
from kubeglass.images.python.interpreter import PREFIX, VENV, Interpreter, build_python_base, packages_folder
from kubeglass.images.python.packages import (
    OWN_NAME,
    Environment,
    list_own_files,
    list_package_files,
    read_requirements,
)
from kubeglass.images.system import CERTIFICATES, find_libraries
from kubeglass.model.parts import METRICS_FOLDER_VARIABLE, VIEWER_PORT, instrumented
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App
from kubeglass.model.sections.source import is_no_source
from kubeglass.render.kubernetes.app import METRICS_DIR
from kubeglass.render.kubernetes.names import built_image, viewer_image

PYTHON = "python3"
#: The instrumentation library's one dependency, and the server that runs the app.
_SERVER = (Requirement("prometheus-client"), Requirement("gunicorn"))
#: What the page's server imports: a small part of the command line's dependencies.
_PAGE = tuple(Requirement(name) for name in ("httpx2", "prometheus-client", "pydantic", "starlette", "uvicorn"))
APP_FOLDER = "app"


@dataclass(frozen=True, slots=True)
class ForeignPython:
    """What images for another processor are made of.

    Args:
        platform: where they run.
        native: the interpreter here of which they get the packages.
        python: whose pip gets wheels.
    """

    platform: Platform
    native: Interpreter
    python: Path

    def build_layers(self, selected: list[Distribution], folder: str) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
        """Return the interpreter and its libraries, and the packages for ``folder`` of the image.

        Raises:
            AppError: a package has no wheel for the platform.
            UsageError: there is no interpreter for it.
        """
        interpreter, libraries = fetch_interpreter(self.native, self.platform)
        base = build_python_base(interpreter, libraries)
        fetched = fetch_packages(selected, self.python, interpreter, self.platform)
        return tuple(base), (*list_package_files(fetched, folder), *list_own_files(folder))


@dataclass(frozen=True, slots=True)
class PythonImages:
    """Builds images from one interpreter and the packages installed for it.

    Args:
        interpreter: the interpreter.
        foreign: builds for another processor instead, from the same packages.
    """

    interpreter: Interpreter
    foreign: ForeignPython | None = None

    def build_app(self, app: App, folder: Path) -> Image:
        """Return the image of an app whose source is in ``folder``.

        It holds the packages that ``requirements.txt`` or ``pyproject.toml`` beside the source names, in the installed
        versions; without either file, every installed package. The image of an app that is mounted from its node has
        no source.

        Raises:
            AppError: a package that it needs is not installed.
            ConfigError: its requirements cannot be read.
            UsageError: an image cannot be built from the interpreter.
        """
        # A pod mounts a volume on the workers' folder; without one the folder still exists.
        sources: list[Entry] = [Folder(METRICS_DIR.lstrip("/"), TEMPORARY_MODE), Folder(APP_FOLDER)]
        if not app.host_path:
            sources += list_sources(folder)
            sources += compile_files(sources, self.interpreter)
        return Image(
            reference=built_image(app),
            layers=(*self._layers(self._select(folder)), tuple(sources)),
            entrypoint=(PYTHON, "-m", "gunicorn"),
            # All mounted apps share one image, so nothing of a single app may be in it.
            command=() if app.host_path else _serve(app),
            environment=self._variables(is_app=True),
            working_dir=f"/{APP_FOLDER}",
            ports=() if app.host_path else (app.port, app.metrics_port_number),
            labels={"org.opencontainers.image.title": PYTHON if app.host_path else app.name},
            architecture=self._architecture,
        )

    def build_viewer(self, pipeline: Pipeline) -> Image:
        """Return the image of the page; dashboards are mounted, and Prometheus's address is an argument.

        Raises:
            AppError: the page's packages are not installed for this interpreter.
            UsageError: an image cannot be built from the interpreter.
        """
        return Image(
            reference=viewer_image(pipeline),
            layers=tuple(self._layers(self._environment.select(_PAGE))),
            entrypoint=(PYTHON, "-m", "kubeglass.viewer"),
            # The pod says where Prometheus and the dashboards are.
            command=("--help",),
            environment=self._variables(is_app=False),
            ports=(VIEWER_PORT,),
            labels={
                "org.opencontainers.image.title": "kubeglass viewer",
                "org.opencontainers.image.version": __version__,
            },
            architecture=self._architecture,
        )

    @property
    def _architecture(self) -> str:
        return self.foreign.platform.arch if self.foreign else ""

    @property
    def _environment(self) -> Environment:
        return Environment(self.interpreter, MACHINES[self._architecture].wheels if self.foreign else "")

    def _select(self, folder: Path) -> list[Distribution]:
        environment = self._environment
        requirements = read_requirements(folder)
        if requirements is None:
            return environment.select_everything()
        return environment.select([*_SERVER, *requirements])

    def _layers(self, selected: list[Distribution]) -> Iterator[tuple[Entry, ...]]:
        for layer in self._list_files(selected):
            yield (*layer, *compile_files(layer, self.interpreter))

    def _list_files(self, selected: list[Distribution]) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
        folder = packages_folder(self.interpreter)
        if self.foreign:
            return self.foreign.build_layers(selected, folder)
        base = build_python_base(self.interpreter)
        packages = [*list_package_files(selected, folder), *list_own_files(folder)]
        in_base = {entry.path for entry in base}
        libraries = find_libraries(list_shared_objects(packages), inside=self.interpreter.search_path)
        packages += [library for library in libraries if library.path not in in_base]
        return tuple(base), tuple(packages)

    def _variables(self, *, is_app: bool) -> dict[str, str]:
        common = {
            "LANG": "C.UTF-8",
            "PATH": f"/{VENV}/bin:/{PREFIX}/bin:/usr/bin:/bin",
            "PYTHONUNBUFFERED": "1",
            "SSL_CERT_FILE": f"/{CERTIFICATES}",
        }
        if not is_app:
            return common
        package = PurePosixPath("/", packages_folder(self.interpreter), OWN_NAME)
        return instrumented(common, package) | {METRICS_FOLDER_VARIABLE: METRICS_DIR}


def _serve(app: App) -> tuple[str, ...]:
    """Return the server's arguments, which a pod may replace."""
    return (
        f"--bind=0.0.0.0:{app.port}",
        f"--workers={app.workers}",
        f"--threads={app.threads}",
        "--worker-tmp-dir=/dev/shm",
        app.module or "app:app",
    )


def list_sources(folder: Path) -> list[Entry]:
    """Return the files of ``folder``, for ``/app`` of the image.

    Left out are hidden files and folders, among them ``.git``, ``.env`` with its secrets and ``.venv``, virtual
    environments of any name, and compiled files.
    """
    return read_folder(folder, APP_FOLDER, leave_out=is_no_source)
