"""Instrument a Flask application: ``from kubeglass.flask import instrument; instrument(app)``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from sys import modules
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, Request, Response, after_this_request, got_request_exception, request
from prometheus_client import REGISTRY, CollectorRegistry
from werkzeug.exceptions import HTTPException
from werkzeug.local import LocalProxy

from kubeglass.catalog import DURATION_BUCKETS, UNMATCHED_ENDPOINT
from kubeglass.errors import InstrumentationError
from kubeglass.flask.introspection import (
    endpoint_of,
    endpoint_of_error,
    is_plain,
    is_reported_by_flask,
    is_whole,
    size_of,
)
from kubeglass.instrument import options as checked
from kubeglass.instrument.metrics_endpoint import MetricsEndpoint, metrics_port
from kubeglass.instrument.options import ExtraLabel, Options, find_prefix, find_token
from kubeglass.instrument.registration import metrics_of
from kubeglass.instrument.request.middleware import Middleware
from kubeglass.instrument.request.response import (
    NOTES_KEY,
    OPENTELEMETRY,
    REPORTED,
    RESPONSE,
    SERVER_ERROR,
    TAKER,
    MeasuredResponse,
    current_trace,
    status_of_error,
)
from kubeglass.instrument.request.series_cache import SeriesCache
from kubeglass.instrument.storage.http_metrics import HttpMetrics
from kubeglass.instrument.storage.multiprocess_folder import multiprocess_folder, warn_of_unshared_workers
from kubeglass.instrument.text.registry import sample_gauges

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from kubeglass.instrument.metrics_server import MetricsServer

__all__ = ["Instrumentation", "MetricsServer", "instrument", "serve_metrics"]

logger = logging.getLogger("kubeglass.instrument")

EXTENSION = "kubeglass"


class Instrumentation:
    """What :func:`instrument` did to an application.

    Args:
        app: the application.
        registry: where its metrics are registered.
        options: what was chosen.
        metrics: the metrics it adds to.
    """

    def __init__(self, app: Flask, registry: CollectorRegistry, options: Options, metrics: HttpMetrics) -> None:
        self.registry = registry
        self.options = options
        self._app = app
        self._metrics = metrics
        self._cache = SeriesCache(metrics, options)
        authorize = of_environ(options.authorize, app.request_class)
        endpoint = MetricsEndpoint(registry, multiprocess_folder(), options.token, metrics_port(), authorize)
        endpoint.compact_for(metrics.store)
        middleware = Middleware(
            app.wsgi_app,
            self._cache,
            options,
            page=self._announce(endpoint.respond),
            endpoint_of_error=endpoint_of_error,
            is_watched=not is_plain(app),
        )
        app.wsgi_app = middleware.entry()  # type: ignore[method-assign, assignment]
        app.process_response = self._record_response(app.process_response)  # type: ignore[method-assign]
        app.extensions[EXTENSION] = self
        # Flask turns an unhandled exception into an answer inside its wsgi_app, out of a middleware's sight.
        got_request_exception.connect(self._note_exception, app)

    @property
    def prefix(self) -> str:
        """What the names of the HTTP metrics begin with, beside those the application has registered by now."""
        self._metrics.settle_names()
        return self._metrics.prefix

    def _announce(self, page: WSGIApplication) -> WSGIApplication:
        """Say once that a route of the application's own is out of reach; routes may come after ``instrument``."""
        app, path, is_checked = self._app, self.options.path, False

        def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            nonlocal is_checked
            if not is_checked:
                is_checked = True
                warn_of_unshared_workers(environ)
                if any(rule.rule == path for rule in app.url_map.iter_rules()):
                    logger.warning(
                        "Flask application %r: its own route %s is out of reach, the metrics are shown there; choose"
                        " another path= for instrument(app), or None",
                        app.name,
                        path,
                    )
            return page(environ, start_response)

        return answer

    def _record_response(self, process: Callable[..., Response]) -> Callable[..., Response]:
        """Wrap the method through which every answer of Flask's passes last, to learn what it answers.

        An override of this method, unlike an ``after_request`` function, sees what those functions made of the answer.
        """
        find, known = self._find_first, self._cache.known
        get_request = cast(LocalProxy[Request], request)._get_current_object
        note_trace, note_size = self.options.exemplars, self.options.sizes

        # Flask 3.2 passes its context first. Not *arguments: Python calls a function with fixed ones much faster.
        def process_response(first: Any, second: Any = None) -> Response:
            try:
                response = process(first) if second is None else process(first, second)
            except Exception:
                self._note_unprocessed(first if second is None else second)
                raise
            answered = get_request()
            try:
                notes = answered.environ[NOTES_KEY]
            except KeyError:  # not by way of the middleware
                return response
            rule = answered.url_rule
            endpoint = UNMATCHED_ENDPOINT if rule is None else rule.rule
            method, status = answered.method, response.status_code
            measured = known.get((method, endpoint, status)) or find(answered, method, endpoint, status)
            whole = type(response.response) is list or is_whole(response)
            trace = current_trace() if note_trace and OPENTELEMETRY in modules else ""
            if note_size or trace or not whole:
                sent = size_of(response, method) if note_size and whole else 0
                measured = MeasuredResponse(measured.key, measured.series, is_whole=whole, sent=sent, trace=trace)
            notes[RESPONSE] = measured
            return response

        return process_response

    def _find_first(self, found: Request, method: str, endpoint: str, status: int) -> MeasuredResponse:
        """Find what the first request of its kind adds to."""
        warn_of_unshared_workers(found.environ)
        is_first = not self._cache.known
        measured = self._cache.find(found, method, endpoint, status)
        if is_first and multiprocess_folder() is not None:
            sample_gauges(self.registry)  # until it is scraped, a worker's gauges are shown as they were then
        return measured

    def _note_unprocessed(self, response: Response) -> None:
        """Note an answer whose ``after_request`` functions failed: Flask sends it as it was, if it tells of an error.

        Without series: Flask may as well make another of the failure.
        """
        notes, method = request.environ.get(NOTES_KEY), request.method
        if notes is not None:
            key = (method, endpoint_of(request), str(response.status_code), *self._cache.extra_of(request))
            whole = is_whole(response)
            notes[RESPONSE] = MeasuredResponse(
                key, None, is_whole=whole, sent=size_of(response, method) if whole else 0
            )

    def _note_exception(self, sender: Flask, exception: BaseException) -> None:  # noqa: ARG002  # the signal's words
        """Count an exception that Flask reports; one that an extension reports counts if it is answered as an error.

        Flask-RESTful and Flask-RESTX report whatever they make a response of, a 404 too.
        """
        if is_reported_by_flask():
            self._count_exception(exception)
        elif not isinstance(exception, HTTPException):

            @after_this_request
            def count(response: Response) -> Response:
                if response.status_code >= SERVER_ERROR:
                    self._count_exception(exception)
                return response

    def _count_exception(self, exception: BaseException) -> None:
        """Count an exception once a request, however often it is reported; it may yet reach the middleware too."""
        notes = request.environ.get(NOTES_KEY)
        if notes is None or notes[TAKER] is self._cache.metrics:
            return
        method, endpoint, extra = request.method, endpoint_of(request), self._cache.extra_of(request)
        _, is_fault = status_of_error(exception)
        if is_fault and not any(reported is exception for reported, _ in notes[REPORTED:]):
            self._cache.count_exception(method, endpoint, extra, exception)
        notes.append((exception, (method, endpoint, SERVER_ERROR, *extra)))


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
    )
    return Instrumentation(app, registry, options, metrics_of(registry, options, app.name))


