"""An app in a plain Python image: ConfigMaps carry its source, and an init container installs its packages.

Nothing of kubeglass needs to be on the cluster, and no image needs to be built.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import kubeglass
from kubeglass.model.sections.app import App
from kubeglass.render.kubernetes.config_maps import MOST_BYTES
from kubeglass.render.kubernetes.names import describe, metadata
from kubeglass.render.kubernetes.pods import TMP, container_security_context, empty_volume, resources_of

_AUTO = "kubeglass/instrument/auto"

#: Where the requirements are installed, and the instrumentation library beside them.
PACKAGES_FOLDER = "/packages"
#: ConfigMap of the instrumentation library, one for all apps of a namespace.
LIBRARY = "kubeglass-library"
_LIBRARY_FOLDER = "/library"
_LIBRARY_FILE = "kubeglass.zip"
#: What the library consists of; .importlinter holds it to these.
_LIBRARY_PARTS = ("__init__.py", "catalog.py", "errors.py", "files.py", "flask", "instrument")

#: Installs the requirements, except kubeglass, which the ConfigMap has.
_INSTALL = """\
import pathlib, re, subprocess, sys, zipfile
packages, library, requirements = sys.argv[1:]
zipfile.ZipFile(library).extractall(packages)
file = pathlib.Path(requirements)
lines = file.read_text().splitlines() if file.exists() else []
wanted = pathlib.Path("/tmp/requirements.txt")
kept = [line for line in lines if not re.match(r"\\s*kubeglass(?![\\w.-])", line, re.I)]
wanted.write_text("\\n".join([*kept, "gunicorn>=23", "prometheus-client>=0.22"]))
pip = [sys.executable, "-m", "pip", "install", "--no-cache-dir", "--disable-pip-version-check", "--no-input"]
sys.exit(subprocess.call([*pip, f"--target={packages}", f"--requirement={wanted}"]))
"""


def build_library(namespace: str) -> dict[str, Any]:
    """Build the ConfigMap of the instrumentation library, for apps whose image may lack it."""
    archive = b64encode(_pack_library()).decode()
    return describe("ConfigMap", metadata(LIBRARY, "app", namespace), binaryData={_LIBRARY_FILE: archive})


def build_source(app: App, namespace: str) -> list[dict[str, Any]]:
    """Build the ConfigMaps that carry the app's source; none if it has no ``source``."""
    return [
        describe("ConfigMap", metadata(name, "app", namespace), **{kind: dict(data) for kind, data in group.items()})
        for name, group, _ in _packed(app)
    ]


def source_volume(app: App) -> dict[str, Any]:
    """Return the volume with the app's source, each file at its own path."""
    sources = [{"configMap": {"name": name, "items": items}} for name, _, items in _packed(app)]
    return {"name": "source", "projected": {"sources": sources}}


def source_hash(app: App) -> dict[str, str]:
    """Return the annotation that replaces the pods when the source or the library changes."""
    if not (app.source or app.install):
        return {}
    digest = hashlib.sha256(_pack_library() if app.install else b"")
    for path, content in app.source_files.items():
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return {"checksum/source": digest.hexdigest()[:16]}


def install_container(app: App, mounts: Sequence[Mapping[str, Any]], pull_policy: str, folder: str) -> dict[str, Any]:
    """Return the init container that installs the app's requirements.

    Args:
        app: has ``install``.
        mounts: of its source.
        pull_policy: as in Kubernetes.
        folder: where its source is mounted.
    """
    assert app.install is not None
    requirements = f"{folder}/{app.install.requirements}"
    return {
        "name": "install",
        "image": app.install.image,
        "imagePullPolicy": pull_policy,
        "command": ["python3", "-c", _INSTALL, PACKAGES_FOLDER, f"{_LIBRARY_FOLDER}/{_LIBRARY_FILE}", requirements],
        # pip reads its settings from variables, such as PIP_INDEX_URL.
        "env": [{"name": name, "value": value} for name, value in {"HOME": "/tmp", **app.env}.items()],  # noqa: S108
        "resources": resources_of(app.resources),
        "securityContext": container_security_context(),
        "volumeMounts": [
            *mounts,
            {"name": "library", "mountPath": _LIBRARY_FOLDER, "readOnly": True},
            {"name": "packages", "mountPath": PACKAGES_FOLDER},
            TMP,
        ],
    }


def install_volumes() -> list[dict[str, Any]]:
    """Return the volumes of the init container."""
    return [{"name": "library", "configMap": {"name": LIBRARY}}, empty_volume("packages", "1Gi")]


#: What the app's container mounts of them, and the variable that makes Python find it.
PACKAGES_MOUNT = {"name": "packages", "mountPath": PACKAGES_FOLDER, "readOnly": True}
PACKAGES_VARIABLE = {"name": "PYTHONPATH", "value": f"{PACKAGES_FOLDER}:{PACKAGES_FOLDER}/{_AUTO}"}


def _packed(app: App) -> Iterator[tuple[str, dict[str, dict[str, str]], list[dict[str, str]]]]:
    """Yield each ConfigMap's name, data and items, in as few as ``kubectl apply`` takes."""
    group: dict[str, dict[str, str]] = {}
    items: list[dict[str, str]] = []
    number, room = 1, MOST_BYTES
    for index, (path, content) in enumerate(app.source_files.items()):
        kind, text = _encode(content)
        size = len(json.dumps(text)) + 2 * len(path)
        if items and size > room:
            yield _numbered(app.name, number), group, items
            group, items, number, room = {}, [], number + 1, MOST_BYTES
        # Keys allow fewer characters than paths; the number keeps them apart.
        key = f"{index}-{re.sub(r'[^-._a-zA-Z0-9]', '_', path.rpartition('/')[2])[-200:]}"
        group.setdefault(kind, {})[key] = text
        items.append({"key": key, "path": path})
        room -= size
    if items:
        yield _numbered(app.name, number), group, items


def _numbered(app: str, number: int) -> str:
    return f"{app}-source" if number == 1 else f"{app}-source-{number}"


def _encode(content: bytes) -> tuple[str, str]:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return "binaryData", b64encode(content).decode()
    # The API server's JSON has no other control characters than these.
    return (
        ("data", text)
        if text.isprintable() or not re.search(r"[\x00-\x08\x0b-\x1f]", text)
        else (
            "binaryData",
            b64encode(content).decode(),
        )
    )


def _pack_library() -> bytes:
    """Return the library as a zip file: the same bytes for the same library."""
    root = Path(kubeglass.__file__).parent
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in _LIBRARY_PARTS:
            path = root / part
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                if file.is_file() and "__pycache__" not in file.parts:
                    name = zipfile.ZipInfo(f"kubeglass/{file.relative_to(root)}")
                    archive.writestr(name, file.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)
    return buffer.getvalue()
