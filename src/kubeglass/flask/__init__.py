"""Instrument a Flask application: ``from kubeglass.flask import instrument; instrument(app)``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from flask import Flask, Request
from prometheus_client import REGISTRY, CollectorRegistry

from kubeglass.catalog import DURATION_BUCKETS
from kubeglass.errors import InstrumentationError
from kubeglass.flask.instrumentation import EXTENSION, Instrumentation
from kubeglass.flask.introspection import of_environ
from kubeglass.instrument import options as checked
from kubeglass.instrument.metrics_endpoint import MetricsEndpoint
from kubeglass.instrument.options import ExtraLabel, Options, find_prefix, find_python_metrics, find_token
from kubeglass.instrument.registration import metrics_of
from kubeglass.instrument.storage.multiprocess_folder import multiprocess_folder

if TYPE_CHECKING:
    from kubeglass.instrument.metrics_server import MetricsServer

__all__ = ["Instrumentation", "MetricsServer", "instrument", "serve_metrics"]


def instrument(
    app: Flask,
    *,
    registry: CollectorRegistry = REGISTRY,
    path: str | None = "/metrics",
    buckets: Iterable[float] = DURATION_BUCKETS,
    exclude: Sequence[str] = (),
    max_series: int = 2000,
    extra_labels: Mapping[str, ExtraLabel] | None = None,
    sizes: bool = False,
    exemplars: bool = True,
    token: str | None = None,
    authorize: Callable[[Request], bool] | None = None,
    prefix: str | None = None,
    python_metrics: bool | None = None,
) -> Instrumentation:
    """Measure every request to ``app`` and show the metrics at ``path``.

    Args:
        app: the application, before it answers its first request.
        registry: prometheus_client's registry whose metrics the page shows; applications that share it share metrics.
        path: where the application shows its metrics, or None to keep them off the application's port.
        buckets: upper bounds of the duration histogram in seconds, ascending.
        exclude: route templates that are not measured, such as ``/healthz``; ``*`` stands for any text.
        max_series: how many sets of label values each metric may have; the rest shares one series.
        extra_labels: labels for every metric: a fixed text, or a function of the request that returns one.
        sizes: measure the sizes of requests and responses too.
        exemplars: keep trace ids for scrapes that ask for OpenMetrics.
        token: the bearer token that a scrape must show; None takes it from ``KUBEGLASS_METRICS_TOKEN`` or from the file
            that ``KUBEGLASS_METRICS_TOKEN_FILE`` names, and needs none if neither is set.
        authorize: a function of Flask's request, outside of any context, that returns True if it may read the metrics;
            beside a token both must allow.
        prefix: what the names of kubeglass's HTTP metrics begin with, such as ``shop_``, if the application has metrics
            of these names itself; None takes it from ``KUBEGLASS_METRICS_PREFIX``.
        python_metrics: show the Python runtime's ``python_*``; None leaves them out if
            ``KUBEGLASS_METRICS_PYTHON`` is 0.

    Raises:
        InstrumentationError: an option is wrong, the application is instrumented already or has a metric of the same
            name, or the workers' folder cannot be written.
    """
    if EXTENSION in app.extensions:
        raise InstrumentationError(
            f"Flask application {app.name!r}", "is instrumented already", hint="call instrument(app) once"
        )
    options = Options(
        path=checked.check_path(path),
        buckets=checked.check_buckets(buckets),
        exclude=checked.check_exclude(exclude),
        max_series=checked.check_max_series(max_series),
        extra_labels=checked.check_extra_labels(extra_labels or {}),
        sizes=sizes,
        exemplars=exemplars,
        token=find_token(token),
        authorize=checked.check_authorize(authorize),
        prefix=find_prefix(prefix),
        python_metrics=find_python_metrics(python_metrics),
    )
    return Instrumentation(app, registry, options, metrics_of(registry, options, app.name))


def instrument_from_outside(app: Flask) -> Instrumentation:
    """Instrument an application whose code does not: metrics of its own never stand in the way.

    Raises:
        InstrumentationError: a variable is wrong, or the workers' folder cannot be written.
    """
    options = Options(token=find_token(None), prefix=find_prefix(None), python_metrics=find_python_metrics(None))
    return Instrumentation(app, REGISTRY, options, metrics_of(REGISTRY, options, app.name, may_rename=True))


def serve_metrics(
    address: str,
    *,
    registry: CollectorRegistry = REGISTRY,
    token: str | None = None,
    authorize: Callable[[Request], bool] | None = None,
    python_metrics: bool | None = None,
) -> MetricsServer:
    """Show the metrics at an address of their own; with ``instrument(app, path=None)`` nowhere else.

    Call it beside ``instrument``, in every worker: the first to have the address serves, another takes over from it.

    Args:
        address: ``127.0.0.1:9464``, or ``unix:/run/app/metrics.sock``.
        registry: whose metrics to show.
        token: as for :func:`instrument`.
        authorize: as for :func:`instrument`.
        python_metrics: as for :func:`instrument`.

    Raises:
        InstrumentationError: the address or the token is invalid.
    """
    # http.server and what it brings is for those who ask for it.
    from kubeglass.instrument.metrics_server import MetricsServer

    allowed = of_environ(checked.check_authorize(authorize), Request)
    endpoint = MetricsEndpoint(
        registry,
        multiprocess_folder(),
        find_token(token),
        authorize=allowed,
        python_metrics=find_python_metrics(python_metrics),
    )
    return MetricsServer(address, endpoint.respond)