def instrument_from_outside(app: Flask) -> Instrumentation:
    """Instrument an application whose code does not: metrics of its own never stand in the way.

    Raises:
        InstrumentationError: a variable is wrong, or the workers' folder cannot be written.
    """
    options = Options(token=find_token(None), prefix=find_prefix(None))
    return Instrumentation(app, REGISTRY, options, metrics_of(REGISTRY, options, app.name, may_rename=True))


def serve_metrics(
    address: str,
    *,
    registry: CollectorRegistry = REGISTRY,
    token: str | None = None,
    authorize: Callable[[Request], bool] | None = None,
) -> MetricsServer:
    """Show the metrics at an address of their own; with ``instrument(app, path=None)`` nowhere else.

    Call it beside ``instrument``, in every worker: the first to have the address serves, another takes over from it.

    Args:
        address: ``127.0.0.1:9464``, or ``unix:/run/app/metrics.sock``.
        registry: whose metrics to show.
        token: as for :func:`instrument`.
        authorize: as for :func:`instrument`.

    Raises:
        InstrumentationError: the address or the token is none.
    """
    # http.server and what it brings is for those who ask for it.
    from kubeglass.instrument.metrics_server import MetricsServer

    allowed = of_environ(checked.check_authorize(authorize), Request)
    endpoint = MetricsEndpoint(registry, multiprocess_folder(), find_token(token), authorize=allowed)
    return MetricsServer(address, endpoint.respond)


def of_environ(
    authorize: Callable[[Request], bool] | None, request_class: type[Request]
) -> Callable[[WSGIEnvironment], bool] | None:
    """Make a function of a WSGI environment of one of Flask's request."""
    return None if authorize is None else lambda environ: authorize(request_class(environ))
