"""Edit, build, load, deploy: the pods that respond run the edited source."""

from __future__ import annotations

import subprocess
import sys

from kubeglass import __version__
from kubeglass.engines.platform import detect_platform
from kubeglass.images.archive import write_archive
from kubeglass.images.image import File, Image
from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.stand import APP, KUBEGLASS, Stand

NAME = "edited"
SOURCE = """
from flask import Flask
app = Flask(__name__)

@app.get("/")
def hello():
    return "{word}"
"""
ASK = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode(), end='')"


def edit(stand: Stand, word: str) -> None:
    (stand.folder / "app.py").write_text(SOURCE.format(word=word))


def build_and_load(stand: Stand) -> None:
    subprocess.run([KUBEGLASS, "images", "build", NAME], cwd=stand.folder, check=True, capture_output=True)
    stand.cluster.import_image(stand.folder / ".kubeglass" / "images" / f"{NAME}.tar")


def answer(stand: Stand) -> str:
    """Ask the app through its NodePort; empty if nobody answers (yet)."""
    return stand.cluster.run([sys.executable, "-c", ASK, stand.url], check=False).stdout


def test_an_edited_app_rolls_and_an_unchanged_one_does_not(stand: Stand) -> None:
    definition = stand.folder / "kubeglass.yaml"
    text = definition.read_text().replace("name: python-app", f"name: {NAME}").replace("shop:create_app()", "app:app")
    definition.write_text(text.replace("replicas: 2", "replicas: 1"))
    (stand.folder / "requirements.txt").write_text("flask\n")
    edit(stand, "before")
    build_and_load(stand)
    stand.kubeglass("deploy", "--no-verify")
    wait_until(lambda: answer(stand) == "before", "the Service to know the pod")

    again = stand.kubeglass("deploy", "--no-verify")
    edit(stand, "after")
    build_and_load(stand)
    rolled = stand.kubeglass("deploy", "--no-verify")

    assert f"deployment/{NAME} changed" not in again.stderr
    assert f"deployment/{NAME} changed" in rolled.stderr
    wait_until(lambda: answer(stand) == "after", "the Service to forget the old pod")


def test_an_image_that_was_built_and_not_loaded_is_reported_missing(stand: Stand) -> None:
    edit(stand, "never loaded")
    subprocess.run([KUBEGLASS, "images", "build", NAME], cwd=stand.folder, check=True, capture_output=True)

    result = stand.kubeglass("deploy", "--no-verify", check=False)

    assert result.returncode == 9
    assert "kubeglass images load" in result.stderr
    assert answer(stand) == "after"


def test_an_image_for_another_processor_is_refused_before_anything_changes(stand: Stand) -> None:
    (stand.folder / "kubeglass.yaml").write_text((stand.folder / "kubeglass.yaml").read_text().replace(APP, NAME))
    shown = ("get", "deployments,daemonsets,configmaps", "--namespace", stand.apps, "--output", "yaml")
    before = stand.cluster.kubectl(*shown)
    here = detect_platform().arch
    foreign = {"amd64": "arm64", "arm64": "amd64"}[here]
    reference = f"localhost/kubeglass/{NAME}:{__version__}"
    image = Image(reference, ((File("a", b"1"),),), ("/a",), architecture=foreign)
    write_archive(image, stand.folder / ".kubeglass" / "images" / f"{NAME}.tar")

    results = [stand.kubeglass("deploy", *options, check=False) for options in ([], ["--diff"], ["--dry-run"])]

    found = f"({reference} is {foreign}, node {stand.cluster.node_name} is {here})"
    wanted = f"error: deployment/{NAME}: its image can run on no node {found}; build it for the node: kubeglass images"
    assert {result.returncode for result in results} == {9}
    assert [result.stderr for result in results if wanted not in result.stderr] == []
    assert stand.cluster.kubectl(*shown) == before
