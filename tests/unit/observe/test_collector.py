"""Reading the collector's own metrics page, as version 0.155 writes it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from kubeglass.observe.collector import CollectorTelemetry, read_collector
from kubeglass.observe.errors import RefusedError, UnreachableError

PAGE = """
# TYPE otelcol_receiver_accepted_metric_points counter
otelcol_receiver_accepted_metric_points{receiver="prometheus",transport="http"} 35
otelcol_receiver_accepted_metric_points{receiver="host_metrics",transport=""} 5
# TYPE otelcol_exporter_sent_metric_points_total counter
otelcol_exporter_sent_metric_points_total{exporter="otlp_http/prometheus"} 21
# TYPE otelcol_exporter_queue_size gauge
otelcol_exporter_queue_size{data_type="metrics",exporter="otlp_http/prometheus"} 7
"""


@contextmanager
def serving(page: str, status: int = 200) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(page.encode())

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/metrics"
        finally:
            server.shutdown()
            thread.join()


def test_counters_are_summed_with_and_without_their_suffix() -> None:
    with serving(PAGE) as url:
        assert read_collector(url) == CollectorTelemetry(accepted=40, sent=21)


@pytest.mark.parametrize(("page", "status", "said"), [("{]", 200, "did not return metrics"), ("", 500, "with 500")])
def test_another_page_is_refused(page: str, status: int, said: str) -> None:
    with serving(page, status) as url, pytest.raises(RefusedError, match=said):
        read_collector(url)


def test_nobody_there_is_said(free_ports: Callable[[int], list[int]]) -> None:
    with pytest.raises(UnreachableError, match="does not respond"):
        read_collector(f"http://127.0.0.1:{free_ports(1)[0]}/metrics")
