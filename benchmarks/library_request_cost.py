"""What instrumentation adds to one request, against a bare application and what others use.

Target: at most 3 µs in one process and at most 1/8 of prometheus-flask-exporter's; at most 6 µs with values that
workers share.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, request
from prometheus_client import CollectorRegistry, Counter, Histogram
from rounds import measure, write_result
from werkzeug.test import create_environ

from kubeglass.flask import instrument

REQUESTS = 400
ROUNDS = 101


def make_app() -> Flask:
    """Make the application that every candidate instruments."""
    app = Flask("bench")

    @app.route("/products/<int:number>")
    def product(number: int) -> str:
        return str(number)

    return app


def bare(app: Flask) -> None:
    """Leave the application as it is."""


def hand_written(app: Flask) -> None:
    """Count as tutorials do, in hooks before and after the request."""
    registry = CollectorRegistry()
    labels = ["method", "endpoint", "status"]
    count = Counter("http_requests_total", "Requests.", labels, registry=registry)
    duration = Histogram("http_request_duration_seconds", "Duration.", labels[:2], registry=registry)

    @app.before_request
    def before() -> None:
        request.began = time.perf_counter()  # type: ignore[attr-defined]

    @app.after_request
    def after(response: Any) -> Any:
        endpoint = request.url_rule.rule if request.url_rule else "none"
        taken = time.perf_counter() - request.began  # type: ignore[attr-defined]
        duration.labels(request.method, endpoint).observe(taken)
        count.labels(request.method, endpoint, str(response.status_code)).inc()
        return response


def exporter(app: Flask) -> None:
    """Use prometheus-flask-exporter, with route templates, which are not its default."""
    from prometheus_flask_exporter import PrometheusMetrics

    PrometheusMetrics(app, group_by="url_rule", registry=CollectorRegistry())


def opentelemetry(app: Flask) -> None:
    """Use OpenTelemetry's instrumentation with its Prometheus reader."""
    from opentelemetry.exporter.prometheus import PrometheusMetricReader
    from opentelemetry.instrumentation.flask import FlaskInstrumentor
    from opentelemetry.sdk.metrics import MeterProvider

    FlaskInstrumentor().instrument_app(app, meter_provider=MeterProvider([PrometheusMetricReader()]))


def kubeglass(app: Flask) -> None:
    """Use this library."""
    instrument(app, registry=CollectorRegistry())


def kubeglass_shared(app: Flask) -> None:
    """Use this library with values that workers share."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp()
    instrument(app, registry=CollectorRegistry())
    del os.environ["PROMETHEUS_MULTIPROC_DIR"]


CANDIDATES = {
    "bare Flask": bare,
    "hand-written hooks": hand_written,
    "prometheus-flask-exporter": exporter,
    "opentelemetry-instrumentation-flask": opentelemetry,
    "kubeglass": kubeglass,
    "kubeglass, multiprocess values": kubeglass_shared,
}


def one_round(app: Flask) -> Callable[[], float]:
    """Return a function that answers requests as a WSGI server would, and tells the microseconds for each."""
    template = create_environ("/products/7")

    def start_response(*_: object) -> Any:
        return None

    def run() -> float:
        environs = [template.copy() for _ in range(REQUESTS)]
        began = time.thread_time()
        for environ in environs:
            body: Any = app(environ, start_response)
            for _ in body:
                pass
            body.close()
        return (time.thread_time() - began) / REQUESTS * 1e6

    return run


def serve_rounds(name: str) -> None:
    """Run one round for each line on standard input; a candidate has a process to itself."""
    app = make_app()
    CANDIDATES[name](app)
    run = one_round(app)
    for _ in sys.stdin:
        print(run(), flush=True)


def start_candidate(name: str) -> Callable[[], float]:
    """Start a candidate's process and return a function that has it run a round."""
    command = [sys.executable, __file__, name]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    assert process.stdin is not None
    assert process.stdout is not None
    sent, received = process.stdin, process.stdout

    def run() -> float:
        sent.write("\n")
        return float(received.readline())

    return run


def main() -> None:
    """Measure and write the result."""
    runs = {name: start_candidate(name) for name in CANDIDATES}
    figures = measure(runs, rounds=ROUNDS, unit="µs of processor time per request")
    added = {name: figure.median - figures["bare Flask"].median for name, figure in figures.items()}
    derived = {f"added by {name}, µs": value for name, value in added.items() if name != "bare Flask"}
    derived["prometheus-flask-exporter / kubeglass"] = added["prometheus-flask-exporter"] / added["kubeglass"]
    derived["hand-written hooks / kubeglass"] = added["hand-written hooks"] / added["kubeglass"]
    derived["opentelemetry / kubeglass"] = added["opentelemetry-instrumentation-flask"] / added["kubeglass"]
    write_result(
        "library_request_cost",
        claim="adds at most 3 µs to a request, 1/8 of prometheus-flask-exporter; 6 µs with multiprocess values",
        method=(
            f"medians of {ROUNDS} interleaved rounds of {REQUESTS} WSGI calls, each candidate in a process of its own;"
            " processor time, since the machine is shared; what is added is the difference to bare Flask"
        ),
        figures=figures,
        derived=derived,
    )


if __name__ == "__main__":
    serve_rounds(sys.argv[1]) if sys.argv[1:] else main()
