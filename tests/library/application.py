"""The Flask application that the tests run under a real gunicorn; started by file, not imported by tests."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from flask import Flask, Response
from prometheus_client import Counter, Gauge, Histogram

SOLD = Counter("sold_things_total", "Things sold.", ["kind"])
PRICES = Histogram("price_euros", "Prices.", buckets=(1, 10, 100))
WORKERS = Gauge("worker_value", "Set by every worker.", multiprocess_mode="max")
Gauge("ready_workers", "Workers that say so when asked.", multiprocess_mode="livesum").set_function(lambda: 1)
Gauge("asked_pid", "What a worker says when asked.", ["of"]).labels("worker").set_function(os.getpid)

app = Flask("application")


@app.route("/things/<int:number>")
def thing(number: int) -> str:
    SOLD.labels("book").inc()
    PRICES.observe(number)
    WORKERS.set(number)
    return str(os.getpid())


@app.route("/fail")
def fail() -> str:
    raise LookupError("on purpose")


@app.route("/hang")
def hang() -> str:
    time.sleep(60)
    return "never seen"


@app.route("/stream")
def stream() -> Response:
    def parts() -> Iterator[str]:
        for _ in range(3):
            yield "part "
            time.sleep(0.05)

    return Response(parts())


@app.route("/endless")
def endless() -> Response:
    def parts() -> Iterator[bytes]:
        while True:
            yield b"x" * 10_000
            time.sleep(0.01)

    return Response(parts())


def use_decorators() -> None:
    from uwsgidecorators import postfork  # type: ignore[import-untyped]

    postfork(lambda: print("hook of decorators", flush=True))


ADDRESS = os.environ.get("TEST_METRICS_ADDRESS")
DECORATORS = os.environ.get("TEST_UWSGIDECORATORS")

if ADDRESS:
    from kubeglass.flask import instrument, serve_metrics

    instrument(app, path=None)
    if DECORATORS:
        import uwsgi  # type: ignore[import-untyped]  # only uWSGI has it

        uwsgi.post_fork_hook = lambda: print("hook of application", flush=True)
    if DECORATORS == "first":
        use_decorators()
    serve_metrics(ADDRESS)
    if DECORATORS == "last":
        use_decorators()
elif not os.environ.get("KUBEGLASS_INSTRUMENT"):
    from kubeglass.flask import instrument

    instrument(app)
