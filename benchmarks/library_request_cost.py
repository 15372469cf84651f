"""What instrumentation adds to one request, against a bare application and what others use.

Targets, as multiples of a hand-made lower bound in the same run: at most 2.0 times in one process and 3.5 times with
values that workers share; at most 1/8 of what prometheus-flask-exporter adds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from flask import Flask, request
from prometheus_client import CollectorRegistry, Counter, Histogram
from rounds import count_rounds, judge, measure, write_result
from werkzeug.test import create_environ

from kubeglass.catalog import DURATION_BUCKETS
from kubeglass.flask import instrument

REQUESTS = 400
ROUNDS = count_rounds(101)


def make_app() -> Flask:
    """Make the application that every candidate instruments."""
    app = Flask("bench")

    @app.route("/products/<int:number>")
    def product(number: int) -> str:
        return str(number)

    return app


def bare(app: Flask) -> None:
    """Leave the application as it is."""


def lower_bound(app: Flask) -> None:
    """Do the least that measuring can do: two clock reads, one bisect, three additions, one hook; one series for all."""
    inside, clock = app.wsgi_app, time.perf_counter
    bounds = (*DURATION_BUCKETS, float("inf"))
    buckets, totals = [0.0] * len(bounds), [0.0, 0.0]

    @app.after_request
    def after(response: Any) -> Any:
        return response

    def measured(environ: Any, start_response: Any) -> Any:
        began = clock()
        body = inside(environ, start_response)
        seconds = clock() - began
        buckets[bisect_left(bounds, seconds)] += 1.0
        totals[0] += seconds
        totals[1] += 1.0
        return body

    app.wsgi_app = measured  # type: ignore[method-assign]


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


def kubeglass_label(app: Flask) -> None:
    """Use this library with a label that is a function of the request."""
    instrument(app, registry=CollectorRegistry(), extra_labels={"tenant": lambda request: request.method.lower()})


def kubeglass_sizes(app: Flask) -> None:
    """Use this library and have it measure sizes."""
    instrument(app, registry=CollectorRegistry(), sizes=True)


def middleware_inside(app: Flask) -> None:
    """Put a WSGI middleware around the application, as proxies' headers or sessions need one."""
    inside = app.wsgi_app
    app.wsgi_app = lambda environ, start_response: inside(environ, start_response)  # type: ignore[method-assign]


def kubeglass_outside(app: Flask) -> None:
    """Use this library around an application that has a WSGI middleware inside."""
    middleware_inside(app)
    instrument(app, registry=CollectorRegistry())


BOUND = "hand-made lower bound"
BARE, INSIDE, TRACED = "bare Flask", "bare Flask, WSGI middleware", "bare Flask, request with traceparent"
CANDIDATES = {
    BARE: bare,
    INSIDE: middleware_inside,
    TRACED: bare,
    BOUND: lower_bound,
    "hand-written hooks": hand_written,
    "prometheus-flask-exporter": exporter,
    "opentelemetry-instrumentation-flask": opentelemetry,
    "kubeglass": kubeglass,
    "kubeglass, multiprocess values": kubeglass_shared,
    "kubeglass, request with traceparent (an exemplar each)": kubeglass,
    "kubeglass, a label that is a function": kubeglass_label,
    "kubeglass, WSGI middleware inside": kubeglass_outside,
    "kubeglass, sizes=True": kubeglass_sizes,
}

#: Candidates that are compared with another than bare Flask, which the same is done to.
BASES = {
    "kubeglass, request with traceparent (an exemplar each)": TRACED,
    "kubeglass, WSGI middleware inside": INSIDE,
}
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def one_round(app: Flask, headers: dict[str, str]) -> Callable[[], float]:
    """Return a function that answers requests as a WSGI server would, and tells the microseconds for each."""
    template = create_environ("/products/7", headers=headers)

    def start_response(*_: object) -> Any:
        return None

    def run() -> float:
        environs = [template.copy() for _ in range(REQUESTS)]
        began = time.thread_time()
        while environs:
            # Taken out of the list, since a server does not keep a request's environ either.
            body: Any = app(environs.pop(), start_response)
            for _ in body:
                pass
            body.close()
        return (time.thread_time() - began) / REQUESTS * 1e6

    return run


def serve_rounds(name: str) -> None:
    """Run one round for each line on standard input; a candidate has a process to itself."""
    app = make_app()
    CANDIDATES[name](app)
    run = one_round(app, {"traceparent": TRACEPARENT} if "traceparent" in name else {})
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


def judge_all(added: dict[str, float], ratio: float) -> str:
    """Say of each target whether it is met."""
    alone, shared = added["kubeglass"] / added[BOUND], added["kubeglass, multiprocess values"] / added[BOUND]
    return (
        f"adds at most 2 times the hand-made lower bound to a request: target {'met' if alone <= 2 else 'missed'}"
        f" ({alone:.3g} times); at most 3.5 times with multiprocess values: target"
        f" {'met' if shared <= 3.5 else 'missed'} ({shared:.3g} times); at most 1/8 of what prometheus-flask-exporter"
        f" adds: {judge(ratio, 8)}"
    )


def main() -> None:
    """Measure and write the result."""
    runs = {name: start_candidate(name) for name in CANDIDATES}
    figures = measure(runs, rounds=ROUNDS, unit="µs of processor time per request")
    added = {name: figures[name].median - figures[BASES.get(name, BARE)].median for name in CANDIDATES}
    derived = {f"added by {name}, µs": value for name, value in added.items() if not name.startswith(BARE)}
    ratio = added["prometheus-flask-exporter"] / added["kubeglass"]
    derived[f"kubeglass / {BOUND}"] = added["kubeglass"] / added[BOUND]
    derived[f"kubeglass, multiprocess values / {BOUND}"] = added["kubeglass, multiprocess values"] / added[BOUND]
    derived["prometheus-flask-exporter / kubeglass"] = ratio
    derived["hand-written hooks / kubeglass"] = added["hand-written hooks"] / added["kubeglass"]
    derived["opentelemetry / kubeglass"] = added["opentelemetry-instrumentation-flask"] / added["kubeglass"]
    write_result(
        "library_request_cost",
        claim=judge_all(added, ratio),
        method=(
            f"medians of {ROUNDS} interleaved rounds of {REQUESTS} WSGI calls, each candidate in a process of its own;"
            " processor time, since the machine is shared; what is added is the difference to bare Flask, with the same"
            " middleware or header where the candidate has one"
        ),
        figures=figures,
        derived=derived,
    )


if __name__ == "__main__":
    serve_rounds(sys.argv[1]) if sys.argv[1:] else main()
