"""What Prometheus, and the collector with its list, say of their targets."""

from __future__ import annotations

import json

from kubeglass.observe.prometheus import Prometheus, Target
from tests.unit.observe.test_collector import serving

FOUND = [
    {"labels": {"job": "a"}, "scrapeUrl": "http://a:1/metrics", "health": "up", "lastError": ""},
    {"labels": {"job": "b"}, "scrapeUrl": "http://b:1/metrics", "health": "down", "lastError": "EOF"},
    # It was down before its configuration changed.
    {"labels": {"job": "c"}, "scrapeUrl": "http://c:1/metrics", "health": "unknown", "lastError": "EOF"},
]


def test_a_target_that_is_down_has_an_error_and_no_other() -> None:
    answer = json.dumps({"status": "success", "data": {"activeTargets": FOUND}})
    with serving(answer) as url, Prometheus(url.removesuffix("/metrics")) as prometheus:
        assert prometheus.targets() == [
            Target({"job": "a"}, "http://a:1/metrics", ""),
            Target({"job": "b"}, "http://b:1/metrics", "EOF"),
            Target({"job": "c"}, "http://c:1/metrics", ""),
        ]
