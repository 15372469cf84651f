"""Which images a pipeline has, and what each is made of."""

from __future__ import annotations

import filecmp
import shutil
import sys
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from kubeglass import __version__
from kubeglass.engines.engine import Engine
from kubeglass.engines.platform import detect_platform
from kubeglass.errors import AppError, UsageError
from kubeglass.images import layer
from kubeglass.images.archive import write_archive
from kubeglass.images.image import PLATFORMS, Entry, File
from kubeglass.images.plan import choose, plan_images
from kubeglass.images.python.python_image import ForeignPython
from kubeglass.model.pipeline import Pipeline
from tests.unit.engines.gadget import make_elf

OTHER = next(platform for platform in PLATFORMS if platform != detect_platform())

NOT_STARTED = f": not started here, because it is for {OTHER}"


def _no_program(engine: Engine) -> Path:
    raise AssertionError(f"{engine.name} was asked for")


def _pipeline(*apps: dict[str, Any]) -> Pipeline:
    return Pipeline.model_validate({"apps": apps})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text("app = 1\n")
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / ".env").write_text("PASSWORD=secret\n")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("")
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    return tmp_path


def _paths(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.path for entry in entries if isinstance(entry, File)]


def test_apps_with_an_image_or_elsewhere_are_not_built(tmp_path: Path) -> None:
    pipeline = _pipeline(
        {"name": "shop", "module": "shop:app"},
        {"name": "ready", "module": "ready:app", "image": "registry.example.com/ready:1"},
        {"name": "elsewhere", "target": "example.com:80"},
    )

    assert list(plan_images(pipeline, tmp_path, Path(sys.executable), _no_program)) == [
        "shop",
        "collector",
        "prometheus",
        "viewer",
    ]


def test_an_app_s_own_layer_holds_its_source_and_no_secrets(project: Path) -> None:
    pipeline = _pipeline({"name": "shop", "module": "shop:app", "workers": 3, "threads": 2})

    image = plan_images(pipeline, project, Path(sys.executable), _no_program)["shop"].make()

    assert image.reference == f"localhost/kubeglass/shop:{__version__}"
    compiled = f"app/__pycache__/shop.{sys.implementation.cache_tag}.pyc"
    assert _paths(image.layers[2]) == ["app/requirements.txt", "app/shop.py", compiled]
    assert image.entrypoint == ("python3", "-m", "gunicorn")
    assert {"--workers=3", "--threads=2", "shop:app"} <= set(image.command)
    assert image.environment["KUBEGLASS_INSTRUMENT"] == "1"


def test_an_app_gets_what_it_needs_and_no_tools(project: Path) -> None:
    pipeline = _pipeline({"name": "shop", "module": "shop:app"})

    packages = _paths(plan_images(pipeline, project, Path(sys.executable), _no_program)["shop"].make().layers[1])

    folders = {path.split("/")[4] for path in packages if path.startswith("venv/lib/")}
    assert {"flask", "gunicorn", "kubeglass", "prometheus_client", "werkzeug"} <= folders
    assert folders.isdisjoint({"pytest", "mypy", "ruff", "pip"})


@pytest.mark.parametrize(
    ("layer", "module"), [(0, "usr/local/lib/{}/json/decoder"), (1, "venv/lib/{}/site-packages/flask/app")]
)
def test_the_interpreter_and_the_packages_are_compiled(project: Path, layer: int, module: str) -> None:
    pipeline = _pipeline({"name": "shop", "module": "shop:app"})
    source = PurePosixPath(module.format(f"python{sys.version_info.major}.{sys.version_info.minor}"))

    paths = _paths(plan_images(pipeline, project, Path(sys.executable), _no_program)["shop"].make().layers[layer])

    assert f"{source}.py" in paths
    assert f"{source.parent}/__pycache__/{source.name}.{sys.implementation.cache_tag}.pyc" in paths


