"""What users install: the wheel, in clean environments, without and with the ``[cli]`` extra."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

from tests.cli.runs import wait_until

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the tree, as `make wheel` does."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    return next(folder.glob("kubeglass-*.whl"))


@pytest.fixture(scope="session")
def library_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel alone, as a production app does."""
    return _install(str(wheel), tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="session")
def cli_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel with the command line."""
    return _install(f"kubeglass[cli] @ {wheel.as_uri()}", tmp_path_factory.mktemp("cli"))


def test_the_wheel_holds_the_page_the_collector_and_the_demo(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert "kubeglass/viewer/static/index.html" in names
    assert any(name.startswith("kubeglass/viewer/static/assets/") and name.endswith(".js") for name in names)
    assert any(name.endswith("collector/builder.yaml") for name in names)
    assert "kubeglass/instrument/auto/kubeglass_auto.dist-info/entry_points.txt" in names
    assert "kubeglass/examples/shop/kubeglass.yaml" in names
    assert "kubeglass/py.typed" in names
    assert {Path(name).name for name in names} >= {"LICENSE", "NOTICE"}
    assert not [name for name in names if "node_modules" in name or name.startswith("tests/")]


def test_the_library_brings_prometheus_client_and_nothing_else(library_python: Path) -> None:
    listed = _run(UV, "pip", "list", "--format", "freeze", "--python", library_python).stdout

    assert {line.split("==")[0].split(" @")[0] for line in listed.splitlines()} == {"kubeglass", "prometheus-client"}


def test_the_library_imports_without_the_extra(library_python: Path) -> None:
    result = _run(library_python, "-c", "import kubeglass.instrument, kubeglass.catalog; print('imported')")

    assert result.stdout == "imported\n"


def test_a_flask_app_is_instrumented_by_the_library_alone(wheel: Path, tmp_path: Path) -> None:
    python = _install(str(wheel), tmp_path, "flask")
    code = (
        "from flask import Flask; from kubeglass.flask import instrument; app = Flask('shop'); instrument(app)\n"
        "client = app.test_client(); client.get('/nowhere'); print(client.get('/metrics').text)"
    )

    result = _run(python, "-c", code)

    assert 'http_requests_total{endpoint="<unmatched>",method="GET",status="404"} 1.0' in result.stdout


def test_the_command_says_how_to_get_the_extra(library_python: Path) -> None:
    result = _run(library_python.with_name("kubeglass"), "up", check=False)

    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert 'pip install "kubeglass[cli]"' in result.stderr


def test_the_command_line_runs_from_the_wheel(cli_python: Path, wheel: Path) -> None:
    version = wheel.name.split("-")[1]

    result = _run(cli_python.with_name("kubeglass"), "--version")

    assert result.stdout == f"kubeglass {version}\n"


def test_the_wheel_renders_a_pipeline(cli_python: Path, tmp_path: Path) -> None:
    _run(cli_python.with_name("kubeglass"), "render", "--to", "local", "--out", "out", cwd=tmp_path)

    assert (tmp_path / "out" / "otelcol" / "config.yaml").is_file()
    assert (tmp_path / "out" / "dashboards" / "application-overview.json").is_file()


def test_the_wheel_serves_the_page(cli_python: Path, tmp_path: Path, free_port: int) -> None:
    address = f"http://127.0.0.1:{free_port}"
    options = ["--port", str(free_port), "--prometheus", "http://127.0.0.1:9", "--dashboards", str(tmp_path)]
    with subprocess.Popen([cli_python, "-m", "kubeglass.viewer", *options], cwd=tmp_path) as server:
        try:
            page = wait_until(lambda: _get(address), "the page").decode()
            assets = re.findall(r'(?:src|href)="/?(assets/[^"]+\.js)"', page)
            contents = [_get(f"{address}/{asset}") for asset in assets]
        finally:
            server.terminate()

    assert assets
    assert all(contents)


def _get(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bytes(answer.read())
    except OSError:
        return b""


def _install(requirement: str, folder: Path, *beside: str) -> Path:
    _run(UV, "venv", "--quiet", "--python", sys.executable, folder / "venv")
    python = folder / "venv" / "bin" / "python"
    pins = folder / "pins.txt"
    locked = (ROOT / "requirements" / "cli.lock").read_text().splitlines()
    pins.write_text("\n".join(line.split(" \\")[0] for line in locked if line[:1].isalnum()))
    _run(UV, "pip", "install", "--quiet", "--python", python, "--constraint", pins, requirement, *beside)
    return python


def _run(
    program: Path | str, *arguments: Path | str, check: bool = True, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    result = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, cwd=cwd)
    assert result.returncode == 0 or not check, result.stderr
    return result
