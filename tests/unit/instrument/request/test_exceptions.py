"""An exception counts once if nobody handled it, and not at all if it was answered, whoever tells of it how often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, abort, current_app, request
from flask.signals import got_request_exception
from prometheus_client import CollectorRegistry
from starlette.exceptions import HTTPException as StarletteError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, run_wsgi_app

from kubeglass.flask import instrument
from tests.unit.instrument.counting import requests, value

EXCEPTIONS = "http_request_exceptions_total"


class ConflictError(Exception):
    """What an application has its framework answer with 409."""


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def make_app(name: str = "shop", **config: Any) -> Flask:
    app = Flask(name)
    app.config.update(config)

    @app.route("/missing")
    def missing() -> str:
        abort(404)

    @app.route("/unavailable")
    def unavailable() -> str:
        abort(503)

    @app.route("/given")
    def given() -> str:
        abort(Response("busy", 503))

    @app.route("/conflict")
    def conflict() -> str:
        raise ConflictError

    @app.route("/fail")
    def fail() -> str:
        raise ValueError("on purpose")

    return app


def handle_as_flask_restful(app: Flask) -> None:
    """Take exceptions from Flask as Flask-RESTful and Flask-RESTX do: signal all, answer, or raise again."""

    def handle_error(error: Exception) -> Response:
        got_request_exception.send(current_app._get_current_object(), exception=error)  # type: ignore[attr-defined]
        if not isinstance(error, HTTPException) and (app.testing or app.config["PROPAGATE_EXCEPTIONS"]):
            raise error
        if isinstance(error, HTTPException):
            return Response("no", error.get_response().status_code)
        return Response("no", 409 if isinstance(error, ConflictError) else 500)

    def route_errors(original: Callable[[Exception], Any]) -> Callable[[Exception], Any]:
        def handle(error: Exception) -> Any:
            try:
                return handle_error(error)
            except Exception:  # noqa: BLE001  # as they do
                return original(error)

        return handle

    app.handle_exception = route_errors(app.handle_exception)  # type: ignore[method-assign, assignment]
    app.handle_user_exception = route_errors(app.handle_user_exception)  # type: ignore[method-assign, assignment]


@pytest.mark.parametrize("first", ["extension", "instrument"])
@pytest.mark.parametrize("config", [{}, {"TESTING": True}, {"PROPAGATE_EXCEPTIONS": True}])
class TestAnExtensionThatAnswersExceptions:
    def make(self, registry: CollectorRegistry, first: str, config: dict[str, Any]) -> Flask:
        app = make_app(**config)
        steps: list[Callable[[], object]] = [
            lambda: handle_as_flask_restful(app),
            lambda: instrument(app, registry=registry),
        ]
        for step in steps if first == "extension" else reversed(steps):
            step()
        return app

    @pytest.mark.parametrize(
        ("path", "status"), [("/missing", "404"), ("/unavailable", "503"), ("/given", "503"), ("/nowhere", "404")]
    )
    def test_an_http_exception_that_it_answers_is_none(
        self, registry: CollectorRegistry, first: str, config: dict[str, Any], path: str, status: str
    ) -> None:
        self.make(registry, first, config).test_client().get(path)

        assert requests(registry, status=status) == 1
        assert value(registry, EXCEPTIONS) == 0

    def test_a_method_that_is_not_allowed_is_none(
        self, registry: CollectorRegistry, first: str, config: dict[str, Any]
    ) -> None:
        self.make(registry, first, config).test_client().post("/missing")

        assert requests(registry, status="405") == 1
        assert value(registry, EXCEPTIONS) == 0

    def test_any_other_counts_once(self, registry: CollectorRegistry, first: str, config: dict[str, Any]) -> None:
        client = Client(self.make(registry, first, config))

        for _ in range(2):
            if config:
                with pytest.raises(ValueError, match="on purpose"):
                    client.get("/fail")
            else:
                client.get("/fail")

        assert requests(registry, endpoint="/fail", status="500") == requests(registry) == 2
        assert value(registry, EXCEPTIONS, endpoint="/fail", exception="ValueError") == value(registry, EXCEPTIONS) == 2


def test_an_exception_that_an_extension_maps_to_a_client_error_is_handled(registry: CollectorRegistry) -> None:
    app = make_app(PROPAGATE_EXCEPTIONS=False)
    handle_as_flask_restful(app)
    instrument(app, registry=registry)

    app.test_client().get("/conflict")

    assert requests(registry, endpoint="/conflict", status="409") == 1
    assert value(registry, EXCEPTIONS) == 0


def test_an_exception_that_is_reported_twice_counts_once(registry: CollectorRegistry) -> None:
    app = make_app()

    @app.errorhandler(ValueError)
    def report_twice(error: Exception) -> tuple[str, int]:
        for _ in range(2):
            got_request_exception.send(app, exception=error)
        return "no", 500

    instrument(app, registry=registry)

    app.test_client().get("/fail")

    assert value(registry, EXCEPTIONS, endpoint="/fail", exception="ValueError") == value(registry, EXCEPTIONS) == 1


def test_one_exception_object_that_is_raised_again_and_again_counts_each_time(registry: CollectorRegistry) -> None:
    app, error = make_app(), ValueError("always the same")

    @app.route("/same")
    def same() -> str:
        raise error

    instrument(app, registry=registry)

    for _ in range(3):
        app.test_client().get("/same")

    assert value(registry, EXCEPTIONS, endpoint="/same") == 3


def test_an_abort_in_an_error_handler_is_an_exception_that_nobody_handled(registry: CollectorRegistry) -> None:
    app = make_app()

    def handle(_: Exception) -> Any:
        abort(400)

    app.register_error_handler(404, handle)
    instrument(app, registry=registry)

    app.test_client().get("/missing")

    assert requests(registry, endpoint="/missing", status="500") == 1
    assert value(registry, EXCEPTIONS, exception="BadRequest") == value(registry, EXCEPTIONS) == 1


@pytest.mark.parametrize("testing", [False, True])
@pytest.mark.parametrize("mounted", ["inside", "around", "in a view"])
def test_an_exception_in_nested_applications_counts_once(
    registry: CollectorRegistry, mounted: str, testing: bool
) -> None:
    inner, outer = make_app("inner", TESTING=testing), make_app("outer", TESTING=testing)
    for app in (inner, outer):
        handle_as_flask_restful(app)
        instrument(app, registry=registry)
    served: Any = outer
    if mounted == "inside":
        outer.wsgi_app = DispatcherMiddleware(outer.wsgi_app, {"/api": inner})  # type: ignore[method-assign]
    elif mounted == "around":
        served = DispatcherMiddleware(outer, {"/api": inner})
    else:

        def hand_on(rest: str) -> Response:
            return Response(run_wsgi_app(inner, request.environ | {"PATH_INFO": f"/{rest}"})[0])

        outer.add_url_rule("/api/<path:rest>", "api", hand_on)

    if testing:
        with pytest.raises(ValueError, match="on purpose"):
            Client(served).get("/api/fail")
    else:
        assert Client(served).get("/api/fail").text == "no"

    assert value(registry, EXCEPTIONS, endpoint="/fail", exception="ValueError") == value(registry, EXCEPTIONS) == 1
    assert requests(registry, endpoint="/fail", status="500") == requests(registry) == 1
    assert value(registry, "http_requests_in_progress") == 0


@pytest.mark.parametrize("labels", [{}, {"way": lambda request: request.path}])
def test_an_http_exception_that_an_asgi_framework_around_answers_has_its_status(
    registry: CollectorRegistry, labels: dict[str, Any]
) -> None:
    """Connexion 3 turns each HTTP exception into Starlette's and lets it leave Flask."""
    app = make_app(PROPAGATE_EXCEPTIONS=True, TRAP_HTTP_EXCEPTIONS=True)

    def raise_starlettes(error: HTTPException) -> Any:
        raise StarletteError(error.code or 500)

    app.register_error_handler(HTTPException, raise_starlettes)
    instrument(app, registry=registry, extra_labels=labels)

    for path in ("/missing", "/unavailable", "/nowhere"):
        with pytest.raises(StarletteError):
            app.test_client().get(path)

    assert requests(registry, endpoint="/missing", status="404") == 1
    assert requests(registry, endpoint="/unavailable", status="503") == 1
    assert requests(registry, endpoint="<unmatched>", status="404") == 1
    assert requests(registry) == 3
    assert value(registry, EXCEPTIONS) == 0
    assert value(registry, "http_requests_in_progress") == 0
