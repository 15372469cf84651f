"""The public interface as a user's type checker sees it; mypy --strict checks this file, nobody runs it."""

from __future__ import annotations

from flask import Flask, Request
from prometheus_client import CollectorRegistry

from kubeglass.flask import Instrumentation, MetricsServer, instrument, serve_metrics


def tenant(request: Request) -> str:
    return request.headers.get("X-Tenant", "none")


def create_app() -> Flask:
    app = Flask("shop")
    done: Instrumentation = instrument(
        app,
        registry=CollectorRegistry(),
        path=None,
        buckets=(0.1, 1),
        exclude=["/healthz"],
        max_series=100,
        extra_labels={"tier": "web", "tenant": tenant},
        sizes=True,
        exemplars=False,
        token="secret",
    )
    serving: MetricsServer = serve_metrics("127.0.0.1:9464", registry=done.registry, token=None)
    serving.stop()
    return app
