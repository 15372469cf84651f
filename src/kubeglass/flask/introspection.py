"""Ask Flask about a request and its response."""

from __future__ import annotations

from collections.abc import Callable
from inspect import unwrap
from traceback import walk_stack, walk_tb
from typing import TYPE_CHECKING

from flask import Flask, Request, Response
from werkzeug.routing import Rule
from werkzeug.wsgi import ClosingIterator

from kubeglass.catalog import UNMATCHED_ENDPOINT

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

#: Flask's methods that make a response from what a view returns or raises.
ANSWERING = ("wsgi_app", "full_dispatch_request", "finalize_request", "handle_exception", "process_response")

#: The router's redirects and all errors are HTTP exceptions.
FIRST_ERROR = 300

#: Statuses of responses without a body, whatever the view returned (RFC 9110 section 6.4.1).
BODYLESS = frozenset({204, 304})

#: Flask's own code, without what others have wrapped around it.
HANDLE_EXCEPTION, WSGI_APP = unwrap(Flask.handle_exception).__code__, unwrap(Flask.wsgi_app).__code__


def is_whole(response: Response) -> bool:
    """Return whether a response is in memory, and not a stream or a file.

    Flask makes responses from HTTP exceptions through WSGI: as an iterator over one text of known length.
    """
    if response.is_sequence:
        return True
    is_exception = type(response.response) is ClosingIterator and response.status_code >= FIRST_ERROR
    return is_exception and response.content_length is not None


def size_of(response: Response, method: str) -> int:
    """Return the size of a whole response's body in bytes."""
    if method == "HEAD" or response.status_code in BODYLESS:
        return 0
    return (response.calculate_content_length() if response.is_sequence else response.content_length) or 0


def is_plain(app: Flask) -> bool:
    """Return whether every response passes through Flask's own methods, with nothing between them and the server.

    Then the status that Flask sees is the status that is sent.
    """
    own = all(getattr(type(app), name) is getattr(Flask, name) for name in ANSWERING)
    return own and getattr(app.wsgi_app, "__func__", None) is Flask.wsgi_app


def is_reported_by_flask() -> bool:
    """Return whether the signal being received comes from Flask, and not from an extension."""
    return any(frame.f_code is HANDLE_EXCEPTION for frame, _ in walk_stack(None))


def endpoint_of(found: Request) -> str:
    """Return the route template that a request matched, or the one value for all that match none."""
    rule = found.url_rule
    return UNMATCHED_ENDPOINT if rule is None else f"{host_of(rule)}{rule.rule}"


def host_of(rule: Rule) -> str:
    """Return the template of a rule's host, or of its subdomain with a dot; empty for the application's default."""
    if rule.map is None:
        return ""
    if rule.map.host_matching:
        return rule.host or ""
    return f"{rule.subdomain}." if rule.subdomain and rule.subdomain != rule.map.default_subdomain else ""


def endpoint_of_error(error: BaseException) -> str:
    """Return the route template of the request that an exception ended, such as a worker's exit in a slow view.

    When an exception leaves Flask, the request context is gone except in the frame that the exception passed through.
    """
    for frame, _ in walk_tb(error.__traceback__):
        if frame.f_code is WSGI_APP:
            found = getattr(frame.f_locals.get("ctx"), "request", None)
            return endpoint_of(found) if found is not None else UNMATCHED_ENDPOINT
    return UNMATCHED_ENDPOINT


def of_environ(
    authorize: Callable[[Request], bool] | None, request_class: type[Request]
) -> Callable[[WSGIEnvironment], bool] | None:
    """Turn a function of Flask's request into one of the WSGI environment."""
    return None if authorize is None else lambda environ: authorize(request_class(environ))
