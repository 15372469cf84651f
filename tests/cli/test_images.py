"""`kubeglass images build` as people call it: what is built was tried, and what cannot work is refused."""

from __future__ import annotations

from pathlib import Path

from kubeglass.errors import AppError
from kubeglass.images.store import list_archives

from .runs import call_here

ROOT = Path(__file__).resolve().parents[2]


def test_an_app_without_its_imports_is_not_built(tmp_path: Path) -> None:
    (tmp_path / "kubeglass.yaml").write_text("apps: [{name: shop, module: 'shop:app'}]\n")
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "shop.py").write_text("import flask\n\nimport pytest\n\napp = flask.Flask(__name__)\n")

    result = call_here(tmp_path, "images", "build", "shop")

    assert result.returncode == AppError.exit_code
    assert result.stderr.splitlines()[0] == (
        "error: app shop: does not import in its image (ModuleNotFoundError: No module named 'pytest'); add pytest to"
        f" {tmp_path / 'requirements.txt'}, and build again"
    )
    assert list((tmp_path / ".kubeglass" / "images").iterdir()) == []


def test_a_definition_without_its_source_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kubeglass.yaml").write_text("apps: [{name: shop, module: 'shop:app'}]\n")

    result = call_here(tmp_path, "images", "build", "shop")

    assert result.returncode == AppError.exit_code
    assert result.stderr.startswith(f"error: app shop: there is no module 'shop' in {tmp_path} (files there: kubeglass")


def test_the_definition_of_the_committed_manifests_packs_the_demo(tmp_path: Path) -> None:
    result = call_here(tmp_path, "images", "build", "--file", str(ROOT / "manifests" / "kubeglass.yaml"), "python-app")

    built = list_archives(tmp_path / ".kubeglass" / "images")
    assert (result.returncode, result.stderr, list(built)) == (0, "", ["python-app"])
    # The source's layer: YAML alone is far smaller.
    assert built["python-app"].layers[2] > 10_000


def test_an_unknown_platform_is_refused(tmp_path: Path) -> None:
    result = call_here(tmp_path, "images", "build", "--demo", "--platform", "darwin/arm64")

    assert (result.returncode, result.stderr) == (
        2,
        "error: --platform: is not a platform to build for (darwin/arm64); choose from: linux/amd64, linux/arm64\n",
    )


def test_the_source_may_be_elsewhere(tmp_path: Path) -> None:
    definition = tmp_path / "kubeglass.yaml"
    definition.write_text("apps: [{name: shop, module: 'shop:app'}]\n")

    result = call_here(tmp_path, "images", "build", "--source", "absent", "shop")

    assert result.returncode == 2
    assert "absent" in result.stderr
