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
        registry: prometheus_client's registry whose metrics are shown; applications that share it share metrics.
        path: where the application shows its metrics, or None to keep them off the application's port.
        buckets: ascending upper bounds of the duration histogram in seconds.
        exclude: route templates that are not measured, such as ``/healthz``; ``*`` matches any text.
        max_series: how many sets of label values each metric may have; further ones share one series.
        extra_labels: labels for every metric: a fixed string, or a function of the request that returns one.
        sizes: also measure the sizes of requests and responses.
        exemplars: keep trace ids for scrapes that ask for OpenMetrics.
        token: the bearer token that a scrape must present. None takes it from ``KUBEGLASS_METRICS_TOKEN`` or from the
            file that ``KUBEGLASS_METRICS_TOKEN_FILE`` names; if neither is set, none is required.
        authorize: a function of Flask's request, called outside any context, that returns True if the request may
            read the metrics. With a token, both must allow it.
        prefix: prepended to the names of kubeglass's HTTP metrics, such as ``shop_``, if the application has metrics
            of the same names. None takes it from ``KUBEGLASS_METRICS_PREFIX``.
        python_metrics: show the Python runtime's ``python_*`` metrics. None shows them unless
            ``KUBEGLASS_METRICS_PYTHON`` is 0.

    Raises:
        InstrumentationError: an option is invalid, the application is already instrumented or has a metric of the same
            name, or the workers' folder is not writable.
    """
    if EXTENSION in app.extensions:
        raise InstrumentationError(
            f"Flask application {app.name!r}", "is already instrumented", hint="call instrument(app) once"
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
    """Instrument an application whose code does not; its own metrics are never an error.

    Raises:
        InstrumentationError: a variable is invalid, or the workers' folder is not writable.
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
    """Serve the metrics at an address of their own; with ``instrument(app, path=None)`` nowhere else.

    Call it in every worker, next to ``instrument``: one of them serves, and another takes over when it ends.

    Args:
        address: ``127.0.0.1:9464``, or ``unix:/run/app/metrics.sock``.
        registry: the registry whose metrics are shown.
        token: as for :func:`instrument`.
        authorize: as for :func:`instrument`.
        python_metrics: as for :func:`instrument`.

    Raises:
        InstrumentationError: the address or an option is invalid.
    """
    # http.server and its imports are only for applications that call this.
    from kubeglass.instrument.metrics_server import SERVER, MetricsServer

    endpoint = MetricsEndpoint(
        registry,
        token=find_token(token),
        authorize=of_environ(checked.check_authorize(authorize), Request),
        python_metrics=find_python_metrics(python_metrics),
        headers=[SERVER],
    )
    return MetricsServer(address, endpoint.respond)
