"""ConfigMaps carry an app's source; an init container installs its packages into a plain Python image."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from kubeglass.errors import ConfigError
from kubeglass.model.load import load_pipeline
from kubeglass.render.kubernetes import manifests
from kubeglass.render.plan import compose

TEXT = """\
apps:
  - name: shop
    module: shop:app
    source: [.]
    install: {image: 'python:3-slim'}
cluster: {app_namespace: shops}
"""


def build(folder: Path, text: str = TEXT) -> list[dict[str, Any]]:
    (folder / "kubeglass.yaml").write_text(text)
    pipeline = load_pipeline(folder / "kubeglass.yaml")
    return manifests.build(pipeline, compose(pipeline))["python-app.yaml"]


def pod_of(objects: list[dict[str, Any]]) -> dict[str, Any]:
    (template,) = [item["spec"]["template"] for item in objects if item["kind"] == "Deployment"]
    return dict(template)


def mounted(objects: list[dict[str, Any]]) -> dict[str, bytes]:
    """The files as the kubelet writes them into the volume."""
    maps = {item["metadata"]["name"]: item for item in objects if item["kind"] == "ConfigMap"}
    (volume,) = [volume for volume in pod_of(objects)["spec"]["volumes"] if volume["name"] == "source"]
    files = {}
    for projected in volume["projected"]["sources"]:
        item = maps[projected["configMap"]["name"]]
        for entry in projected["configMap"]["items"]:
            if entry["key"] in item.get("data", {}):
                files[entry["path"]] = item["data"][entry["key"]].encode()
            else:
                files[entry["path"]] = b64decode(item["binaryData"][entry["key"]])
    return files


def test_the_pod_sees_the_files_byte_for_byte(tmp_path: Path) -> None:
    sources = {
        "shop.py": b"app = 1\r\n\tno newline",
        "templates/a page.html": "<p>ä</p>\n".encode(),
        "other/a page.html": b"another of the same name",
        "static/logo.png": bytes(range(256)),
        "empty.py": b"",
    }
    for path, content in sources.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)

    files = mounted(build(tmp_path))

    assert {path: content for path, content in files.items() if path != "kubeglass.yaml"} == sources


def test_what_tools_leave_behind_and_hidden_files_stay_out(tmp_path: Path) -> None:
    for path in (".env", ".git/config", "__pycache__/shop.pyc", "shop.pyc", "node_modules/a.js", "shop.py"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("x")

    assert set(mounted(build(tmp_path))) == {"shop.py", "kubeglass.yaml"}


def test_a_folder_keeps_its_name(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("app = 1\n")

    assert set(mounted(build(tmp_path, TEXT.replace("[.]", "[shop]")))) == {"shop/__init__.py"}


def test_a_large_source_is_split_into_maps_that_kubectl_applies(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"data{number}.txt").write_text("x" * 90_000)

    objects = build(tmp_path)

    sizes = [sum(map(len, item["data"].values())) for item in objects if "-source" in item["metadata"]["name"]]
    assert len(sizes) == 3
    assert max(sizes) < 262_144
    assert len(mounted(objects)) == 6


def test_changed_source_replaces_the_pods(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("app = 1\n")
    before = pod_of(build(tmp_path))["metadata"]["annotations"]
    (tmp_path / "shop.py").write_text("app = 2\n")

    after = pod_of(build(tmp_path))["metadata"]["annotations"]

    assert before.keys() == after.keys()
    assert before["checksum/source"] != after["checksum/source"]


def test_the_library_comes_along_and_imports_by_itself(tmp_path: Path) -> None:
    (library,) = [item for item in build(tmp_path) if item["metadata"]["name"] == "kubeglass-library"]
    archive = zipfile.ZipFile(io.BytesIO(b64decode(library["binaryData"]["kubeglass.zip"])))
    archive.extractall(tmp_path / "packages")
    check = "import kubeglass.flask, kubeglass.instrument.metrics_server; print(kubeglass.flask.__file__)"

    path = f"{tmp_path / 'packages'}"
    result = subprocess.run(
        [sys.executable, "-c", check], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )

    assert result.stdout.startswith(path)
    assert library["metadata"]["namespace"] == "shops"


def test_requirements_are_installed_without_kubeglass(tmp_path: Path) -> None:
    """The script runs with a pip that only notes what it is asked for."""
    (tmp_path / "requirements.txt").write_text("Flask>=3\nkubeglass[cli]>=0.1\nkubeglass-plugin\n# a comment\n")
    (container,) = pod_of(build(tmp_path))["spec"]["initContainers"]
    script = container["command"][2]
    (tmp_path / "kubeglass.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    (tmp_path / "pip.py").write_text("import sys\nprint(open(sys.argv[-1].partition('=')[2]).read(), sys.argv[1:])\n")

    command = [sys.executable, "-c", script.replace("/tmp/", f"{tmp_path}/wanted-"), tmp_path / "p"]
    result = subprocess.run(
        [*command, tmp_path / "kubeglass.zip", tmp_path / "requirements.txt"],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "Flask>=3\nkubeglass-plugin\n# a comment\ngunicorn>=23\nprometheus-client>=0.22" in result.stdout
    assert f"--target={tmp_path / 'p'}" in result.stdout
    assert container["command"][3:] == ["/packages", "/library/kubeglass.zip", "/app/requirements.txt"]
    assert container["image"] == "python:3-slim"


def test_a_source_on_the_node_is_installed_too(tmp_path: Path) -> None:
    text = TEXT.replace("source: [.]", "host_path: {path: /home/me/shop}")
    pod = pod_of(build(tmp_path, text))["spec"]

    assert {"name": "source", "mountPath": "/app", "readOnly": True} in pod["initContainers"][0]["volumeMounts"]
    assert pod["securityContext"]["runAsUser"] == 1000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TEXT.replace("[.]", "[absent]"), "cannot be read (No such file or directory)"),
        (TEXT.replace("    install", "    host_path: {path: /srv/shop}\n    install"), "conflicts with 'host_path'"),
        (TEXT.replace("    install", "    image: mine:1\n    install"), "conflicts with 'image'"),
        (TEXT.replace("    source: [.]\n", ""), "needs the app's source"),
        (TEXT.replace("    install: {image: 'python:3-slim'}\n", ""), "needs an image"),
        (TEXT.replace("module: shop:app", "target: 127.0.0.1:80"), "conflicts with 'target'"),
        (TEXT.replace("[.]", "[large]"), "large has 701 kB"),
        (TEXT.replace("[.]", "[empty]"), "contains no file"),
    ],
)
def test_what_cannot_work_is_refused_with_what_to_do(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "large").write_bytes(bytes(701_000))
    (tmp_path / "empty").mkdir()

    with pytest.raises(ConfigError) as caught:
        build(tmp_path, text)

    assert words in "\n".join((caught.value.message, *caught.value.details))
