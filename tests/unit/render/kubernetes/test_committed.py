"""The committed manifests are what the renderers make of the definition beside them now."""

from __future__ import annotations

from kubeglass.model.load import load_pipeline
from kubeglass.render.files import compare
from kubeglass.render.plan import render_kubernetes
from kubeglass.render.yaml import HEADER
from tests.house.house import ROOT

MANIFESTS = ROOT / "manifests"
COMMAND = "kubeglass render --to kubernetes --file manifests/kubeglass.yaml"


def test_the_committed_manifests_match_their_definition() -> None:
    files = render_kubernetes(load_pipeline(MANIFESTS / "kubeglass.yaml"))

    changes = compare(files, MANIFESTS, header=HEADER)

    assert [f"{change.kind}: {change.path}" for change in changes] == [], f"run: {COMMAND}"
