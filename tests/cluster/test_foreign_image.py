"""An image that was built here for another processor runs an app there: on this machine, by Debian's emulator of it."""

from __future__ import annotations

import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from kubeglass.engines.platform import detect_platform
from tests.cluster.bed.layout import find_layout
from tests.cluster.bed.packages import unpack_emulator
from tests.cluster.pipeline.stand import KUBEGLASS

OTHER = {"amd64": "arm64", "arm64": "amd64"}[detect_platform().arch]
APP = """
import ctypes, platform, sqlite3, ssl
from flask import Flask
from markupsafe import _speedups  # compiled: the wheel of the other processor

app = Flask(__name__)
print(platform.machine())
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of an image that the command built for the other processor."""
    folder = tmp_path_factory.mktemp("foreign")
    (folder / "kubeglass.yaml").write_text("apps: [{name: shop, module: 'shop:app'}]\n")
    (folder / "requirements.txt").write_text("flask\n")
    (folder / "shop.py").write_text(APP)
    command: list[str | Path] = [KUBEGLASS, "images", "build", "shop", "--platform", f"linux/{OTHER}"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert f"localhost/kubeglass/shop:0.1.0: not started here, because it is for linux/{OTHER}" in result.stderr
    unpacked = folder / "unpacked"
    with tarfile.open(folder / ".kubeglass" / "images" / "shop.tar") as archive:
        archive.extractall(unpacked, filter="fully_trusted")
    (manifest,) = {entry["digest"] for entry in read(unpacked, "index.json")["manifests"]}
    for layer in read(unpacked, blob(manifest))["layers"]:
        with tarfile.open(unpacked / blob(layer["digest"])) as archive:
            archive.extractall(folder / "root", filter="fully_trusted")
    return folder / "root"


def test_an_image_for_another_processor_runs_there(root: Path) -> None:
    emulator = unpack_emulator(find_layout().cache, OTHER)
    (root / "emulator").write_bytes(emulator.read_bytes())
    (root / "emulator").chmod(0o755)
    (root / "proc").mkdir(exist_ok=True)
    program = ["/emulator", "/venv/bin/python3", "-m", "gunicorn", "--check-config", "--chdir=/app", "shop:app"]

    result = subprocess.run(
        ["/usr/sbin/chroot", root, *program],
        env={"PATH": "/venv/bin:/usr/local/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[0] == {"arm64": "aarch64", "amd64": "x86_64"}[OTHER]


def read(folder: Path, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / name).read_text())
    return document


def blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"