def test_an_app_mounted_from_its_node_has_no_source(project: Path) -> None:
    pipeline = _pipeline({"name": "shop", "module": "shop:app", "host_path": {"path": "/home/me/shop.py"}})

    image = plan_images(pipeline, project, Path(sys.executable), _no_program)["shop"].make()

    assert image.reference == f"localhost/kubeglass/python:{__version__}"
    assert _paths(image.layers[2]) == []


def test_an_image_built_twice_is_the_same_to_the_byte(
    project: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer, "COMPRESSION_LEVEL", 1)
    pipeline = _pipeline({"name": "shop", "module": "shop:app"})
    archives = []
    for number in range(2):
        image = plan_images(pipeline, project, Path(sys.executable), _no_program)["shop"].make()
        archives.append(write_archive(image, project.parent / "built" / f"{number}.tar").path)
        shutil.rmtree(cache / "layers")

    first, second = archives
    assert filecmp.cmp(first, second, shallow=False)


@pytest.mark.parametrize(("name", "program"), [("collector", "otelcol"), ("prometheus", "prometheus")])
def test_an_engine_s_image_holds_its_program(tmp_path: Path, name: str, program: str) -> None:
    binary = tmp_path / program
    binary.write_bytes(b"\x7fELF")

    image = plan_images(Pipeline(), tmp_path, Path(sys.executable), lambda engine: tmp_path / engine.name)[name].make()

    assert image.layers[1] == (File(f"bin/{program}", binary, 0o755),)
    assert image.entrypoint == (f"/bin/{program}",)
    assert image.reference.startswith(f"localhost/kubeglass/{name}:")


def test_an_engine_for_another_platform_is_that_platform_s(tmp_path: Path) -> None:
    (tmp_path / "prometheus").write_bytes(make_elf(OTHER))
    (tmp_path / "otelcol").write_bytes(make_elf(detect_platform()))
    recipes = plan_images(Pipeline(), tmp_path, Path(sys.executable), lambda each: tmp_path / each.name, OTHER)

    image = recipes["prometheus"].make()

    assert image.architecture == OTHER.arch
    assert recipes["prometheus"].attempt(image, tmp_path) == image.reference + NOT_STARTED
    with pytest.raises(
        AppError, match=f"/bin/otelcol: is a program for {detect_platform()}, and the image is for {OTHER}"
    ):
        recipes["collector"].make()


def test_an_app_for_another_platform_is_tried_on_this_one(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForeignPython, "build_layers", lambda *_: ((), ()))
    (project / "shop.py").write_text("import pytest\n")
    pipeline = _pipeline({"name": "shop", "module": "shop:app"})
    recipe = plan_images(pipeline, project, Path(sys.executable), _no_program, OTHER)["shop"]
    image = recipe.make()

    assert (image.architecture, image.layers[:2]) == (OTHER.arch, ((), ()))
    with pytest.raises(AppError, match="does not import in its image .ModuleNotFoundError: No module named 'pytest'"):
        recipe.attempt(image, project / "scratch")

    (project / "shop.py").write_text("import flask\napp = flask.Flask(__name__)\n")
    assert recipe.attempt(image, project / "scratch") == image.reference + NOT_STARTED


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    recipes = plan_images(Pipeline(), Path(), Path(sys.executable), _no_program)

    assert list(choose(recipes, [])) == ["collector", "prometheus", "viewer"]
    assert list(choose(recipes, ["viewer"])) == ["viewer"]
    with pytest.raises(
        UsageError, match="grafana: is not an image of this pipeline; choose from collector, prometheus"
    ):
        choose(recipes, ["grafana"])


def test_apps_that_are_mounted_share_one_image(project: Path) -> None:
    """They share its name, so whichever is loaded last must be the same."""
    mounted = {"module": "shop:app", "host_path": {"path": str(project)}}
    pipeline = _pipeline(
        {"name": "one", "port": 8000, **mounted}, {"name": "two", "port": 9000, "metrics_port": 9465, **mounted}
    )

    one, two, *_ = plan_images(pipeline, project, Path(sys.executable), _no_program).values()

    assert one.make() == two.make()
