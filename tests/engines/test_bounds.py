"""What the engines keep on disk is bounded by what kubeglass.yaml says, as the running engines themselves tell it."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from kubeglass.observe.prometheus import Prometheus
from tests.cli.runs import GOOD_APP, assert_nothing_left, foreground, wait_until, wait_until_up

pytestmark = pytest.mark.engines

BOUNDED = """
apps: [{module: 'good:app', workers: 1}]
scrape: {interval: 1s}
storage: {retention: {time: 3d, size: 700MB}}
collector: {queue: {size: 123MB}}
"""

CAPACITY = 'otelcol_exporter_queue_capacity{exporter="otlp_http/prometheus"}'


def test_samples_and_queue_are_kept_within_the_limits_of_the_definition(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD_APP)
    (tmp_path / "kubeglass.yaml").write_text(BOUNDED)
    with foreground(tmp_path):
        record = wait_until_up(tmp_path)
        retention = _ask(record["prometheus"], "runtimeinfo")["storageRetention"]
        with Prometheus(record["prometheus"]) as prometheus:
            capacity = wait_until(lambda: prometheus.value(CAPACITY), "the collector to tell of its queue")

    # Prometheus counts by 1024 and says so.
    assert retention == "3d or 700MiB"
    assert capacity == 123.0 * 1024**2
    assert_nothing_left(tmp_path)


def _ask(prometheus: str, what: str) -> dict[str, str]:
    with urllib.request.urlopen(f"{prometheus}/api/v1/status/{what}", timeout=10) as answer:
        return dict(json.load(answer)["data"])
