"""What instrumentation adds to one request, against a bare application and what others use.

Targets, as multiples of a hand-made lower bound in the same run: at most 2.0 times in one process and 3.5 times with
values that workers share; at most 1/8 of what prometheus-flask-exporter adds. Instructions are counted, because on a
shared machine the same code takes up to twice the time from one minute to the next. Needs valgrind.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask, request
from prometheus_client import CollectorRegistry, Counter, Histogram
from rounds import Measurement, count_rounds, judge, summarize, write_result
from werkzeug.test import create_environ

from kubeglass.catalog import DURATION_BUCKETS
from kubeglass.flask import instrument


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


#: A count differs with the addresses of names, on which CPython's cache of attribute lookups depends.
LAYOUTS = count_rounds(3)
FEWER, MORE = 100, 400


def serve(name: str, layout: int, requests: int) -> None:
    """Answer requests as a WSGI server would, in a process whose names have addresses of their own."""
    names = [sys.intern(f"name {layout} {number}") for number in range(layout * 101)]
    app = make_app()
    CANDIDATES[name](app)
    template = create_environ("/products/7", headers={"traceparent": TRACEPARENT} if "traceparent" in name else {})
    for _ in range(requests):
        body: Any = app(template.copy(), lambda *_: None)
        for _ in body:
            pass
        body.close()
    del names


def count_run(name: str, layout: int, requests: int) -> int:
    """Count the instructions of a process that answers so many requests."""
    callgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command = [*callgrind, sys.executable, __file__, name, str(layout), str(requests)]
    environment = {**os.environ, "PYTHONHASHSEED": str(layout)}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stderr
    found = re.search(r"Collected : (\d+)", said)
    assert found is not None, said
    return int(found[1])


def count_instructions(name: str) -> Measurement:
    """Count the instructions of a request, in every layout."""
    counts = [
        (count_run(name, layout, MORE) - count_run(name, layout, FEWER)) / (MORE - FEWER) for layout in range(LAYOUTS)
    ]
    return summarize(counts, "instructions per request")


def judge_all(added: dict[str, float]) -> str:
    """Say of each target whether it is met."""
    alone, shared = added["kubeglass"] / added[BOUND], added["kubeglass, multiprocess values"] / added[BOUND]
    return (
        f"adds at most 2 times the hand-made lower bound to a request: target {'met' if alone <= 2 else 'missed'}"
        f" ({alone:.3g} times); at most 3.5 times with multiprocess values: target"
        f" {'met' if shared <= 3.5 else 'missed'} ({shared:.3g} times); at most 1/8 of what prometheus-flask-exporter"
        f" adds: {judge(added['prometheus-flask-exporter'] / added['kubeglass'], 8)}"
    )


def main() -> None:
    """Count and write the result."""
    if shutil.which("valgrind") is None:
        sys.exit("valgrind: not found; install it, on Debian with: apt-get install valgrind")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        figures = dict(zip(CANDIDATES, pool.map(count_instructions, CANDIDATES), strict=True))
    added = {
        name: figures[name].median - figures[BASES.get(name, BARE)].median
        for name in CANDIDATES
        if not name.startswith(BARE)
    }
    derived = {f"added by {name}": count for name, count in added.items()}
    derived |= {f"added by {name} / {BOUND}": count / added[BOUND] for name, count in added.items() if name != BOUND}
    derived["prometheus-flask-exporter / kubeglass"] = added["prometheus-flask-exporter"] / added["kubeglass"]
    derived["added by kubeglass, share of what bare Flask takes"] = added["kubeglass"] / figures[BARE].median
    write_result(
        "library_request_cost",
        claim=judge_all(added),
        method=(
            f"instructions of a WSGI call, counted by callgrind from the difference between processes that answer {FEWER}"
            f" and {MORE} requests; medians of {LAYOUTS} layouts of memory. What is added is the difference to bare"
            " Flask, with the same middleware or header where the candidate has one"
        ),
        figures=figures,
        derived=derived,
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case [name, layout, requests]:
            serve(name, int(layout), int(requests))
        case _:
            main()
