"""What is deployed is read from the cluster itself: the definition may be elsewhere, or newer."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.inspection.live import read_pipeline
from kubeglass.model.load import parse_pipeline
from kubeglass.render.kubernetes.manifests import build
from kubeglass.render.plan import compose

TEXT = """
apps:
  - {name: shop, module: 'shop:app', replicas: 3, metrics_port: 9999}
  - {name: idle, module: 'idle:app', replicas: 0, namespace: quiet}
  - {name: elsewhere, target: '10.0.0.1:9000'}
scrape: {interval: 7s}
collector: {kubelet: {interval: 21s}}
cluster: {namespace: watch, app_namespace: apps}
"""


def render(text: str) -> list[dict[str, Any]]:
    pipeline = parse_pipeline(text)
    return [item for items in build(pipeline, compose(pipeline)).values() for item in items]


def test_everything_that_checks_need_is_read_back() -> None:
    live = read_pipeline("watch", render(TEXT))

    assert [(app.name, app.replicas, app.metrics_port) for app in live.apps] == [("shop", 3, 9999), ("idle", 0, 9464)]
    assert (live.scrape.interval, live.collector.kubelet.interval) == (7.0, 21.0)
    assert live.cluster.namespace == "watch"
    assert [live.namespace_of(app) for app in live.apps] == ["apps", "quiet"]


@pytest.mark.parametrize("enabled", [True, False])
def test_the_kubelet_counts_if_it_is_read(enabled: bool) -> None:
    text = TEXT.replace("kubelet: {interval: 21s}", f"kubelet: {{enabled: {str(enabled).lower()}}}")

    assert read_pipeline("watch", render(text)).collector.kubelet.enabled is enabled


@pytest.mark.parametrize("text", ["receivers: [", "receivers: 1", "- 1", ""])
def test_a_configuration_that_somebody_broke_is_no_obstacle(text: str) -> None:
    objects = render(TEXT)
    for item in objects:
        if item["metadata"]["name"] == "otel-collector-config":
            item["data"] = {"config.yaml": text}

    live = read_pipeline("watch", objects)

    assert live.scrape.interval == 5.0
    assert live.collector.kubelet.enabled
