"""A collector that is taken from PATH can do all that a rendered configuration may ask of it."""

from __future__ import annotations

from pathlib import Path

from kubeglass.engines.registry import COMPONENTS
from kubeglass.model.load import parse_pipeline
from kubeglass.model.local import LocalPorts, LocalSettings
from kubeglass.render.otelcol.config import build_cluster, build_local
from kubeglass.schemas.versions import KINDS

FULLEST = """
apps: [{name: shop, module: "shop:app"}, {name: other, target: "127.0.0.1:9000"}]
collector: {host_metrics: {enabled: true}, kubelet: {enabled: true}}
storage: {remote: {url: "https://x.example/otlp", auth: {%s}}}
"""
AUTHS = ("basic: {username: me, password: {env: P}}", "bearer: {env: T}", "header: {name: key, value: {env: K}}")


def test_the_components_asked_for_are_those_that_are_rendered() -> None:
    settings = LocalSettings(Path("/x"), LocalPorts(apps={"shop": 8000}))
    pipelines = [parse_pipeline(FULLEST % auth) for auth in AUTHS]
    documents = [build for each in pipelines for build in (build_local(each, settings), build_cluster(each))]

    rendered = {name.partition("/")[0] for document in documents for kind in KINDS for name in document.get(kind, ())}

    assert sorted(COMPONENTS) == sorted(rendered)
