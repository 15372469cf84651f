"""The folder that an app is packed from is the right one, or is refused."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from kubeglass.errors import AppError
from kubeglass.images.python.interpreter import inspect_interpreter
from kubeglass.images.python.source import find_source_folder, require_module
from kubeglass.model.sections.app import App

ROOT = Path(__file__).resolve().parents[4]


def test_the_source_is_beside_its_definition(tmp_path: Path) -> None:
    assert find_source_folder(tmp_path / "kubeglass.yaml") == tmp_path


def test_the_demo_s_definition_finds_the_demo() -> None:
    assert find_source_folder(ROOT / "manifests" / "kubeglass.yaml") == ROOT / "examples" / "shop"


def test_a_folder_of_manifests_elsewhere_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    shutil.copy(ROOT / "manifests" / "kubeglass.yaml", tmp_path / "manifests")

    assert find_source_folder(tmp_path / "manifests" / "kubeglass.yaml") == tmp_path / "manifests"


@pytest.mark.parametrize("name", ["shop.py", "shop/__init__.py", "shop/views.py", "shop.cpython-311-x86_64.so"])
def test_a_module_is_a_file_or_a_folder_of_files(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()

    require_module(App(module="shop.views:app"), tmp_path, inspect_interpreter(Path(sys.executable)))


def test_a_module_may_be_installed(tmp_path: Path) -> None:
    require_module(App(module="flask.app:Flask()"), tmp_path, inspect_interpreter(Path(sys.executable)))


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ([], "the folder is empty"),
        ([".env"], "the folder is empty"),
        (["a.yaml", "b.yaml"], "files there: a.yaml, b.yaml"),
        # Data of the same name is no module.
        (["shop/prices.csv"], "files there: shop"),
        ([f"{letter}.yaml" for letter in "abcdef"], "files there: a.yaml, b.yaml, c.yaml, d.yaml, e.yaml, …"),
    ],
)
def test_a_folder_without_the_module_is_refused(tmp_path: Path, files: list[str], found: str) -> None:
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()

    with pytest.raises(AppError) as refusal:
        require_module(App(name="web", module="shop:app"), tmp_path, inspect_interpreter(Path(sys.executable)))

    assert refusal.value.message == (
        f"app web: there is no module 'shop' in {tmp_path} ({found}); put kubeglass.yaml beside the app's source, or "
        "name the source's folder with --source"
    )
