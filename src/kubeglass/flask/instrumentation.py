"""What instrumentation does to one Flask application: a middleware around it, and what that learns from Flask."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from sys import modules
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response, after_this_request, got_request_exception, request
from prometheus_client import CollectorRegistry
from werkzeug.exceptions import HTTPException

from kubeglass.flask.introspection import (
    endpoint_of,
    endpoint_of_error,
    has_host_rules,
    is_plain,
    is_reported_by_flask,
    is_whole,
    of_environ,
    size_of,
)
from kubeglass.instrument.metrics_endpoint import MetricsEndpoint, metrics_port
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
        endpoint = MetricsEndpoint(
            registry,
            multiprocess_folder(),
            options.token,
            metrics_port(),
            authorize,
            python_metrics=options.python_metrics,
        )
        endpoint.compact_for(metrics.store)
        self._page = self._announce(endpoint.respond)
        self._bypass: WSGIApplication | None = None
        self._has_warned = False
        # Without the detour by way of this object, which instrumentation from outside makes.
        inside = getattr(app.wsgi_app, "unmeasured", None)
        app.wsgi_app = self._measure(  # type: ignore[method-assign, assignment]
            app.wsgi_app if inside is None else inside.__get__(app), is_watched=not is_plain(app)
        )
        app.process_response = self._record_response(app.process_response)  # type: ignore[method-assign]
        app.extensions[EXTENSION] = self
        # Flask turns an unhandled exception into an answer inside its wsgi_app, out of a middleware's sight.
        got_request_exception.connect(self._note_exception, app)

    @property
    def prefix(self) -> str:
        """What the names of the HTTP metrics begin with, beside those the application has registered by now."""
        self._metrics.settle_names()
        return self._metrics.prefix

    def respond(self, app: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request that has reached Flask's own ``wsgi_app``; measure it if nobody around has done so.

        Args:
            app: that method.
            environ: the request.
            start_response: the server's.
        """
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
            page=self._page,
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
        # What Flask's request proxy stands for: five times as fast as the proxy.
        get_context: Callable[[], Any] = request.__wrapped__.get  # type: ignore[attr-defined]
        note_trace, note_size, has_hosts = self.options.exemplars, self.options.sizes, has_host_rules(self._app)

        # Flask 3.2 passes its context first. Not *arguments: Python calls a function with fixed ones much faster.
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
