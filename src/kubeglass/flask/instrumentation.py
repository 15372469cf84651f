"""Instrument one Flask application: wrap it in a middleware, and tell that what Flask knows."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from sys import modules
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response, after_this_request, got_request_exception, request
from prometheus_client import CollectorRegistry
from werkzeug.exceptions import HTTPException

from kubeglass.flask.introspection import (
    endpoint_of,
    endpoint_of_error,
    is_plain,
    is_reported_by_flask,
    is_whole,
    of_environ,
    size_of,
)
from kubeglass.instrument.metrics_endpoint import PORT_VARIABLE, MetricsEndpoint
from kubeglass.instrument.options import Options
from kubeglass.instrument.request.middleware import Middleware
from kubeglass.instrument.request.response import (
    CACHE,
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


logger = logging.getLogger("kubeglass.instrument")

EXTENSION = "kubeglass"


class Instrumentation:
    """An instrumented application, its registry and options, and the metrics that its requests add to."""

    def __init__(self, app: Flask, registry: CollectorRegistry, options: Options, metrics: HttpMetrics) -> None:
        self.registry = registry
        self.options = options
        self._app = app
        self._metrics = metrics
        self._cache = SeriesCache(metrics, options)
        self._endpoint = MetricsEndpoint(
            registry,
            token=options.token,
            authorize=of_environ(options.authorize, app.request_class),
            python_metrics=options.python_metrics,
            port=os.environ.get(PORT_VARIABLE, ""),
        )
        self._endpoint.compact_for(metrics.store)
        self._is_checked = False
        self._bypass: WSGIApplication | None = None
        self._has_warned = False
        # Without the detour through this object that instrumentation from outside takes.
        inside = getattr(app.wsgi_app, "unmeasured", None)
        app.wsgi_app = self._measure(  # type: ignore[method-assign, assignment]
            app.wsgi_app if inside is None else inside.__get__(app), is_watched=not is_plain(app)
        )
        app.process_response = self._record_response(app.process_response)  # type: ignore[method-assign]
        app.extensions[EXTENSION] = self
        # Flask turns an unhandled exception into a response inside its wsgi_app, where a middleware cannot see it.
        got_request_exception.connect(self._note_exception, app)

    @property
    def prefix(self) -> str:
        """The prefix of the HTTP metrics' names, given the metrics that the application has registered so far."""
        self._metrics.settle_names()
        return self._metrics.prefix

    def respond(self, app: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request that reached Flask's own ``wsgi_app``, given as ``app``; measure it unless that was done."""
        notes = environ.get(NOTES_KEY)
        if notes is not None and notes[CACHE] is self._cache and notes[RESPONSE] is None:
            return app(environ, start_response)
        if self._bypass is None:
            self._bypass = self._measure(app, is_watched=True)
        return self._bypass(environ, start_response)

    def _measure(self, app: WSGIApplication, *, is_watched: bool) -> WSGIApplication:
        return Middleware(
            app,
            self._cache,
            self.options,
            page=self._show_page,
            endpoint_of_error=endpoint_of_error,
            is_watched=is_watched,
        ).entry()

    def _warn_of_bypass(self) -> None:
        if not self._has_warned:
            self._has_warned = True
            logger.warning(
                "Flask application %r: requests bypass instrument(app) and are not measured, because its wsgi_app was"
                " taken before that call, as Connexion 3 does when it is made; call instrument(app) first, or start the"
                " server with: kubeglass run …",
                self._app.name,
            )

    def _show_page(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not self._is_checked:  # at the first scrape, since routes may be added after instrument()
            self._is_checked = True
            warn_of_unshared_workers(environ)
            if any(rule.rule == self.options.path for rule in self._app.url_map.iter_rules()):
                logger.warning(
                    "Flask application %r: its own route %s is unreachable, because the metrics are shown there; choose"
                    " another path= for instrument(app), or None",
                    self._app.name,
                    self.options.path,
                )
        return self._endpoint.respond(environ, start_response)

    def _record_response(self, process: Callable[..., Response]) -> Callable[..., Response]:
        """Wrap the last method that each of Flask's responses passes through.

        Unlike an ``after_request`` function, this sees what all such functions made of the response.
        """
        find, known = self._find_first, self._cache.known
        # What Flask's request proxy refers to: five times as fast as the proxy.
        get_context: Callable[[], Any] = request.__wrapped__.get  # type: ignore[attr-defined]
        options, note_size = self.options, self.options.sizes
        has_hosts = self._app.url_map.host_matching or self._app.subdomain_matching

        # Flask 3.2 passes its context first. Not *arguments: calls with fixed arguments are much faster.
        def process_response(first: Any, second: Any = None) -> Response:
            try:
                response = process(first) if second is None else process(first, second)
            except Exception:
                self._note_unprocessed(first if second is None else second)
                raise
            answered = get_context().request
            try:
                notes = answered.environ[NOTES_KEY]
            except KeyError:
                self._warn_of_bypass()
                return response
            rule = answered.url_rule
            endpoint = endpoint_of(answered) if rule is None or has_hosts else rule.rule
            method, status = answered.method, response.status_code
            measured = known.get((method, endpoint, status)) or find(answered, method, endpoint, status)
            if note_size or type(response.response) is not list or OPENTELEMETRY in modules:
                measured = describe_response(measured, response, options)
            notes[RESPONSE] = measured
            return response

        return process_response

    def _find_first(self, found: Request, method: str, endpoint: str, status: int) -> MeasuredResponse:
        warn_of_unshared_workers(found.environ)
        is_first = not self._cache.known
        measured = self._cache.find(found, method, endpoint, status)
        if is_first and multiprocess_folder() is not None:
            sample_gauges(self.registry)  # shown until this worker is scraped itself
        return measured

    def _note_unprocessed(self, response: Response) -> None:
        """Note a response whose ``after_request`` functions failed: an error response is sent as it was.

        Without series, because Flask may replace it with a response to the failure.
        """
        notes, method = request.environ.get(NOTES_KEY), request.method
        if notes is not None:
            key = (method, endpoint_of(request), str(response.status_code), *self._cache.extra_of(request))
            whole = is_whole(response)
            notes[RESPONSE] = MeasuredResponse(
                key, None, is_whole=whole, sent=size_of(response, method) if whole else 0
            )

    def _note_exception(self, sender: Flask, exception: BaseException) -> None:  # noqa: ARG002  # the signal's names
        """Count an exception that Flask reports, or that an extension reports and answers as a server error.

        Flask-RESTful and Flask-RESTX report every exception that they turn into a response, even a 404.
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
        """Count an exception once per request, however often it is reported; it may reach the middleware too."""
        notes = request.environ.get(NOTES_KEY)
        if notes is None or notes[TAKER] is self._cache.metrics:
            return
        method, endpoint, extra = request.method, endpoint_of(request), self._cache.extra_of(request)
        _, is_fault = status_of_error(exception)
        if is_fault and not any(reported is exception for reported, _ in notes[REPORTED:]):
            self._cache.count_exception(method, endpoint, extra, exception)
        notes.append((exception, (method, endpoint, SERVER_ERROR, *extra)))


def describe_response(measured: MeasuredResponse, response: Response, options: Options) -> MeasuredResponse:
    """Return what is measured of a response that may differ from others of its kind."""
    whole = is_whole(response)
    trace = current_trace() if options.exemplars else ""
    if whole and not trace and not options.sizes:
        return measured
    sent = size_of(response, measured.key[0]) if options.sizes and whole else 0
    return MeasuredResponse(measured.key, measured.series, is_whole=whole, sent=sent, trace=trace)
