"""Routes of several hosts in one application: the host's template is a part of the endpoint."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from prometheus_client import CollectorRegistry

from kubeglass.flask import instrument
from tests.unit.instrument.counting import requests, value


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def make_app(registry: CollectorRegistry, kind: str, rules: dict[str, dict[str, str]], **options: Any) -> Flask:
    app = Flask("shop", host_matching=True, static_host="static.example.com") if kind == "host" else Flask(
        "shop", subdomain_matching=True
    )  # fmt: skip
    app.config["SERVER_NAME"] = None if kind == "host" else "example.com"
    for name, rule in rules.items():
        app.add_url_rule("/", name, lambda **_: "welcome", **rule)  # type: ignore[arg-type]
        app.add_url_rule("/fail", f"{name}-fail", lambda **_: str(1 // 0), **rule)  # type: ignore[arg-type]
    instrument(app, registry=registry, **options)
    return app


def endpoints(registry: CollectorRegistry) -> dict[str, float]:
    return {
        sample.labels["endpoint"]: sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "http_requests_total"
    }


def test_with_host_matching_the_hosts_template_is_a_part(registry: CollectorRegistry) -> None:
    hosts = {"api": {"host": "api.example.com"}, "tenant": {"host": "<tenant>.example.com"}}
    client = make_app(registry, "host", hosts).test_client()

    for host in ("api", "blue", "green"):
        client.get("/", base_url=f"http://{host}.example.com")
    client.get("/", base_url="http://elsewhere")

    assert endpoints(registry) == {"api.example.com/": 1, "<tenant>.example.com/": 2, "<unmatched>": 1}


def test_with_subdomain_matching_the_subdomains_template_is_a_part(registry: CollectorRegistry) -> None:
    client = make_app(registry, "subdomain", {"bare": {}, "api": {"subdomain": "api"}, "any": {"subdomain": "<any>"}}
    ).test_client()  # fmt: skip

    for host in ("example.com", "api.example.com", "blue.example.com", "green.example.com"):
        client.get("/", base_url=f"http://{host}")

    assert endpoints(registry) == {"/": 1, "api./": 1, "<any>./": 2}


def test_a_default_subdomain_is_none(registry: CollectorRegistry) -> None:
    app = Flask("shop", subdomain_matching=True)
    app.config["SERVER_NAME"] = "example.com"
    app.url_map.default_subdomain = "www"
    app.add_url_rule("/", "index", lambda: "welcome")
    instrument(app, registry=registry)

    app.test_client().get("/", base_url="http://www.example.com")

    assert endpoints(registry) == {"/": 1}


@pytest.mark.parametrize("testing", [False, True])
def test_an_exception_has_the_endpoint_of_its_request(registry: CollectorRegistry, testing: bool) -> None:
    app = make_app(registry, "host", {"api": {"host": "api.example.com"}})
    app.testing = testing

    if testing:
        with pytest.raises(ZeroDivisionError):
            app.test_client().get("/fail", base_url="http://api.example.com")
    else:
        app.test_client().get("/fail", base_url="http://api.example.com")

    assert endpoints(registry) == {"api.example.com/fail": 1}
    assert value(registry, "http_request_exceptions_total", endpoint="api.example.com/fail") == 1


@pytest.mark.parametrize(("exclude", "left"), [("/fail", 1), ("other.example.com/*", 1), ("*/fail", 1), ("*", 0)])
def test_a_route_is_excluded_with_its_host_or_without(registry: CollectorRegistry, exclude: str, left: int) -> None:
    hosts = {"api": {"host": "api.example.com"}, "other": {"host": "other.example.com"}}
    client = make_app(registry, "host", hosts, exclude=[exclude]).test_client()

    client.get("/", base_url="http://api.example.com")
    client.get("/fail", base_url="http://other.example.com")

    assert requests(registry) == left
