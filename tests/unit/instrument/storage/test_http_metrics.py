"""Requests in memory may wait to be added, but not beyond a scrape, and not without limit."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from kubeglass.instrument.options import Options
from kubeglass.instrument.storage.cells import MemoryStore
from kubeglass.instrument.storage.http_metrics import HttpMetrics
from kubeglass.instrument.storage.request_series import MOST_PENDING
from kubeglass.instrument.text.http_collector import HttpCollector


def finish_requests(metrics: HttpMetrics, number: int) -> None:
    """Let requests of one kind begin and end."""
    series = metrics.series("GET", "/", "200", ())
    for _ in range(number):
        metrics.progress.begin(None)
        metrics.finish(series, 0.5)


def test_a_scrape_shows_requests_that_have_just_ended() -> None:
    metrics, registry = HttpMetrics(MemoryStore(), Options()), CollectorRegistry()
    registry.register(HttpCollector(metrics, registry))

    finish_requests(metrics, 3)

    assert registry.get_sample_value("http_requests_in_progress") == 0
    labels = {"method": "GET", "endpoint": "/", "status": "200"}
    assert registry.get_sample_value("http_requests_total", labels) == 3


def test_requests_are_added_without_a_scrape_when_many_are_pending() -> None:
    metrics = HttpMetrics(MemoryStore(), Options())

    finish_requests(metrics, MOST_PENDING + 1)

    [(_, child)] = metrics.requests.items()
    assert child.read() == MOST_PENDING + 1


def test_a_kind_of_request_has_its_pending_ones_in_one_place() -> None:
    metrics = HttpMetrics(MemoryStore(), Options())

    assert metrics.series("GET", "/", "200", ()) is metrics.series("GET", "/", "200", ())
    assert metrics.series("GET", "/", "200", ()) is not metrics.series("GET", "/", "404", ())
